// Rotation on a schedule, on exactly one of several gateways.
#include <condition_variable>
#include <mutex>
#include <thread>

#include "gateway/transit/keys/rotator.h"
#include "tests/unit/transit_keys/world.h"

namespace sluis::gateway::transit::test {
namespace {

constexpr std::uint64_t kHour = 3'600'000'000;

class Due : public KeysTest {
 protected:
  void make_hourly(std::string_view name) {
    CreateOptions options;
    options.auto_rotate_period_s = 3600;
    make(name, options);
  }
  std::size_t rotate(TransitKeys& keys) {
    return must(keys.rotate_due([this](audit::Event event) {
      const std::lock_guard lock(mutex_);
      events_.push_back(std::move(event));
    }));
  }
  std::mutex mutex_;
  std::vector<audit::Event> events_;
};

TEST_P(Due, AKeyRotatesWhenItsTimeHasComeAndNotBefore) {
  make_hourly("a");
  make("never");
  EXPECT_EQ(rotate(keys()), 0U);
  now_us += kHour - 1;
  EXPECT_EQ(rotate(keys()), 0U);
  now_us += 1;
  EXPECT_EQ(rotate(keys()), 1U);
  EXPECT_EQ(rotate(keys()), 0U);
  ASSERT_EQ(events_.size(), 1U);
  EXPECT_EQ(events_[0].action, "keys.rotate");
  EXPECT_EQ(events_[0].principal, "sluis");
  EXPECT_EQ(events_[0].key, "transit/a");
  EXPECT_EQ(events_[0].key_version, 2U);
  EXPECT_EQ((*keys().open("a"))->latest(), 2U);
  EXPECT_EQ((*keys().open("never"))->latest(), 1U);
  now_us += 10 * kHour;
  EXPECT_EQ(rotate(keys()), 1U) << "once, however late";
}

TEST_P(Due, ARotationByHandPutsItOff) {
  make_hourly("a");
  now_us += kHour / 2;
  rotated("a");
  now_us += kHour / 2;
  EXPECT_EQ(rotate(keys()), 0U);
  now_us += kHour / 2;
  EXPECT_EQ(rotate(keys()), 1U);
}

TEST_P(Due, OneGatewayRotatesEachKey) {
  constexpr int kKeys = 12;
  for (int i = 0; i < kKeys; ++i) make_hourly("key" + std::to_string(i));
  std::vector<std::unique_ptr<TransitKeys>> gateways;
  for (int i = 0; i < 4; ++i) gateways.push_back(new_keys());
  now_us += kHour;
  std::atomic<std::size_t> rotations{0};
  {
    std::vector<std::jthread> threads;
    for (const auto& gateway : gateways) threads.emplace_back([&] { rotations += rotate(*gateway); });
  }
  EXPECT_EQ(rotations, std::size_t{kKeys});
  EXPECT_EQ(events_.size(), std::size_t{kKeys});
  const auto fresh = new_keys();
  for (int i = 0; i < kKeys; ++i) EXPECT_EQ((*fresh->open("key" + std::to_string(i)))->latest(), 2U);
}

TEST_P(Due, AKeyThatCannotRotateDoesNotKeepTheOthers) {
  make_hourly("bad");
  make_hourly("good");
  sql("update keys set revision = revision + 1 where name = 'transit/bad'");
  now_us += kHour;
  EXPECT_EQ(rotate(keys()), 1U);
  EXPECT_TRUE(fails(keys().rotate_due([](audit::Event) {}), Code::corrupt)) << "and it is told";
}

TEST_P(Due, AChangedDueTimeIsNoticed) {
  make_hourly("a");
  make("b");
  sql("update keys set due_us = 0 where name = 'transit/a'");
  sql("update keys set due_us = 1 where name = 'transit/b'");
  const auto other = new_keys();
  EXPECT_TRUE(fails(other->open("a"), Code::corrupt));
  EXPECT_TRUE(fails(other->open("b"), Code::corrupt));
  EXPECT_TRUE(fails(keys().rotate_due([](audit::Event) {}), Code::corrupt));
}

TEST_P(Due, TheRotatorDoesItUnasked) {
  make_hourly("a");
  std::condition_variable rotated;
  std::unique_lock lock(mutex_);
  const Rotator rotator(
      keys(),
      [&](audit::Event event) {
        const std::lock_guard guard(mutex_);
        events_.push_back(std::move(event));
        rotated.notify_all();
      },
      [](const Error&) {}, std::chrono::milliseconds(5));
  now_us += kHour;
  EXPECT_TRUE(rotated.wait_for(lock, std::chrono::minutes(2), [&] { return !events_.empty(); }));
  EXPECT_EQ(events_.at(0).key, "transit/a");
}

INSTANTIATE_TEST_SUITE_P(Stores, Due,
                         ::testing::Values(Kind{"sqlite", make_sqlite_place}, Kind{"postgresql", make_postgres_place}),
                         [](const auto& one) { return std::string(one.param.name); });

}  // namespace
}  // namespace sluis::gateway::transit::test
