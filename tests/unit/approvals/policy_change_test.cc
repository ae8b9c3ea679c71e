// Which policy a gateway may run with.
#include "crypto/hash.h"
#include "tests/unit/approvals/world.h"

namespace sluis::gateway::approvals {
namespace {

class PolicyChangeTest : public ApprovalWorld {
 protected:
  Result<std::vector<audit::Event>> settle(const std::string& text, PolicyRule rule = PolicyRule::approved) {
    const auto loaded = policy::load_text(text, "next");
    return one().policy.settle(text, *loaded.policy, &policy(), rule, now);
  }
  void propose(const std::string& text, std::string_view by = "officer-2") {
    const auto act = PolicyChanges::act_of(text, policy::load_text(text, "next").policy->digest(), "");
    ASSERT_TRUE(act);
    const auto made = one().approvals.ask(*act, {Role::security_officer, Role::security_officer}, actor("officer-1"));
    ASSERT_TRUE(made);
    if (by.empty()) return;
    ASSERT_TRUE(one().approvals.approve(made->approval.id, made->approval.digest, actor(by)));
  }
  const std::string first = officers(), next = officers("officer-3");
};

TEST_F(PolicyChangeTest, TheFirstIsRecorded) {
  const auto events = settle(first);
  ASSERT_TRUE(events);
  ASSERT_EQ(events->size(), 1U);
  EXPECT_EQ(events->front().action, "policy.record");
  EXPECT_EQ(one().policy.approved()->text, first);
  EXPECT_TRUE(settle(first)->empty()) << "nothing new";
}

TEST_F(PolicyChangeTest, AnotherOneNeedsTwoOfficers) {
  ASSERT_TRUE(settle(first));
  EXPECT_TRUE(refused(settle(next), Code::denied, "not approved"));
  propose(next, "");
  EXPECT_TRUE(refused(settle(next), Code::denied, "not approved"));
  propose(next);
  const auto events = settle(next);
  ASSERT_TRUE(events);
  EXPECT_EQ(events->size(), 2U);
  EXPECT_EQ(one().policy.approved()->text, next);
  EXPECT_TRUE(refused(settle(first), Code::denied)) << "the old one is not approved any more";
}

TEST_F(PolicyChangeTest, AnApprovalIsGoodForOneChange) {
  ASSERT_TRUE(settle(first));
  propose(next);
  ASSERT_TRUE(settle(next));
  now += kSecondUs;
  propose(first);
  ASSERT_TRUE(settle(first));
  EXPECT_TRUE(refused(settle(next), Code::denied));
}

TEST_F(PolicyChangeTest, AnApprovalOfAnotherTextIsNone) {
  ASSERT_TRUE(settle(first));
  propose(next);
  EXPECT_TRUE(refused(settle(next + "# and more\n"), Code::denied));
}

TEST_F(PolicyChangeTest, AnOfficerWhoIsGoneTakesItAlong) {
  ASSERT_TRUE(settle(first));
  propose(next);
  use_policy(officers("officer-2"));
  EXPECT_TRUE(refused(settle(next), Code::denied, "lost"));
}

TEST_F(PolicyChangeTest, FreeChangesAreRecorded) {
  ASSERT_TRUE(settle(first));
  const auto events = settle(next, PolicyRule::free);
  ASSERT_TRUE(events);
  EXPECT_EQ(events->size(), 1U);
  EXPECT_EQ(one().policy.approved()->text, next);
}

TEST_F(PolicyChangeTest, ARemovedRecordIsNoFirstStart) {
  auto events = settle(first);
  ASSERT_TRUE(events);
  ASSERT_TRUE(log().append_and_wait(*events));
  remove_row("approval-ledger", "ledger");
  remove_row("policy", "approved");
  const auto restarted = gateway();
  ASSERT_TRUE(restarted->ledger.recall(log()));
  ASSERT_EQ(*restarted->ledger.mend(), Ledger::Found::replaced);
  const auto loaded = policy::load_text(next, "next");
  EXPECT_TRUE(
      refused(restarted->policy.settle(next, *loaded.policy, nullptr, PolicyRule::approved, now), Code::denied));
}

TEST_F(PolicyChangeTest, ATextThatWasExchangedIsNotGivenOut) {
  ASSERT_TRUE(settle(first));
  const auto old = row("policy", "approved");
  ASSERT_TRUE(settle(next, PolicyRule::free));
  put_back(old);
  EXPECT_TRUE(refused(one().policy.approved(), Code::corrupt));
}

TEST_F(PolicyChangeTest, ProposalsHaveALimit) {
  EXPECT_TRUE(refused(PolicyChanges::act_of(std::string(kMaxPolicyText + 1, '#'), "d", ""), Code::too_large));
}

}  // namespace
}  // namespace sluis::gateway::approvals
