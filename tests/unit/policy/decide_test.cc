#include <gmock/gmock.h>

#include "support.h"

namespace sluis::policy {
namespace {

using testing::ElementsAre;

class Decide : public testing::Test {
 protected:
  std::shared_ptr<const Policy> policy = load_good(small_policy);
  Decision decide(std::string_view who, std::string_view action, std::string_view collection = {},
                  std::string_view purpose = {}, std::string_view case_ref = {}) {
    return policy->decide(ask(*policy, who, action, collection, purpose, case_ref));
  }
};

TEST_F(Decide, AGrantAllowsItsFieldsForItsPurpose) {
  const Decision d = decide("backend-1", "records.read", "diplomas", "check");
  EXPECT_TRUE(d.allowed);
  EXPECT_EQ(d.rule, "check");
  EXPECT_EQ(d.reason, "");
  EXPECT_FALSE(d.fields.all);
  EXPECT_THAT(d.fields.names, ElementsAre("level", "name"));
  EXPECT_TRUE(d.fields.contains("name"));
  EXPECT_FALSE(d.fields.contains("place"));
  EXPECT_TRUE(d.search_by.names.empty());
}

TEST_F(Decide, FieldsAreTheUnionOfTheGrantsThatAllow) {
  const Decision d = decide("backend-1", "records.read", "diplomas", "check", "case-7");
  EXPECT_EQ(d.rule, "check");
  EXPECT_THAT(d.fields.names, ElementsAre("level", "name", "place"));
  const Decision other = decide("backend-1", "records.read", "diplomas", "citizen", "case-7");
  EXPECT_EQ(other.rule, "check-more");
  EXPECT_THAT(other.fields.names, ElementsAre("level", "place"));
}

TEST_F(Decide, AGrantToARoleIsToEachPrincipalThatHasIt) {
  EXPECT_TRUE(decide("backend-2", "records.read", "anything", "citizen", "c").allowed);
  EXPECT_TRUE(decide("auditor-1", "audit.read").allowed);
  EXPECT_FALSE(decide("idle", "audit.read").allowed);
}

TEST_F(Decide, SearchingByAFieldIsGrantedApartFromItsValue) {
  const Decision d = decide("backend-2", "records.search", "diplomas", "check");
  EXPECT_TRUE(d.allowed);
  EXPECT_THAT(d.fields.names, ElementsAre("name"));
  EXPECT_THAT(d.search_by.names, ElementsAre("number"));
}

TEST_F(Decide, WritesReturnNoFieldsAndNeedNoPurposeHere) {
  const Decision d = decide("backend-1", "records.put", "theses");
  EXPECT_TRUE(d.allowed);
  EXPECT_FALSE(d.fields.contains("name"));
  EXPECT_TRUE(decide("backend-1", "records.put", "theses", "citizen").allowed);
}

TEST_F(Decide, GroupsGrantWhatTheRoleMayHold) {
  Request request = ask(*policy, "auditor-1", "keys.read");
  request.key = "diplomas";
  EXPECT_TRUE(policy->decide(request).allowed);
  request.key = "theses";
  EXPECT_EQ(policy->decide(request).reason, "no grant of keys.read on this key to this principal");
  request.key = "";
  EXPECT_FALSE(policy->decide(request).allowed);
}

struct Refusal {
  const char *who, *action, *collection, *purpose, *case_ref, *reason;
};

TEST_F(Decide, RefusalsSayWhyAndTellNothing) {
  const Refusal cases[] = {
      {"backend-1", "records.delete", "diplomas", "check", "c",
       "no grant of records.delete on this collection to this principal"},
      {"backend-1", "records.put", "others", "", "", "no grant of records.put on this collection to this principal"},
      {"backend-1", "records.put", "", "", "", "no grant of records.put on this collection to this principal"},
      {"backend-1", "records.put", "*", "", "", "no grant of records.put on this collection to this principal"},
      {"backend-1", "audit.read", "", "", "", "no grant of audit.read to this principal"},
      {"auditor-1", "records.read", "diplomas", "check", "c",
       "no grant of records.read on this collection to this principal"},
      {"backend-1", "records.read", "diplomas", "", "c", "purpose required"},
      {"backend-1", "records.read", "diplomas", "unused", "c", "purpose not allowed"},
      {"backend-1", "records.read", "diplomas", "Jan Peeters", "c", "purpose not allowed"},
      {"backend-1", "records.read", "diplomas", "CHECK", "c", "purpose not allowed"},
      {"backend-1", "records.put", "diplomas", "Jan Peeters", "", "purpose not allowed"},
      {"backend-1", "records.read", "diplomas", "citizen", "", "case reference required"},
      {"backend-1", "records.read", "diplomas", "citizen", " \t", "case reference required"},
      {"backend-1", "records", "diplomas", "check", "", "unknown action"},
      {"backend-1", "records.*", "diplomas", "check", "", "unknown action"},
      {"backend-1", "", "diplomas", "check", "", "unknown action"},
      {"nobody", "records.read", "diplomas", "check", "", "no principal"},
  };
  for (const Refusal& c : cases) {
    const Decision d = decide(c.who, c.action, c.collection, c.purpose, c.case_ref);
    EXPECT_FALSE(d.allowed) << c.action;
    EXPECT_EQ(d.reason, c.reason);
    EXPECT_EQ(d.rule, "default");
    EXPECT_TRUE(d.fields.names.empty());
    EXPECT_FALSE(d.fields.all);
    EXPECT_EQ(d.reason.find("Jan"), std::string::npos);
  }
}

TEST_F(Decide, APrincipalOfAnotherPolicyCountsByItsNameAlone) {
  Principal forged{"idle", {Role::backend}};
  Request request = ask(*policy, "backend-1", "records.put", "diplomas");
  request.principal = &forged;
  EXPECT_FALSE(policy->decide(request).allowed);
  forged.name = "gone";
  EXPECT_EQ(policy->decide(request).reason, "principal is not in the policy");
  forged = {"backend-1", {}};
  EXPECT_TRUE(policy->decide(request).allowed);
}

TEST(DecideWithoutPurposes, NoneIsNeededAndNoneMayBeStated) {
  const auto policy = load_good(R"(
[[principal]]
name = "b"
uri = "urn:b"
roles = ["backend"]
[[grant]]
name = "all"
to = ["b"]
actions = ["records.*"]
collections = ["*"]
fields = ["*"]
)");
  const Decision d = policy->decide(ask(*policy, "b", "records.search", "x"));
  EXPECT_TRUE(d.allowed);
  EXPECT_TRUE(d.fields.contains("anything"));
  EXPECT_TRUE(d.search_by.all);
  EXPECT_EQ(policy->decide(ask(*policy, "b", "records.read", "x", "free text")).reason, "purpose not allowed");
}

TEST_F(Decide, AStarOfPurposesMeansThoseListed) {
  EXPECT_TRUE(decide("backend-2", "records.search", "diplomas", "unused").allowed);
  EXPECT_EQ(decide("backend-2", "records.search", "diplomas", "other").reason, "purpose not allowed");
  EXPECT_EQ(decide("backend-2", "records.search", "diplomas").reason, "purpose required");
}

std::string who(const Policy& policy, const Identity& identity) {
  const Principal* principal = policy.principal_of(identity);
  return principal == nullptr ? "-" : principal->name;
}

TEST_F(Decide, PrincipalsByCertificate) {
  const std::string subject = "CN=backend-2,O=Test,C=BE";
  EXPECT_EQ(who(*policy, {{"urn:test:backend-1"}, "", "any"}), "backend-1");
  EXPECT_EQ(who(*policy, {{"urn:other", "urn:test:backend-1"}, "CN=x", "any"}), "backend-1");
  EXPECT_EQ(who(*policy, {{"urn:test:backend-1", "urn:test:backend-1"}, "", ""}), "backend-1");
  EXPECT_EQ(who(*policy, {{}, subject, "agency"}), "backend-2");
  EXPECT_EQ(who(*policy, {{}, subject, "other"}), "-");
  EXPECT_EQ(who(*policy, {{}, subject, ""}), "-");
  EXPECT_EQ(who(*policy, {{}, "cn=backend-2,O=Test,C=BE", "agency"}), "-");
  EXPECT_EQ(who(*policy, {{}, subject + " ", "agency"}), "-");
  EXPECT_EQ(who(*policy, {{subject}, "urn:test:backend-1", "agency"}), "-");
  EXPECT_EQ(who(*policy, {{"urn:test:backend-1 "}, "", ""}), "-");
  EXPECT_EQ(who(*policy, {{"URN:test:backend-1"}, "", ""}), "-");
  EXPECT_EQ(who(*policy, {{std::string("urn:test:backend-1\0x", 20)}, "", ""}), "-");
  EXPECT_EQ(who(*policy, {{""}, "", ""}), "-");
  EXPECT_EQ(who(*policy, {}), "-");
}

TEST_F(Decide, ACertificateOfTwoPrincipalsIsNobodys) {
  EXPECT_EQ(who(*policy, {{"urn:test:backend-1", "urn:test:auditor-1"}, "", ""}), "-");
  EXPECT_EQ(who(*policy, {{"urn:test:backend-1"}, "CN=backend-2,O=Test,C=BE", "agency"}), "-");
  EXPECT_EQ(who(*policy, {{"urn:test:backend-1"}, "CN=backend-2,O=Test,C=BE", "other"}), "backend-1");
}

TEST(DecideByCa, AUriMayBeBoundToACa) {
  const auto policy = load_good(R"(
[[principal]]
name = "one"
uri = "urn:x"
ca = "first"
roles = ["auditor"]
[[principal]]
name = "two"
uri = "urn:x"
ca = "second"
roles = ["auditor"]
)");
  EXPECT_EQ(who(*policy, {{"urn:x"}, "", "first"}), "one");
  EXPECT_EQ(who(*policy, {{"urn:x"}, "", "second"}), "two");
  EXPECT_EQ(who(*policy, {{"urn:x"}, "", "third"}), "-");
}

TEST_F(Decide, NamesAndDigest) {
  EXPECT_THAT(policy->principals(), ElementsAre("backend-1", "backend-2", "auditor-1", "idle"));
  EXPECT_EQ(policy->principal_named("backend-1")->name, "backend-1");
  EXPECT_EQ(policy->principal_named("Backend-1"), nullptr);
  // SHA-256 of the empty text, FIPS 180-4.
  EXPECT_EQ(load_good("")->digest(), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
}

constexpr std::string_view budgets = R"(
[[principal]]
name = "one"
uri = "urn:1"
roles = ["backend"]
[[principal]]
name = "two"
uri = "urn:2"
roles = ["backend"]
[[principal]]
name = "watcher"
uri = "urn:3"
roles = ["auditor"]
[[budget]]
principal = "*"
collection = "*"
per_day = 1
[[budget]]
principal = "role:backend"
collection = "*"
per_minute = 2
[[budget]]
principal = "role:backend"
collection = "diplomas"
per_minute = 3
[[budget]]
principal = "one"
collection = "diplomas"
per_minute = 4
per_day = 5
[[budget]]
principal = "*"
key = "*"
per_day = 6
[[budget]]
principal = "one"
key = "diplomas"
per_day = 7
[[budget]]
principal = "*"
key = "diplomas"
per_day = 8
)";

TEST(BudgetRows, TheMostSpecificWinsWhole) {
  const auto policy = load_good(budgets);
  using Limit = std::optional<std::uint64_t>;
  const auto limits = [&](std::string_view principal, std::string_view collection) {
    const BudgetLimits b = policy->budget(principal, collection);
    return std::pair<Limit, Limit>(b.per_minute, b.per_day);
  };
  EXPECT_EQ(limits("one", "diplomas"), std::pair(Limit(4), Limit(5)));
  EXPECT_EQ(limits("one", "theses"), std::pair(Limit(2), Limit()));
  EXPECT_EQ(limits("two", "diplomas"), std::pair(Limit(3), Limit()));
  EXPECT_EQ(limits("watcher", "diplomas"), std::pair(Limit(), Limit(1)));
  EXPECT_EQ(limits("unknown", "diplomas"), std::pair(Limit(), Limit(1)));
  // Keys of Transit and collections are apart, whatever their names.
  EXPECT_EQ(limits("one", "transit/diplomas"), std::pair(Limit(), Limit(7)));
  EXPECT_EQ(limits("two", "transit/diplomas"), std::pair(Limit(), Limit(8)));
  EXPECT_EQ(limits("one", "transit/theses"), std::pair(Limit(), Limit(6)));
  EXPECT_EQ(load_good("")->budget("one", "x").per_day, std::nullopt);
}

}  // namespace
}  // namespace sluis::policy
