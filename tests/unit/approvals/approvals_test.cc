// Asking, approving, refusing, withdrawing.
#include <gmock/gmock.h>

#include "tests/unit/approvals/world.h"

namespace sluis::gateway::approvals {
namespace {

using ::testing::HasSubstr;

class ApprovalsTest : public ApprovalWorld {};

TEST_F(ApprovalsTest, ARequestNamesWhatWillBeDone) {
  const auto made = one().approvals.ask(act(), {Role::security_officer, Role::security_officer}, actor("officer-1"));
  ASSERT_TRUE(made);
  EXPECT_EQ(made->approval.expires_us, now + std::uint64_t{86'400} * kSecondUs);
  ASSERT_TRUE(made->event);
  EXPECT_EQ(made->event->action, "approvals.request");
  EXPECT_THAT(made->event->payload.detail, HasSubstr(made->approval.digest));
  const auto found = one().approvals.find(made->approval.id, now);
  ASSERT_TRUE(found);
  EXPECT_EQ(found->state, State::waiting);
  EXPECT_EQ(found->act.path, "/v1/things/a:break");
  EXPECT_EQ(found->act.reason, "because");
  EXPECT_EQ(one().ledger.waiting(now), 1U);
}

TEST_F(ApprovalsTest, TheSameRequestIsMadeOnce) {
  const Approval first = asked();
  const auto again = one().approvals.ask(act(), {Role::security_officer, Role::security_officer}, actor("officer-1"));
  ASSERT_TRUE(again);
  EXPECT_EQ(again->approval.id, first.id);
  EXPECT_FALSE(again->event);
  const auto other = one().approvals.ask(act(), {Role::security_officer, Role::security_officer}, actor("officer-2"));
  EXPECT_NE(other->approval.id, first.id) << "another requester, another request";
}

TEST_F(ApprovalsTest, OnlyAPartyAsks) {
  EXPECT_TRUE(refused(one().approvals.ask(act(), {Role::security_officer, Role::key_custodian}, actor("operator-1")),
                      Code::denied));
}

TEST_F(ApprovalsTest, OneRequesterHasSoManyOpen) {
  for (std::size_t i = 0; i < Approvals::kMostOpen; ++i) asked(Role::security_officer, "/v1/" + std::to_string(i));
  const auto more =
      one().approvals.ask(act("/v1/x"), {Role::security_officer, Role::security_officer}, actor("officer-1"));
  EXPECT_TRUE(refused(more, Code::rate_limited));
  EXPECT_EQ(one().approvals.list(std::nullopt, "", 200, now)->size(), Approvals::kMostOpen);
  now += std::uint64_t{86'400} * kSecondUs;
  asked();
}

TEST_F(ApprovalsTest, ApprovedByTheSecondOfficer) {
  const Approval approval = asked();
  const auto done = one().approvals.approve(approval.id, approval.digest, actor("officer-2"));
  ASSERT_TRUE(done);
  EXPECT_EQ(done->approval.state, State::approved);
  EXPECT_EQ(done->event.principal, "officer-2");
  EXPECT_THAT(done->event.payload.detail, HasSubstr("approved by officer-2"));
  EXPECT_TRUE(refused(one().approvals.approve(approval.id, approval.digest, actor("officer-3")), Code::denied));
}

TEST_F(ApprovalsTest, SelfApprovalIsRefused) {
  const Approval approval = asked();
  EXPECT_TRUE(
      refused(one().approvals.approve(approval.id, approval.digest, actor("officer-1")), Code::denied, "himself"));
  EXPECT_EQ(one().approvals.find(approval.id, now)->state, State::waiting);
}

TEST_F(ApprovalsTest, WhatIsApprovedIsWhatWasRead) {
  const Approval approval = asked();
  const Approval other = asked(Role::security_officer, "/v1/things/b:break");
  for (const std::string& digest : {other.digest, std::string(), approval.digest.substr(1)}) {
    EXPECT_TRUE(refused(one().approvals.approve(approval.id, digest, actor("officer-2")), Code::conflict, "digest"));
  }
}

TEST_F(ApprovalsTest, DestructionNeedsACustodian) {
  const Approval approval = asked(Role::key_custodian);
  for (const char* const no : {"officer-2", "operator-1", "auditor-1"}) {
    EXPECT_TRUE(refused(one().approvals.approve(approval.id, approval.digest, actor(no)), Code::denied)) << no;
  }
  EXPECT_EQ(one().approvals.approve(approval.id, approval.digest, actor("custodian-1"))->approval.state,
            State::approved);
}

TEST_F(ApprovalsTest, RefusedForGood) {
  const Approval approval = approved();
  EXPECT_TRUE(refused(one().approvals.refuse(approval.id, actor("officer-1")), Code::denied, "withdraws"));
  EXPECT_TRUE(refused(one().approvals.refuse(approval.id, actor("custodian-1")), Code::denied)) << "no party";
  const auto done = one().approvals.refuse(approval.id, actor("officer-3"));
  ASSERT_TRUE(done);
  EXPECT_EQ(done->approval.ended_by, "officer-3");
  EXPECT_TRUE(refused(one().approvals.approve(approval.id, approval.digest, actor("officer-2")), Code::conflict));
  EXPECT_TRUE(refused(one().approvals.claim(approval.id, approval.digest, policy(), now), Code::conflict));
  EXPECT_EQ(one().ledger.waiting(now), 0U);
}

TEST_F(ApprovalsTest, WithdrawnByItsRequesterAlone) {
  const Approval approval = asked();
  EXPECT_TRUE(refused(one().approvals.withdraw(approval.id, actor("officer-2")), Code::denied));
  EXPECT_EQ(one().approvals.withdraw(approval.id, actor("officer-1"))->approval.state, State::withdrawn);
  EXPECT_TRUE(refused(one().approvals.withdraw(approval.id, actor("officer-1")), Code::conflict));
}

TEST_F(ApprovalsTest, ExpiredRequestsCannotBeApproved) {
  const Approval approval = asked();
  now = approval.expires_us;
  EXPECT_EQ(one().approvals.find(approval.id, now)->state, State::expired);
  EXPECT_TRUE(
      refused(one().approvals.approve(approval.id, approval.digest, actor("officer-2")), Code::conflict, "time"));
  EXPECT_EQ(one().approvals.list(State::expired, "", 10, now)->size(), 1U);
  EXPECT_EQ(one().approvals.list(State::waiting, "", 10, now)->size(), 0U);
}

TEST_F(ApprovalsTest, ListsAreInTheOrderOfTheRequestsAndPaged) {
  std::vector<std::string> ids;
  for (int i = 0; i < 5; ++i) {
    now += kSecondUs;
    ids.push_back(asked(Role::security_officer, "/v1/" + std::to_string(i)).id);
  }
  const auto first = one().approvals.list(State::waiting, "", 3, now);
  ASSERT_EQ(first->size(), 3U);
  EXPECT_EQ(first->front().id, ids[0]);
  const auto rest = one().approvals.list(State::waiting, first->back().id, 3, now);
  ASSERT_EQ(rest->size(), 2U);
  EXPECT_EQ(rest->back().id, ids[4]);
}

TEST_F(ApprovalsTest, OldRowsGoAndTheLogStays) {
  const Approval approval = asked();
  now += std::uint64_t{92} * 86'400 * kSecondUs;
  asked(Role::security_officer, "/v1/new");
  EXPECT_TRUE(refused(one().approvals.find(approval.id, now), Code::not_found));
}

TEST_F(ApprovalsTest, UnknownIds) {
  for (const char* const id : {"", "nothing", "0", "../x", "00000000000000-00000000"}) {
    EXPECT_TRUE(refused(one().approvals.find(id, now), Code::not_found)) << id;
  }
}

}  // namespace
}  // namespace sluis::gateway::approvals
