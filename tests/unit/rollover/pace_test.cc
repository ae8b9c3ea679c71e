// The pace of a sweep, with a clock and calls of the test's own.
#include <gtest/gtest.h>

#include "gateway/rollover/pace.h"

namespace sluis::gateway::rollover {
namespace {

using std::chrono::milliseconds;

class Paced : public ::testing::Test {
 protected:
  // A second in which `calls` were served that took `each` microseconds.
  void serve(std::uint64_t calls, std::uint64_t each) {
    served_.calls += calls;
    served_.microseconds += calls * each;
    now_ += milliseconds(1000);
  }
  void idle(std::uint64_t calls, std::uint64_t each) {
    serve(calls, each);
    pace_.idle(now_);
  }
  milliseconds worked(milliseconds work, const Throttle& throttle = {}) {
    return pace_.pause(throttle, pace_.items(throttle), work, now_);
  }

  Served served_{};
  Pace pace_{[this] { return served_; }};
  Pace::Clock::time_point now_{milliseconds(1'000'000)};
};

TEST_F(Paced, NobodyCallsFullSpeed) {
  idle(0, 0);
  idle(0, 0);
  pace_.start(now_);
  for (int i = 0; i < 5; ++i) {
    serve(0, 0);
    EXPECT_EQ(worked(milliseconds(100)).count(), 0);
    EXPECT_EQ(pace_.items({}), Pace::kMostItems);
  }
}

TEST_F(Paced, SlowsWhenCallsTakeLongerAndRecovers) {
  for (int i = 0; i < 5; ++i) idle(1000, 500);
  EXPECT_EQ(pace_.start(now_).count(), 0);
  for (int i = 0; i < 6; ++i) {
    serve(1000, 1500);
    worked(milliseconds(100));
  }
  EXPECT_LT(pace_.duty(), 0.2);
  EXPECT_LT(pace_.items({}), Pace::kMostItems / 10);
  EXPECT_GT(worked(milliseconds(100)).count(), 300);
  for (int i = 0; i < 40; ++i) {
    serve(1000, 500);
    worked(milliseconds(100));
  }
  EXPECT_EQ(pace_.duty(), 1);
  EXPECT_EQ(worked(milliseconds(100)).count(), 0);
}

TEST_F(Paced, NeverStopsForGood) {
  for (int i = 0; i < 5; ++i) idle(1000, 500);
  pace_.start(now_);
  for (int i = 0; i < 100; ++i) {
    serve(1000, 100'000);
    worked(milliseconds(10));
  }
  EXPECT_GT(pace_.duty(), 0);
  EXPECT_GE(pace_.items({}), Pace::kLeastItems);
  EXPECT_LE(worked(milliseconds(10)).count(), 1000);
}

TEST_F(Paced, MeasuresFirstWhatIsNotKnown) {
  EXPECT_GT(pace_.start(now_).count(), 0);
  idle(1000, 500);
  idle(1000, 500);
  EXPECT_EQ(pace_.start(now_).count(), 0);
}

TEST_F(Paced, KeepsToARate) {
  const Throttle throttle{1000, 100};
  pace_.start(now_);
  EXPECT_EQ(pace_.items(throttle), 100);
  EXPECT_EQ(worked(milliseconds(10), throttle).count(), 90);
  EXPECT_EQ(pace_.items({1, 100}), 1);
  EXPECT_EQ(worked(milliseconds(10), {1, 100}).count(), 990);
  EXPECT_EQ(pace_.items({kMaxRate, 100}), Pace::kMostItems);
}

TEST_F(Paced, KeepsToAShareWhileCallsAreServed) {
  const Throttle throttle{0, 25};
  idle(1000, 500);
  idle(1000, 500);
  pace_.start(now_);
  serve(1000, 500);
  EXPECT_NEAR(static_cast<double>(worked(milliseconds(100), throttle).count()), 300, 2);
  serve(0, 0);
  EXPECT_EQ(worked(milliseconds(100), throttle).count(), 0);
}

}  // namespace
}  // namespace sluis::gateway::rollover
