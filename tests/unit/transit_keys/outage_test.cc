// The HSM or the store away: what is open serves until its time ends, and all heals by itself.
#include "tests/unit/gateway_records/watched.h"
#include "tests/unit/transit_keys/world.h"

namespace sluis::gateway::transit::test {
namespace {

using gateway::test::WatchedStore;
using gateway::test::WatchedToken;
using std::chrono::milliseconds;
using std::chrono::seconds;

class Outages : public KeysTest {
 protected:
  void SetUp() override {
    KeysTest::SetUp();
    if (IsSkipped()) return;
    watched_store = std::make_unique<WatchedStore>(store());
    watched_token = std::make_unique<WatchedToken>(token());
    watched = std::make_unique<TransitKeys>(
        *watched_store, *watched_token, config, [this] { return std::chrono::steady_clock::now() + passed.load(); },
        [this] { return now_us.load(); });
    ASSERT_TRUE(watched->start());
    make("a");
    ASSERT_TRUE(watched->open("a"));
  }
  std::unique_ptr<WatchedStore> watched_store;
  std::unique_ptr<WatchedToken> watched_token;
  std::unique_ptr<TransitKeys> watched;
};

TEST_P(Outages, TheStoreAway) {
  watched_store->away = true;
  passed = seconds(6);
  EXPECT_TRUE(succeeds(watched->open("a"))) << "what is open serves";
  EXPECT_TRUE(watched->cached("a")) << "and the store is left alone for a while";
  EXPECT_TRUE(fails(watched->open("other"), Code::unavailable));
  EXPECT_TRUE(fails(watched->rotate("a"), Code::unavailable));
  EXPECT_TRUE(fails(watched->create("other", {}), Code::unavailable));
  passed = seconds(301);
  EXPECT_TRUE(fails(watched->open("a"), Code::unavailable)) << "but not for ever";
  watched_store->away = false;
  EXPECT_TRUE(succeeds(watched->open("a")));
}

TEST_P(Outages, TheStoreAwayWhenEncryptionsAreCounted) {
  const auto key = must(watched->open("a"));
  ASSERT_TRUE(succeeds(watched->take_use(*key, 1, 1)));
  watched_store->away = true;
  EXPECT_TRUE(succeeds(watched->take_use(*key, 1, 255))) << "what was reserved";
  EXPECT_TRUE(fails(watched->take_use(*key, 1, 1), Code::unavailable));
  watched_store->away = false;
  EXPECT_TRUE(succeeds(watched->take_use(*key, 1, 1)));
}

TEST_P(Outages, TheHsmAway) {
  watched_token->away = true;
  passed = seconds(6);
  EXPECT_TRUE(succeeds(watched->open("a"))) << "a look at the row needs no HSM";
  const auto key = must(watched->open("a"));
  EXPECT_TRUE(succeeds(watched->take_use(*key, 1, 1))) << "nor does counting";
  EXPECT_TRUE(fails(watched->rotate("a"), Code::unavailable));
  EXPECT_TRUE(fails(watched->create("other", {}), Code::unavailable));
  ConfigChange change;
  change.deletion_allowed = true;
  EXPECT_TRUE(succeeds(watched->configure("a", change)));
  passed = seconds(301);
  EXPECT_TRUE(fails(watched->open("a"), Code::unavailable));
  watched_token->away = false;
  EXPECT_TRUE(succeeds(watched->open("a")));
  EXPECT_EQ((*watched->open("a"))->latest(), 1U) << "the rotation that failed left nothing";
}

TEST_P(Outages, WhatWasRotatedElsewhereWaitsForTheHsm) {
  rotated("a");
  watched_token->away = true;
  passed = milliseconds(5'100);
  EXPECT_EQ((*watched->open("a"))->latest(), 1U) << "the older version serves on";
  watched_token->away = false;
  passed = milliseconds(10'300);
  EXPECT_EQ((*watched->open("a"))->latest(), 2U);
}

INSTANTIATE_TEST_SUITE_P(Stores, Outages, ::testing::Values(Kind{"sqlite", make_sqlite_place}),
                         [](const auto& one) { return std::string(one.param.name); });

}  // namespace
}  // namespace sluis::gateway::transit::test
