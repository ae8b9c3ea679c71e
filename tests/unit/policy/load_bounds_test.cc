// What a policy file may hold at most, and that hostile ones cost little.
#include <gtest/gtest.h>

#include "support.h"

namespace sluis::policy {
namespace {

const std::string principals =
    "[[principal]]\nname='back'\nuri='urn:back'\nroles=['backend']\n"
    "[[principal]]\nname='audit'\nuri='urn:audit'\nroles=['auditor']\n";

TEST(LoadBounds, FilesOverFourMebibytesAreRefused) {
  const std::string most((std::size_t{4} << 20U) - 1, '#');
  EXPECT_EQ(all_text(load_text(most + "\n", "p").errors), "");
  EXPECT_EQ(all_text(load_text(most + "\n\n", "p").errors), "p: larger than 4194304 bytes\n");
}

// before0after before1after …; an '@' in `after` stands for the number too.
std::string times(int count, const std::string& before, const std::string& after) {
  std::string text;
  for (int i = 0; i < count; ++i) {
    std::string end = after;
    if (const auto at = end.find('@'); at != std::string::npos) end.replace(at, 1, std::to_string(i));
    text.append(before).append(std::to_string(i)).append(end);
  }
  return text;
}

TEST(LoadBounds, AtMostTenThousandRows) {
  const std::string good = times(10'000, "[[principal]]\nname='", "'\nroles=['auditor']\nsubject='CN=x'\nca='c'\n");
  // Every principal has the same certificate, so there are errors enough; only the number is looked at here.
  const Loaded loaded = load_text(good + "[[principal]]\n", "p");
  ASSERT_EQ(loaded.errors.size(), 1001U);
  EXPECT_EQ(loaded.errors.back().text(), "p: 9000 more errors are not shown");

  const std::string narrow = times(10'000, "[[grant]]\nname='", "'\nto=['audit']\nactions=['audit.read']\n");
  EXPECT_EQ(all_text(load_text(principals + narrow, "p").errors), "");
  EXPECT_EQ(all_text(load_text(principals + narrow + "[[grant]]\n", "p").errors),
            "p:40009:1: more than 10000 times [[grant]]\n");
}

// 100 principals, 4 actions and 2500 collections make a million; one more grant is one more.
TEST(LoadBounds, AtMostAMillionCombinations) {
  const std::string backends = times(100, "[[principal]]\nname='b", "'\nuri='urn:b'\nca='c@'\nroles=['backend']\n");
  const std::string most = backends + "[[grant]]\nname='most'\nto=[" + times(100, "'b", "',") +
                           "]\nactions=['records.put','records.patch','records.delete','records.import']\n"
                           "collections=[" +
                           times(2500, "'c", "',") + "]\n";
  EXPECT_EQ(all_text(load_text(most, "p").errors), "");
  EXPECT_EQ(
      all_text(load_text(most + "[[grant]]\nname='more'\nto=['b0']\nactions=['records.put']\ncollections=['*']\n", "p")
                   .errors),
      "p:507:6: the grants up to here name more than 1000000 combinations of principal, action and collection or "
      "key\n");
}

TEST(LoadBounds, DeepKeysAreRefusedBeforeTheyExhaustTheStack) {
  std::string deep = "# a.b.c\nx = '''\n.....'''\n[a";
  for (int i = 0; i < 500'000; ++i) deep += ".a";
  EXPECT_EQ(all_text(load_text(deep + "]\n", "p").errors), "p:4:515: too many dotted keys\n");
  std::string lists = "x = ";
  for (int i = 0; i < 100'000; ++i) lists += "[";
  const Loaded loaded = load_text(lists, "p");
  ASSERT_EQ(loaded.errors.size(), 1U);
  EXPECT_EQ(loaded.errors[0].line, 1U);
}

TEST(LoadBounds, DotsInStringsAndCommentsAreNotCounted) {
  std::string text = "# " + std::string(1000, '.') + "\n";
  for (const char* quote : {"\"", "'", "\"\"\"", "'''"}) {
    text += "# it's\n[[budget]]\nprincipal = \"*\"\ncollection = " + std::string(quote) + std::string(300, '.') +
            quote + "\n";
  }
  const Loaded loaded = load_text(text, "p");
  EXPECT_EQ(all_text(loaded.errors).find("dotted"), std::string::npos);
  EXPECT_EQ(loaded.errors.size(), 8U);  // four names that are none, four budgets without a limit
}

}  // namespace
}  // namespace sluis::policy
