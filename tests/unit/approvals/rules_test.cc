// Who may consent to what.
#include <gtest/gtest.h>

#include <boost/json.hpp>

#include "tests/unit/approvals/world.h"

namespace sluis::gateway::approvals {
namespace {

const policy::Principal officer{"officer-2", {Role::security_officer}};
const policy::Principal custodian{"custodian-1", {Role::key_custodian}};
const policy::Principal operator_{"operator-1", {Role::operator_}};

Approval request(std::vector<Role> parties) {
  Approval out;
  out.id = "1";
  out.requester = "officer-1";
  out.requester_role = Role::security_officer;
  out.parties = std::move(parties);
  out.act.action = "keys.destroy";
  out.digest = digest_of(out.act, out.requester);
  return out;
}

TEST(RulesTest, TheRequesterFillsOneRoleAndOthersTheRest) {
  auto destroy = request({Role::security_officer, Role::key_custodian});
  EXPECT_EQ(missing(destroy), std::vector{Role::key_custodian});
  EXPECT_TRUE(refused(may_consent(destroy, officer), Code::denied, "role"));
  EXPECT_EQ(*may_consent(destroy, custodian), Role::key_custodian);
  destroy.consents.push_back({"custodian-1", Role::key_custodian, 1});
  EXPECT_TRUE(missing(destroy).empty());
}

TEST(RulesTest, TwoOfOneRoleAreTwoPeople) {
  const auto rollover = request({Role::security_officer, Role::security_officer});
  EXPECT_EQ(missing(rollover), std::vector{Role::security_officer});
  EXPECT_TRUE(may_consent(rollover, officer));
  EXPECT_TRUE(refused(may_consent(rollover, custodian), Code::denied));
  EXPECT_TRUE(refused(may_consent(rollover, operator_), Code::denied));
}

TEST(RulesTest, NobodyApprovesHisOwnRequest) {
  const policy::Principal self{"officer-1", {Role::security_officer}};
  EXPECT_TRUE(
      refused(may_consent(request({Role::security_officer, Role::security_officer}), self), Code::denied, "himself"));
}

TEST(RulesTest, NobodyCountsTwice) {
  auto three = request({Role::security_officer, Role::security_officer, Role::security_officer});
  three.consents.push_back({"officer-2", Role::security_officer, 1});
  EXPECT_EQ(missing(three).size(), 1U);
  EXPECT_TRUE(refused(may_consent(three, officer), Code::conflict, "before"));
}

TEST(RulesTest, WhoLostHisRightTakesTheApprovalWithHim) {
  auto approval = request({Role::security_officer, Role::security_officer});
  approval.consents.push_back({"officer-2", Role::security_officer, 1});
  const auto holds = [&](const std::string& toml) {
    return still_holds(approval, *policy::load_text(toml, "p").policy);
  };
  EXPECT_TRUE(holds(officers()));
  EXPECT_TRUE(refused(holds(officers("officer-1")), Code::denied, "lost"));
  EXPECT_TRUE(refused(holds(officers("officer-2")), Code::denied, "lost"));
  EXPECT_TRUE(holds(officers("officer-3")));
  EXPECT_TRUE(refused(holds(officers("", "officer-3")), Code::denied, "lost")) << "may no longer decide";
  std::string other = officers("officer-2");
  other += "[[principal]]\nname = \"officer-2\"\nuri = \"urn:sluis:officer-2\"\nroles = [\"operator\"]\n";
  EXPECT_TRUE(refused(holds(other), Code::denied, "lost")) << "has another role";
}

TEST(RulesTest, JsonThereAndBack) {
  auto approval = request({Role::security_officer, Role::key_custodian});
  approval.consents.push_back({"custodian-1", Role::key_custodian, 7});
  approval.requested_us = 5;
  approval.expires_us = 6;
  approval.state = State::approved;
  const auto again = approval_from("1", to_json(approval));
  ASSERT_TRUE(again);
  EXPECT_EQ(boost::json::serialize(to_json(*again)), boost::json::serialize(to_json(approval)));
  auto body = to_json(approval);
  body["requester"] = "officer-3";
  EXPECT_TRUE(refused(approval_from("1", body), Code::corrupt)) << "the digest is the requester's too";
  for (const char* const member : {"digest", "act", "requester", "parties", "consents", "state", "expires_us"}) {
    auto without = to_json(approval);
    without.erase(member);
    EXPECT_FALSE(approval_from("1", without)) << member;
  }
}

}  // namespace
}  // namespace sluis::gateway::approvals
