#include "gateway/transit/api/summary.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace sluis::gateway::transit {
namespace {

// Takes entries, or refuses them.
class SmallLog final : public audit::Log {
 public:
  void append(std::vector<audit::Event> events, Done done) override { done(append_and_wait(std::move(events))); }
  Result<audit::Receipt> append_and_wait(std::vector<audit::Event> events) override {
    if (away) return Error{Code::busy, "away"};
    for (auto& event : events) taken.push_back(std::move(event));
    return audit::Receipt{0, events.size()};
  }
  bool halted() const noexcept override { return away; }
  std::uint64_t size() const noexcept override { return taken.size(); }
  const audit::Recovery& recovery() const noexcept override { return recovery_; }
  const std::string& origin() const noexcept override { return origin_; }
  Result<std::vector<Entry>> read(std::uint64_t, std::size_t, Payloads) override { return std::vector<Entry>{}; }

  bool away = false;
  std::vector<audit::Event> taken;

 private:
  audit::Recovery recovery_;
  std::string origin_ = "o";
};

TEST(Summary, AddsUpByPrincipalActionAndKey) {
  SmallLog log;
  Summary summary(log, std::chrono::milliseconds(0));
  summary.count("a", "transit.encrypt", "transit/k", 3);
  summary.count("a", "transit.encrypt", "transit/k", 4);
  summary.count("a", "transit.hmac", "transit/k", 1);
  summary.count("b", "transit.encrypt", "transit/k", 1);
  ASSERT_TRUE(summary.flush());
  ASSERT_EQ(log.taken.size(), 3U);
  EXPECT_EQ(log.taken[0].principal, "a");
  EXPECT_EQ(log.taken[0].action, "transit.encrypt");
  EXPECT_EQ(log.taken[0].key, "transit/k");
  EXPECT_EQ(log.taken[0].count, 7U);
  ASSERT_TRUE(summary.flush());
  EXPECT_EQ(log.taken.size(), 3U);
}

TEST(Summary, KeepsWhatTheLogDoesNotTake) {
  SmallLog log;
  {
    Summary summary(log, std::chrono::milliseconds(0));
    summary.count("a", "x", "k", 5);
    log.away = true;
    EXPECT_FALSE(summary.flush());
    summary.count("a", "x", "k", 2);
    log.away = false;
  }  // the end flushes
  ASSERT_EQ(log.taken.size(), 1U);
  EXPECT_EQ(log.taken[0].count, 7U);
}

TEST(Summary, WritesMoreThanOneAppendHolds) {
  SmallLog log;
  Summary summary(log, std::chrono::milliseconds(0));
  for (int i = 0; i < 2500; ++i) summary.count("a", "x", std::to_string(i), 1);
  ASSERT_TRUE(summary.flush());
  EXPECT_EQ(log.taken.size(), 2500U);
}

}  // namespace
}  // namespace sluis::gateway::transit
