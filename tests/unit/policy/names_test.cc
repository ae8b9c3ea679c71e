#include "policy/names.h"

#include <gtest/gtest.h>

#include <vector>

namespace sluis::policy {
namespace {

TEST(Names, WellFormed) {
  for (const char* good : {"a", "A9", "registry-backend", "birth_date", "_id", "a.b", "9"})
    EXPECT_TRUE(well_formed(good)) << good;
  for (const char* bad : {"", "-", "-a", ".a", "*", "a b", "a:b", "role:x", "a/b", "é", "a\n"})
    EXPECT_FALSE(well_formed(bad)) << bad;
  EXPECT_TRUE(well_formed(std::string(64, 'a')));
  EXPECT_FALSE(well_formed(std::string(65, 'a')));
  EXPECT_FALSE(well_formed(std::string_view("a\0b", 3)));
}

TEST(Names, PrintableHidesControlCharactersAndIsShort) {
  EXPECT_EQ(quoted("a\nb\x7f\x1b"), "'a\\x0ab\\x7f\\x1b'");
  EXPECT_EQ(printable("abcdef", 6), "abcdef");
  EXPECT_EQ(printable("abcdef", 5), "abcde...");
  EXPECT_EQ(printable("abc\xc3\xa9xyz", 4), "abc\xc3\xa9...");  // never cut within a character
}

struct Meant {
  const char *word, *meant;
};

TEST(Names, SuggestsTheNearestWordOrNone) {
  const std::vector<std::string_view> known{"backend", "security-officer", "auditor", "key-custodian", "operator"};
  const Meant cases[] = {
      {"backendd", "backend"},
      {"bakcend", "backend"},
      {"BACKEND", "backend"},
      {"security_officer", "security-officer"},
      {"securityofficer", "security-officer"},
      {"auditer", "auditor"},
      {"operater", "operator"},
      {"xyz", nullptr},
      {"front", nullptr},
      {"", nullptr},
      {"b", nullptr},
  };
  for (const Meant& c : cases) {
    const std::string expected = c.meant == nullptr ? "" : std::string(" (did you mean '") + c.meant + "'?)";
    EXPECT_EQ(Suggester().for_word(c.word, known), expected) << c.word;
  }
}

TEST(Names, SuggestionsStopWhenTheirWorkIsDone) {
  const std::vector<std::string_view> known(1000, "backend");
  Suggester suggester;
  for (int i = 0; i < 200; ++i) EXPECT_NE(suggester.for_word("backendd", known), "");
  EXPECT_EQ(suggester.for_word("backendd", known), "");
}

}  // namespace
}  // namespace sluis::policy
