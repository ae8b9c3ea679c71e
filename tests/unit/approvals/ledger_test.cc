// The ledger and the marks in the log.
#include "tests/unit/approvals/world.h"

namespace sluis::gateway::approvals {
namespace {

class LedgerTest : public ApprovalWorld {};

TEST(MarkTest, OnlyTheWholeMarkCounts) {
  const auto mark = mark_in("anything; ledger 17, policy abc");
  ASSERT_TRUE(mark);
  EXPECT_EQ(mark->serial, 17U);
  EXPECT_EQ(mark->policy, "abc");
  EXPECT_EQ(mark_in("reason: ledger 99, policy x; ledger 5, policy y")->serial, 5U);
  for (const char* const no : {"", "ledger", "ledger , policy x", "ledger 1", "ledger 1x, policy y",
                               "ledger 99999999999999999999999, policy x"}) {
    EXPECT_FALSE(mark_in(no)) << no;
  }
}

TEST_F(LedgerTest, NothingIsThereAtFirst) {
  EXPECT_EQ(one().ledger.read()->serial, 0U);
  EXPECT_EQ(*one().ledger.mend(), Ledger::Found::sound);
  EXPECT_TRUE(one().ledger.recall(log()));
}

TEST_F(LedgerTest, ARemovedLedgerIsNoticed) {
  asked();
  const auto before = one().ledger.read()->serial;
  remove_row("approval-ledger", "ledger");
  EXPECT_TRUE(refused(one().ledger.read(), Code::corrupt, "put back"));
  EXPECT_EQ(*one().ledger.mend(), Ledger::Found::replaced);
  EXPECT_GT(one().ledger.read()->serial, before);
  EXPECT_TRUE(one().ledger.read()->open.empty());
}

TEST_F(LedgerTest, MendingKeepsThePolicyThatWasSeen) {
  ASSERT_TRUE(one().ledger.change([](LedgerState& state) -> Status {
    state.policy = "aa";
    return {};
  }));
  const auto old = row("approval-ledger", "ledger");
  ASSERT_TRUE(one().ledger.change([](LedgerState& state) -> Status {
    state.policy = "bb";
    return {};
  }));
  put_back(old);
  ASSERT_EQ(*one().ledger.mend(), Ledger::Found::replaced);
  EXPECT_EQ(one().ledger.read()->policy, "bb");
}

TEST_F(LedgerTest, AnEditedLedgerStopsEverything) {
  const Approval approval = asked();
  sql("UPDATE documents SET body = replace(body, 'officer-1', 'officer-9') WHERE kind = 'approval-ledger'");
  EXPECT_TRUE(refused(one().ledger.read(), Code::corrupt));
  EXPECT_TRUE(refused(one().ledger.mend(), Code::corrupt));
  EXPECT_TRUE(refused(one().approvals.approve(approval.id, approval.digest, actor("officer-2")), Code::corrupt));
}

TEST_F(LedgerTest, DeniedCallersCannotForgeAMark) {
  audit::Event event;
  event.principal = "operator-1";
  event.action = "policy.change";
  event.outcome = audit::Outcome::denied;
  event.payload.detail = "not granted; purpose ledger 999, policy x";
  ASSERT_TRUE(log().append_and_wait({event}));
  ASSERT_TRUE(one().ledger.recall(log()));
  EXPECT_EQ(*one().ledger.mend(), Ledger::Found::sound);
}

TEST_F(LedgerTest, TheNewestMarkOfTheLogIsTaken) {
  for (const int serial : {3, 8}) {
    audit::Event event;
    event.principal = "sluis";
    event.action = "gateway.start";
    event.payload.detail = "version 1; ledger " + std::to_string(serial) + ", policy p" + std::to_string(serial);
    ASSERT_TRUE(log().append_and_wait({event}));
  }
  ASSERT_TRUE(one().ledger.recall(log()));
  EXPECT_EQ(one().ledger.mark(), "ledger 8, policy p8");
  EXPECT_EQ(*one().ledger.mend(), Ledger::Found::replaced);
}

}  // namespace
}  // namespace sluis::gateway::approvals
