#include "gateway/transit/keys/key_cache.h"

#include <gtest/gtest.h>

namespace sluis::gateway::transit::test {
namespace {

using std::chrono::seconds;

const CachedKey::Time kStart{};

KeyCache::Entry entry(std::uint64_t revision = 1, seconds checked = seconds(0), std::uint8_t id = 0) {
  auto key = std::make_shared<TransitKey>();
  key->revision = revision;
  key->id[0] = id;
  auto made = std::make_shared<CachedKey>();
  made->key = std::move(key);
  made->expires = kStart + seconds(100);
  made->checked = kStart + checked;
  return made;
}

TEST(KeyCache, HoldsNoMoreThanItMay) {
  KeyCache cache(3);
  for (int i = 0; i < 50; ++i) {
    cache.put("key" + std::to_string(i), entry());
    EXPECT_LE(cache.size(), 3U);
    EXPECT_TRUE(cache.find("key" + std::to_string(i))) << "the newest is there";
  }
}

TEST(KeyCache, MayBeMadeSmaller) {
  KeyCache cache(9);
  for (int i = 0; i < 9; ++i) cache.put("key" + std::to_string(i), entry());
  cache.keep_at_most(2);
  EXPECT_EQ(cache.size(), 2U);
  cache.put("more", entry());
  EXPECT_EQ(cache.size(), 2U);
  cache.keep_at_most(0);
  EXPECT_EQ(cache.size(), 1U);
}

TEST(KeyCache, WhatIsInUseStays) {
  KeyCache cache(8);
  cache.put("hot", entry());
  for (int i = 0; i < 100; ++i) {
    cache.put("key" + std::to_string(i), entry());
    EXPECT_TRUE(cache.find("hot")) << i;
  }
  EXPECT_EQ(cache.size(), 8U);
}

TEST(KeyCache, AnOlderReadDoesNotReplaceAChange) {
  KeyCache cache(8);
  cache.put("a", entry(6, seconds(10)));
  cache.put("a", entry(5, seconds(9)));
  EXPECT_EQ(cache.find("a")->key->revision, 6U);
  cache.put("a", entry(7, seconds(9)));
  EXPECT_EQ(cache.find("a")->key->revision, 7U);
  cache.put("a", entry(2, seconds(11)));
  EXPECT_EQ(cache.find("a")->key->revision, 2U) << "the row was read later: a restored store";
  cache.put("a", entry(1, seconds(1), 9));
  EXPECT_EQ(cache.find("a")->key->id[0], 9) << "another key of that name";
}

TEST(KeyCache, PurgesWhatHasExpired) {
  KeyCache cache(8);
  const KeyCache::Entry kept = entry();
  const std::weak_ptr<const TransitKey> key = kept->key;
  cache.put("a", kept);
  cache.purge(kStart + seconds(99));
  EXPECT_EQ(cache.size(), 1U);
  cache.purge(kStart + seconds(100));
  EXPECT_EQ(cache.size(), 0U);
  EXPECT_FALSE(cache.find("a"));
  cache.put("b", entry());
  cache.erase("b");
  cache.erase("b");
  EXPECT_EQ(cache.size(), 0U);
}

}  // namespace
}  // namespace sluis::gateway::transit::test
