#include "policy/actions.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>

#include "policy/names.h"

namespace sluis::policy {
namespace {

TEST(Roles, NamesGoBothWays) {
  for (const Role role : all_roles) EXPECT_EQ(role_named(name(role)), role);
  EXPECT_EQ(role_named("backendd"), std::nullopt);
  EXPECT_EQ(role_named(""), std::nullopt);
  EXPECT_EQ(role_named("Backend"), std::nullopt);
}

TEST(Roles, EveryPairOfDifferentRolesIsExcludedWithAReason) {
  for (const Role a : all_roles)
    for (const Role b : all_roles) {
      EXPECT_EQ(conflict(a, b), conflict(b, a));
      EXPECT_EQ(conflict(a, b).empty(), a == b) << name(a) << " and " << name(b);
    }
}

TEST(Actions, EachIsFoundByItsNameAndNothingElseIs) {
  for (const Action& action : actions()) {
    EXPECT_EQ(action_named(action.name), &action);
    EXPECT_EQ(&actions()[index_of(action)], &action);
    EXPECT_EQ(action_named(std::string(action.name) + "x"), nullptr);
    EXPECT_EQ(action_named(action.name.substr(1)), nullptr);
  }
  EXPECT_EQ(action_named(""), nullptr);
  EXPECT_EQ(action_named("zzz"), nullptr);
  EXPECT_EQ(action_named("RECORDS.READ"), nullptr);
}

TEST(Actions, RowsAreWellFormed) {
  for (const Action& action : actions()) {
    EXPECT_TRUE(well_formed(action.name)) << action.name;
    EXPECT_NE(action.name.find('.'), std::string_view::npos) << action.name;
    EXPECT_NE(action.roles, 0) << action.name;
    EXPECT_FALSE(action.text.empty()) << action.name;
  }
}

// Promise 4: whoever is not a backend opens nothing, whatever the policy's author writes.
TEST(Actions, OnlyBackendsMayBeGrantedWhatOpensSealedValues) {
  std::set<std::string_view> opening;
  for (const Action& action : actions()) {
    if (action.opens == Opens::nothing) continue;
    opening.insert(action.name);
    EXPECT_EQ(action.roles, mask(Role::backend)) << action.name;
  }
  EXPECT_THAT(opening, testing::IsSupersetOf({"records.read", "records.search", "records.attest", "records.export",
                                              "transit.decrypt", "transit.datakey_plaintext"}));
}

TEST(Actions, RolesOfTheWatchers) {
  EXPECT_EQ(role_list(action_named("audit.read")->roles), "auditor");
  EXPECT_EQ(role_list(action_named("metrics.read")->roles), "operator");
  EXPECT_EQ(role_list(action_named("status.read")->roles), "security-officer, auditor, key-custodian, operator");
  EXPECT_EQ(role_list(action_named("policy.read")->roles), "security-officer, auditor");
  EXPECT_EQ(role_list(action_named("keys.read")->roles), "security-officer, auditor, key-custodian");
}

}  // namespace
}  // namespace sluis::policy
