#include "gateway/server/denial_limit.h"

#include <gtest/gtest.h>

#include <atomic>
#include <thread>
#include <vector>

namespace sluis::gateway {
namespace {

constexpr std::uint64_t kMinute = 60'000'000;

TEST(DenialLimitTest, CountsWhatIsOverTheLimitAndTellsItLater) {
  DenialLimit limit(3);
  for (int i = 0; i < 3; ++i) EXPECT_TRUE(limit.take("backend", kMinute).logged);
  for (int i = 0; i < 5; ++i) EXPECT_FALSE(limit.take("backend", kMinute + 59'999'999).logged);
  EXPECT_TRUE(limit.take("-", kMinute).logged) << "each principal has a limit of its own";
  const auto next = limit.take("backend", 2 * kMinute);
  EXPECT_TRUE(next.logged);
  EXPECT_EQ(next.held_back, 5U);
  EXPECT_EQ(limit.take("backend", 2 * kMinute).held_back, 0U);
}

TEST(DenialLimitTest, LosesNoneAmongThreads) {
  DenialLimit limit(10);
  std::atomic<std::uint64_t> told{0};
  {
    std::vector<std::jthread> threads;
    for (int t = 0; t < 4; ++t) {
      threads.emplace_back([&] {
        for (std::uint64_t i = 0; i < 1000; ++i) {
          const auto answer = limit.take("-", i / 100 * kMinute);
          told += (answer.logged ? 1 : 0) + answer.held_back;
        }
      });
    }
  }
  const auto last = limit.take("-", 1000 * kMinute);
  EXPECT_EQ(told + last.held_back, 4000U);
}

}  // namespace
}  // namespace sluis::gateway
