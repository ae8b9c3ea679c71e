#include "policy/explain.h"

#include <gmock/gmock.h>

#include "support.h"

namespace sluis::policy {
namespace {

using testing::ElementsAre;

std::vector<std::string> texts(const Policy& policy, const Request& request) {
  std::vector<std::string> all;
  for (const ExplainLine& line : explain(policy, request)) all.push_back(line.text());
  return all;
}

TEST(Explain, SaysOfEachGrantWhyItAppliesOrNot) {
  const auto policy = load_good(small_policy);
  EXPECT_THAT(texts(*policy, ask(*policy, "backend-1", "records.read", "diplomas", "check")),
              ElementsAre("p.toml:25: grant 'check' applies: level, name",
                          "p.toml:33: grant 'check-more' needs a case reference",
                          "p.toml:42: grant 'writes' does not grant 'records.read' to this principal",
                          "p.toml:48: grant 'find' is not to this principal",
                          "p.toml:57: grant 'audits' is not to this principal"));
}

TEST(Explain, EndsWithTheDefaultWhereNoneApplies) {
  const auto policy = load_good(small_policy);
  EXPECT_THAT(
      texts(*policy, ask(*policy, "backend-1", "records.read", "theses", "unused")),
      ElementsAre("p.toml:25: grant 'check' is not for collection 'theses' but for diplomas",
                  "p.toml:33: grant 'check-more' is not for purpose 'unused' but for check, citizen",
                  "p.toml:42: grant 'writes' does not grant 'records.read' to this principal",
                  "p.toml:48: grant 'find' is not to this principal",
                  "p.toml:57: grant 'audits' is not to this principal", "default: denies: purpose not allowed"));
}

TEST(Explain, PurposesSearchesAndKeys) {
  const auto policy = load_good(small_policy);
  EXPECT_EQ(explain(*policy, ask(*policy, "backend-2", "records.search", "diplomas", "check"))[3].why,
            "applies: name; searched by number");
  EXPECT_EQ(explain(*policy, ask(*policy, "backend-2", "records.search", "diplomas"))[3].why, "needs a purpose: '*'");
  EXPECT_EQ(explain(*policy, ask(*policy, "backend-2", "records.search", "diplomas", "x\ny"))[3].why,
            "purpose 'x\\x0ay' is not in the policy's list");
  Request request = ask(*policy, "auditor-1", "keys.read");
  request.key = "k";
  EXPECT_EQ(explain(*policy, request)[4].why, "is not for key 'k' but for diplomas");
  request.key = "diplomas";
  EXPECT_EQ(explain(*policy, request)[4].why, "applies");
  EXPECT_EQ(explain(*policy, request)[4].verdict, Verdict::applies);
}

TEST(Explain, OfNobody) {
  const auto policy = load_good(small_policy);
  const auto lines = explain(*policy, ask(*policy, "nobody", "records.read"));
  ASSERT_EQ(lines.size(), 6U);
  EXPECT_EQ(lines.front().verdict, Verdict::other_principal);
  EXPECT_EQ(lines.back().text(), "default: denies: no principal");
}

TEST(Mentions, NameWhatTheConfigurationMustKnow) {
  const auto policy = load_good(R"(
[[principal]]
name = "b"
uri = "urn:b"
roles = ["backend"]
[[grant]]
name = "one"
to = ["b"]
actions = ["records.search"]
collections = ["diplomas"]
fields = ["level"]
search_by = ["number"]
[[grant]]
name = "two"
to = ["b"]
actions = ["records.read"]
collections = ["x", "y"]
fields = ["z"]
[[grant]]
name = "three"
to = ["b"]
actions = ["records.read"]
collections = ["*"]
fields = ["*"]
[[budget]]
principal = "b"
collection = "w"
per_day = 1
)");
  std::vector<std::string> all;
  for (const Mention& m : mentions(*policy))
    all.push_back(std::to_string(m.line) + ":" + std::to_string(m.column) + " " + m.collection + "/" + m.field + "/" +
                  m.key);
  EXPECT_THAT(all, ElementsAre("10:16 diplomas//", "11:11 diplomas/level/", "12:14 diplomas/number/", "17:16 x//",
                               "17:21 y//", "18:11 /z/", "27:14 w//"));
}

}  // namespace
}  // namespace sluis::policy
