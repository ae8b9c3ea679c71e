#include "policy/budget.h"

#include <gtest/gtest.h>

#include <atomic>
#include <limits>
#include <thread>
#include <vector>

namespace sluis::policy {
namespace {

constexpr std::uint64_t second = 1'000'000, minute = 60 * second, day = 24 * 60 * minute;
constexpr std::uint64_t noon = 20'000 * day + day / 2;
constexpr auto most = std::numeric_limits<std::uint64_t>::max();

class BudgetsTest : public testing::Test {
 protected:
  BudgetAnswer take(const BudgetLimits& limits, std::uint64_t count, std::uint64_t at) {
    return budgets.take("p", "c", limits, count, at);
  }
  Budgets budgets;
};

TEST_F(BudgetsTest, WithoutLimitsEverythingGoes) {
  EXPECT_TRUE(take({}, most, noon).allowed);
  EXPECT_TRUE(take({}, most, noon).allowed);  // counts stop at the top instead of wrapping
  EXPECT_FALSE(take({std::nullopt, most - 1}, 1, noon).allowed);
  EXPECT_FALSE(take({most - 1, std::nullopt}, 1, noon).allowed);
}

TEST_F(BudgetsTest, TheFirstPastTheLimitIsRefusedUntilTheWindowEnds) {
  const BudgetLimits limits{3, std::nullopt};
  EXPECT_TRUE(take(limits, 1, noon).allowed);
  EXPECT_TRUE(take(limits, 2, noon + second).allowed);
  const BudgetAnswer refused = take(limits, 1, noon + 10 * second);
  EXPECT_FALSE(refused.allowed);
  EXPECT_EQ(refused.retry_after_s, 50U);
  EXPECT_FALSE(refused.too_many);
  EXPECT_FALSE(take(limits, 1, noon + minute - 1).allowed);
  EXPECT_EQ(take(limits, 1, noon + minute - 1).retry_after_s, 1U);
  EXPECT_TRUE(take(limits, 3, noon + minute).allowed);
}

TEST_F(BudgetsTest, BothWindowsOrNothing) {
  const BudgetLimits limits{10, 12};
  EXPECT_TRUE(take(limits, 10, noon).allowed);
  EXPECT_FALSE(take(limits, 2, noon).allowed);          // the minute is spent; the day must not have been charged
  EXPECT_TRUE(take(limits, 2, noon + minute).allowed);  // 12 of the day
  const BudgetAnswer refused = take(limits, 1, noon + minute);
  EXPECT_FALSE(refused.allowed);
  EXPECT_EQ(refused.retry_after_s, 12U * 3600U - 60U);
  EXPECT_TRUE(take(limits, 10, noon + day / 2).allowed);  // midnight UTC; the minute was not charged either
}

TEST_F(BudgetsTest, WhenBothAreSpentTheLaterEndCounts) {
  EXPECT_TRUE(take({5, 5}, 5, noon).allowed);
  EXPECT_EQ(take({5, 5}, 1, noon).retry_after_s, 12U * 3600U);
}

TEST_F(BudgetsTest, ACountOverTheLimitItselfIsSaidToBeHopeless) {
  EXPECT_TRUE(take({5, 100}, 6, noon).too_many);
  EXPECT_TRUE(take({std::nullopt, 5}, most, noon).too_many);
  EXPECT_TRUE(take({5, 100}, 5, noon).allowed);
}

TEST_F(BudgetsTest, ALimitLoweredByANewPolicyHoldsAtOnce) {
  EXPECT_TRUE(take({100, 100}, 50, noon).allowed);
  EXPECT_FALSE(take({40, 40}, 1, noon).allowed);
  EXPECT_TRUE(take({60, 60}, 10, noon).allowed);
}

TEST_F(BudgetsTest, PrincipalsAndCollectionsAreApart) {
  const BudgetLimits one{1, 1};
  EXPECT_TRUE(budgets.take("a", "bc", one, 1, noon).allowed);
  EXPECT_TRUE(budgets.take("ab", "c", one, 1, noon).allowed);
  EXPECT_TRUE(budgets.take("a", "c", one, 1, noon).allowed);
  EXPECT_FALSE(budgets.take("a", "bc", one, 1, noon).allowed);
}

TEST_F(BudgetsTest, AClockCorrectedBackReopensNothing) {
  const BudgetLimits limits{5, 8};
  const std::uint64_t midnight = 20'000 * day;
  EXPECT_TRUE(take(limits, 5, midnight).allowed);
  EXPECT_FALSE(take(limits, 1, midnight - second).allowed);  // the minute and the day before are not opened again
  EXPECT_FALSE(take(limits, 1, midnight + second).allowed);
  EXPECT_TRUE(take(limits, 3, midnight + minute).allowed);
  EXPECT_FALSE(take(limits, 1, midnight + 2 * minute).allowed);
}

TEST_F(BudgetsTest, AClockSetBackForGoodDoesNotLockTheDayForYears) {
  EXPECT_TRUE(take({1, 1}, 1, noon + 365 * day).allowed);
  EXPECT_TRUE(take({1, 1}, 1, noon).allowed);
  EXPECT_FALSE(take({1, 1}, 1, noon).allowed);
}

TEST_F(BudgetsTest, ReplayCountsWhatHappenedToday) {
  budgets.replay("p", "c", 100, noon - day);
  budgets.replay("p", "c", 3, noon - minute);
  budgets.replay("p", "c", 4, noon);
  budgets.replay("p", "c", 50, noon - day);                 // out of order: yesterday's, left out
  budgets.replay("p", "c", 1, noon - minute);               // out of order: an earlier minute of today
  EXPECT_FALSE(take({10, std::nullopt}, 7, noon).allowed);  // 4 in this minute
  EXPECT_TRUE(take({10, std::nullopt}, 6, noon).allowed);
  EXPECT_FALSE(take({std::nullopt, 20}, 7, noon).allowed);  // 14 today
  EXPECT_TRUE(take({std::nullopt, 20}, 6, noon).allowed);
}

TEST_F(BudgetsTest, ReplayGoesBeyondLimits) {
  budgets.replay("p", "c", most, noon);
  budgets.replay("p", "c", most, noon);
  EXPECT_FALSE(take({1, 1}, 1, noon).allowed);
  EXPECT_TRUE(take({1, 1}, 1, noon + day).allowed);
}

TEST_F(BudgetsTest, YesterdaysCountsAreForgotten) {
  for (int i = 0; i < 1000; ++i) budgets.take("p" + std::to_string(i), "c", {}, 1, noon);
  EXPECT_EQ(budgets.size(), 1000U);
  budgets.take("p", "c", {}, 1, noon + day);
  EXPECT_EQ(budgets.size(), 1U);
  budgets.replay("q", "c", 1, noon + 2 * day);
  EXPECT_EQ(budgets.size(), 1U);
}

TEST_F(BudgetsTest, AtTheEndsOfTime) {
  EXPECT_TRUE(take({1, 1}, 1, 0).allowed);
  EXPECT_FALSE(take({1, 1}, 1, 0).allowed);
  EXPECT_TRUE(take({1, 1}, 1, most).allowed);
  EXPECT_GE(take({1, 1}, 1, most).retry_after_s, 1U);
}

TEST_F(BudgetsTest, ManyThreadsTakeExactlyTheLimit) {
  constexpr std::uint64_t limit = 5000;
  std::atomic<std::uint64_t> taken{0};
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t)
    threads.emplace_back([&, t] {
      for (int i = 0; i < 2500; ++i) {
        const std::uint64_t count = static_cast<std::uint64_t>(i % 3 + 1);
        if (take({std::nullopt, limit}, count, noon + static_cast<std::uint64_t>(i) * second).allowed) taken += count;
        budgets.replay("other" + std::to_string(t), "c", 1, noon);
      }
    });
  for (std::thread& thread : threads) thread.join();
  while (take({std::nullopt, limit}, 1, noon).allowed) ++taken;
  EXPECT_EQ(taken, limit);
  EXPECT_EQ(budgets.size(), 5U);
}

}  // namespace
}  // namespace sluis::policy
