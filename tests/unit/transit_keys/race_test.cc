// Several gateways at once over one store.
#include <barrier>
#include <set>
#include <thread>

#include "tests/unit/transit_keys/world.h"

namespace sluis::gateway::transit::test {
namespace {

class Races : public KeysTest {
 protected:
  int gateways_at_once = 4;
  // The same on each gateway, at once.
  template <typename Work>
  void at_once(const Work& work) {
    std::vector<std::unique_ptr<TransitKeys>> gateways;
    for (int i = 0; i < gateways_at_once; ++i) gateways.push_back(new_keys());
    std::barrier start(gateways_at_once);
    std::vector<std::jthread> threads;
    for (int i = 0; i < gateways_at_once; ++i) {
      threads.emplace_back([&, i] {
        start.arrive_and_wait();
        work(*gateways[static_cast<std::size_t>(i)], i);
      });
    }
  }
};

TEST_P(Races, AKeyIsMadeOnce) {
  std::atomic<int> made{0};
  std::mutex mutex;
  std::set<KeyId> ids;
  at_once([&](TransitKeys& keys, int) {
    const auto change = must(keys.create("a", {}));
    made += change.event ? 1 : 0;
    const std::lock_guard lock(mutex);
    ids.insert(change.key->id);
  });
  EXPECT_EQ(made, 1);
  EXPECT_EQ(ids.size(), 1U);
}

TEST_P(Races, EachRotationIsAVersion) {
  make("a");
  constexpr int kRounds = 5;
  std::mutex mutex;
  std::set<std::uint32_t> versions;
  at_once([&](TransitKeys& keys, int) {
    for (int i = 0; i < kRounds; ++i) {
      const auto change = keys.rotate("a");
      if (!change && change.error().code == Code::busy) continue;
      const std::lock_guard lock(mutex);
      EXPECT_TRUE(versions.insert(must(change).event->key_version).second);
    }
  });
  const auto key = must(new_keys()->open("a"));
  EXPECT_EQ(key->latest(), versions.size() + 1);
  EXPECT_EQ(key->versions.size(), versions.size() + 1);
  EXPECT_GE(versions.size(), std::size_t{kRounds});
}

TEST_P(Races, ChangesOfDifferentThingsAreAllThere) {
  make("a");
  at_once([&](TransitKeys& keys, int i) {
    ConfigChange change;
    if (i == 0) change.exportable = true;
    if (i == 1) change.deletion_allowed = true;
    if (i == 2) change.purpose_required = true;
    if (i == 3) change.auto_rotate_period_s = 7200;
    EXPECT_TRUE(succeeds(keys.configure("a", change)));
  });
  const auto attributes = must(new_keys()->open("a"))->attributes;
  EXPECT_TRUE(attributes.exportable && attributes.deletion_allowed && attributes.purpose_required);
  EXPECT_EQ(attributes.auto_rotate_period_s, 7200U);
}

TEST_P(Races, AnOpenKeyIsWholeWhileItChanges) {
  make("a");
  std::atomic<bool> done{false};
  std::jthread reader([&] {
    while (!done) {
      const auto key = must(keys().open("a"));
      for (std::uint32_t version = 1; version <= key->latest(); ++version) ASSERT_NE(key->find(version), nullptr);
    }
  });
  for (int i = 0; i < 20; ++i) rotated("a");
  done = true;
}

TEST_P(Races, ThereIsOneWrappingKey) {
  gateways_at_once = 2;
  std::mutex mutex;
  std::set<std::string> wrapping_keys;
  at_once([&](TransitKeys& keys, int) {
    auto pem = must(keys.wrapping_key());
    const std::lock_guard lock(mutex);
    wrapping_keys.insert(std::move(pem));
  });
  EXPECT_EQ(wrapping_keys.size(), 1U);
}

INSTANTIATE_TEST_SUITE_P(Stores, Races,
                         ::testing::Values(Kind{"sqlite", make_sqlite_place}, Kind{"postgresql", make_postgres_place}),
                         [](const auto& one) { return std::string(one.param.name); });

}  // namespace
}  // namespace sluis::gateway::transit::test
