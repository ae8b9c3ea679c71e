// Carrying out: once, over all gateways, whatever is done to the rows.
#include <gmock/gmock.h>

#include <thread>

#include "tests/unit/approvals/world.h"

namespace sluis::gateway::approvals {
namespace {

using ::testing::HasSubstr;

class ExecutionTest : public ApprovalWorld {
 protected:
  Result<Approval> claim(const Approval& approval) {
    return one().approvals.claim(approval.id, approval.digest, policy(), now);
  }
};

TEST_F(ExecutionTest, OnceAndNeverAgain) {
  const Approval approval = approved();
  const auto claimed = claim(approval);
  ASSERT_TRUE(claimed);
  EXPECT_EQ(claimed->state, State::executing);
  const auto event = one().approvals.finish(*claimed, 200, now);
  EXPECT_EQ(event.action, "approvals.outcome");
  EXPECT_EQ(one().approvals.find(approval.id, now)->state, State::executed);
  EXPECT_TRUE(refused(claim(approval), Code::conflict, "used"));
}

TEST_F(ExecutionTest, TheEntryIsThereBeforeTheAct) {
  const Approval approval = approved();
  ASSERT_TRUE(claim(approval));
  const auto found = entries_of("approvals.execute");
  ASSERT_EQ(found.size(), 1U);
  const std::string text = boost::json::serialize(found[0]);
  EXPECT_THAT(text, HasSubstr(approval.digest));
  EXPECT_THAT(text, HasSubstr("approved by officer-2"));
}

TEST_F(ExecutionTest, FailedActsAreUsedUpToo) {
  const Approval approval = approved();
  const auto claimed = claim(approval);
  const auto event = one().approvals.finish(*claimed, 503, now);
  EXPECT_EQ(event.outcome, audit::Outcome::failed);
  EXPECT_EQ(one().approvals.find(approval.id, now)->state, State::failed);
  EXPECT_TRUE(refused(claim(approval), Code::conflict));
}

TEST_F(ExecutionTest, AnotherActIsNotTheOneThatWasApproved) {
  const Approval approval = approved();
  const Approval other = approved("/v1/things/b:break");
  EXPECT_TRUE(refused(one().approvals.claim(approval.id, other.digest, policy(), now), Code::denied, "not the act"));
  EXPECT_TRUE(claim(approval)) << "a slip of the pen uses nothing up";
}

TEST_F(ExecutionTest, MissingApprovals) {
  const Approval approval = asked();
  EXPECT_TRUE(refused(claim(approval), Code::denied, "missing"));
}

TEST_F(ExecutionTest, ExpiredApprovals) {
  const Approval approval = approved();
  now = approval.expires_us;
  EXPECT_TRUE(refused(claim(approval), Code::denied, "time"));
}

TEST_F(ExecutionTest, APolicyThatChangedTakesItAway) {
  const Approval approval = approved();
  use_policy(officers("officer-2"));
  EXPECT_TRUE(refused(claim(approval), Code::denied, "lost"));
  use_policy(officers());
  EXPECT_TRUE(refused(claim(approval), Code::conflict)) << "for good";
  EXPECT_EQ(one().approvals.find(approval.id, now)->state, State::lapsed);
}

TEST_F(ExecutionTest, TwoGatewaysAtOnce) {
  for (int round = 0; round < 10; ++round) {
    now += kSecondUs;
    const Approval approval = approved("/v1/things/" + std::to_string(round));
    const auto two = gateway();
    std::atomic<int> done{0};
    const auto run = [&](Approvals& approvals) {
      if (approvals.claim(approval.id, approval.digest, policy(), now)) ++done;
    };
    std::vector<std::thread> threads;
    for (int i = 0; i < 3; ++i) {
      threads.emplace_back([&] { run(one().approvals); });
      threads.emplace_back([&] { run(two->approvals); });
    }
    for (auto& thread : threads) thread.join();
    EXPECT_EQ(done, 1);
  }
}

TEST_F(ExecutionTest, ARowPutBackToBeforeItsExecutionIsWorthNothing) {
  const Approval approval = approved();
  const auto before = row("approval", approval.id);
  ASSERT_TRUE(claim(approval));
  put_back(before);
  EXPECT_TRUE(refused(claim(approval), Code::conflict)) << "this gateway";
  EXPECT_TRUE(refused(gateway()->approvals.claim(approval.id, approval.digest, policy(), now), Code::conflict))
      << "one that was never told";
  EXPECT_EQ(one().approvals.find(approval.id, now)->state, State::lapsed);
}

TEST_F(ExecutionTest, RowAndLedgerPutBackAreNoticed) {
  const Approval approval = approved();
  const auto row_before = row("approval", approval.id);
  const auto ledger_before = row("approval-ledger", "ledger");
  const auto two = gateway();
  ASSERT_TRUE(claim(approval));
  ASSERT_EQ(*two->ledger.mend(), Ledger::Found::sound) << "it looks every few seconds";
  put_back(row_before);
  put_back(ledger_before);
  EXPECT_TRUE(refused(claim(approval), Code::corrupt, "put back"));
  EXPECT_TRUE(refused(two->approvals.claim(approval.id, approval.digest, policy(), now), Code::corrupt));
  EXPECT_EQ(*two->ledger.mend(), Ledger::Found::replaced);
  EXPECT_TRUE(refused(claim(approval), Code::conflict)) << "open requests lapse";
  EXPECT_TRUE(claim(approved("/v1/things/next"))) << "and work goes on";
}

TEST_F(ExecutionTest, TheLogTellsARestartedGateway) {
  const Approval approval = approved();
  const auto row_before = row("approval", approval.id);
  const auto ledger_before = row("approval-ledger", "ledger");
  ASSERT_TRUE(claim(approval));
  put_back(row_before);
  put_back(ledger_before);
  const auto restarted = gateway();
  ASSERT_TRUE(restarted->ledger.recall(log()));
  EXPECT_TRUE(refused(restarted->approvals.claim(approval.id, approval.digest, policy(), now), Code::corrupt));
  EXPECT_EQ(*restarted->ledger.mend(), Ledger::Found::replaced);
  EXPECT_TRUE(refused(restarted->approvals.claim(approval.id, approval.digest, policy(), now), Code::conflict));
}

TEST_F(ExecutionTest, AnEditedRowIsRefused) {
  const Approval approval = asked();
  sql("UPDATE documents SET body = replace(body, '\"state\":\"waiting\"', '\"state\":\"approved\"') WHERE kind = "
      "'approval'");
  EXPECT_TRUE(refused(claim(approval), Code::corrupt));
  EXPECT_TRUE(refused(one().approvals.approve(approval.id, approval.digest, actor("officer-2")), Code::corrupt));
}

TEST_F(ExecutionTest, ARowUnderAnotherNameIsRefused) {
  const Approval good = approved();
  const Approval waiting = asked(Role::security_officer, "/v1/things/b:break");
  auto moved = row("approval", good.id);
  moved.name = waiting.id;
  put_back(moved);
  EXPECT_TRUE(refused(one().approvals.claim(waiting.id, good.digest, policy(), now), Code::corrupt));
}

}  // namespace
}  // namespace sluis::gateway::approvals
