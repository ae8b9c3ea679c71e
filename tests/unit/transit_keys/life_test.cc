// Keys made and opened: by whoever made them, by other gateways, after a restart, while parts are away.
#include <set>

#include "tests/unit/transit_keys/world.h"

namespace sluis::gateway::transit::test {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

class Life : public KeysTest {};

TEST_P(Life, AKeyOfEachTypeIsMadeAndOpensElsewhere) {
  for (int i = 0; i <= static_cast<int>(KeyType::hmac); ++i) {
    const auto type = static_cast<KeyType>(i);
    CreateOptions options;
    options.type = type;
    const std::string name(transit::name(type));
    const auto made = keys().create(name, options);
    ASSERT_TRUE(succeeds(made)) << name;
    ASSERT_TRUE(made->event);
    EXPECT_EQ(made->event->action, "keys.create");
    EXPECT_EQ(made->event->key, "transit/" + name);
    const TransitKeys::Key key = made->key;
    EXPECT_EQ(key->name, name);
    EXPECT_EQ(key->latest(), 1U);
    const auto theirs = new_keys()->open(name);
    ASSERT_TRUE(succeeds(theirs));
    const KeyVersion& mine = key->newest();
    const KeyVersion& other = (*theirs)->newest();
    EXPECT_TRUE(same_secret(mine.hmac_key, other.hmac_key)) << name;
    EXPECT_EQ(mine.hmac_key.size(), 32U);
    EXPECT_EQ(mine.pair.has_value(), is_asymmetric(type)) << name;
    EXPECT_EQ(mine.key.empty(), is_asymmetric(type)) << name;
    const bool same_key =
        mine.pair ? must(mine.pair->public_pem()) == must(other.pair->public_pem()) : same_secret(mine.key, other.key);
    EXPECT_TRUE(same_key) << name;
    const std::size_t size = type == KeyType::aes128_gcm96 ? 16 : 32;
    EXPECT_EQ(mine.key.size(), is_asymmetric(type) ? 0 : size) << name;
    EXPECT_EQ(type == KeyType::hmac, !mine.pair && same_secret(mine.key, mine.hmac_key)) << name;
  }
}

TEST_P(Life, HmacKeysHaveTheirSize) {
  CreateOptions options;
  options.type = KeyType::hmac;
  EXPECT_EQ(make("small", options)->newest().key.size(), 32U);
  options.key_size = 512;
  EXPECT_EQ(make("large", options)->newest().key.size(), 512U);
  EXPECT_EQ(rotated("large")->newest().key.size(), 512U);
  for (const std::uint32_t size : {1U, 31U, 513U}) {
    options.key_size = size;
    EXPECT_TRUE(fails(keys().create("wrong", options), Code::invalid)) << size;
  }
}

TEST_P(Life, WhatCannotBeMadeIsRefused) {
  const auto refused = [&](auto edit) {
    CreateOptions options;
    edit(options);
    return fails(keys().create("a", options), Code::invalid);
  };
  EXPECT_TRUE(refused([](auto& o) { o.convergent = true; })) << "convergent needs derived";
  EXPECT_TRUE(refused([](auto& o) { o.key_size = 32; }));
  EXPECT_TRUE(refused([](auto& o) {
    o.type = KeyType::rsa_2048;
    o.derived = true;
  }));
  EXPECT_TRUE(refused([](auto& o) {
    o.type = KeyType::ed25519;
    o.derived = o.convergent = true;
  }));
  EXPECT_TRUE(refused([](auto& o) { o.auto_rotate_period_s = 3599; }));
  EXPECT_TRUE(refused([](auto& o) { o.auto_rotate_period_s = ~std::uint64_t{0}; }));
  EXPECT_TRUE(fails(keys().create("a/b", {}), Code::invalid));
  EXPECT_TRUE(fails(keys().create("", {}), Code::invalid));
  EXPECT_TRUE(fails(keys().open("a"), Code::not_found)) << "nothing was made";
  EXPECT_TRUE(fails(keys().open("a/b"), Code::not_found));
  EXPECT_TRUE(keys().names("", "", 9)->empty());
}

TEST_P(Life, MakingAKeyAgainLeavesItAsItIs) {
  CreateOptions options;
  options.exportable = true;
  const auto first = make("a", options);
  options.exportable = false;
  const auto second = keys().create("a", options);
  ASSERT_TRUE(succeeds(second));
  EXPECT_EQ(second->key->id, first->id);
  EXPECT_TRUE(second->key->attributes.exportable);
  EXPECT_FALSE(second->event);
  EXPECT_EQ(second->warnings, std::vector<std::string>{"key a already existed"});
  options.type = KeyType::aes128_gcm96;
  const auto third = keys().create("a", options);
  ASSERT_TRUE(succeeds(third));
  EXPECT_EQ(third->key->attributes.type, KeyType::aes256_gcm96);
  EXPECT_EQ(third->warnings, second->warnings);
}

TEST_P(Life, KeysDifferFromEachOther) {
  const auto a = make("a");
  const auto b = make("b");
  EXPECT_FALSE(same_secret(a->newest().key, b->newest().key));
  EXPECT_FALSE(same_secret(a->newest().key, a->newest().hmac_key));
  const auto again = rotated("a");
  EXPECT_FALSE(same_secret(a->newest().key, again->newest().key));
  EXPECT_FALSE(same_secret(a->newest().hmac_key, again->newest().hmac_key));
  EXPECT_TRUE(same_secret(a->newest().key, again->find(1)->key));
}

TEST_P(Life, AnotherGatewaysChangeIsSeenWhenTheRowHasBeenBelievedLongEnough) {
  make("a");
  const auto other = new_keys();
  ASSERT_TRUE(other->open("a"));
  rotated("a");
  EXPECT_EQ((*other->open("a"))->latest(), 1U);
  EXPECT_TRUE(other->cached("a"));
  passed = milliseconds(4'000);
  EXPECT_FALSE(other->cached("a")) << "a call that may not block leaves it to one that may";
  EXPECT_EQ((*other->open("a"))->latest(), 2U);
  EXPECT_TRUE(other->cached("a"));
}

TEST_P(Life, ACiphertextOfANewVersionMakesItLookAtOnce) {
  make("a");
  const auto other = new_keys();
  ASSERT_TRUE(other->open("a"));
  rotated("a");
  EXPECT_EQ((*other->open_for("a", 1))->latest(), 1U) << "no reason to look";
  EXPECT_EQ((*other->open_for("a", 2))->latest(), 2U);
  rotated("a");
  EXPECT_EQ((*other->open_for("a", 3))->latest(), 3U)
      << "a look that found what it was for does not keep others from it";
  EXPECT_EQ((*other->open_for("a", 9))->find(9), nullptr);
  rotated("a");
  EXPECT_EQ((*other->open_for("a", 4))->latest(), 3U) << "after one in vain, not for a second";
  passed = milliseconds(1'100);
  EXPECT_EQ((*other->open_for("a", 4))->latest(), 4U);
}

TEST_P(Life, OpenMaterialIsGivenUpWhenItsTimeEnds) {
  make("a");
  const std::weak_ptr<const KeyVersion> version = keys().open("a").operator*()->versions.back();
  passed = seconds(200);
  ASSERT_TRUE(keys().open("a"));
  EXPECT_FALSE(version.expired()) << "a look at the row takes the open version over";
  keys().purge();
  EXPECT_EQ(keys().cached_keys(), 1U);
  passed = seconds(301);
  keys().purge();
  EXPECT_EQ(keys().cached_keys(), 0U);
  EXPECT_TRUE(version.expired()) << "and its end with it";
  EXPECT_TRUE(keys().open("a"));
}

TEST_P(Life, FewKeysAreOpenAtATime) {
  config.cache_keys = 4;
  const auto few = new_keys();
  for (int i = 0; i < 12; ++i) {
    ASSERT_TRUE(few->create("key" + std::to_string(i), {}));
    EXPECT_LE(few->cached_keys(), 4U);
  }
  for (int i = 0; i < 12; ++i) EXPECT_TRUE(few->open("key" + std::to_string(i)));
  EXPECT_EQ(few->cached_keys(), 4U);
}

TEST_P(Life, NamesComeInPages) {
  for (const char* name : {"b", "a.1", "a.2", "c", "a.3"}) make(name);
  must(keys().wrapping_key());
  using Names = std::vector<std::string>;
  EXPECT_EQ(*keys().names("", "", 100), (Names{"a.1", "a.2", "a.3", "b", "c"})) << "the wrapping key is not among them";
  EXPECT_EQ(*keys().names("a.", "", 2), (Names{"a.1", "a.2"}));
  EXPECT_EQ(*keys().names("a.", "a.2", 2), Names{"a.3"});
  EXPECT_EQ(*keys().names("", "b", 100), Names{"c"});
}

TEST_P(Life, NothingIsDoneToAKeyThatIsNotThere) {
  EXPECT_TRUE(fails(keys().open("a"), Code::not_found));
  EXPECT_TRUE(fails(keys().rotate("a"), Code::not_found));
  EXPECT_TRUE(fails(keys().preview_rotate("a"), Code::not_found));
  EXPECT_TRUE(fails(keys().configure("a", {}), Code::not_found));
  EXPECT_TRUE(fails(keys().trim("a", 1), Code::not_found));
  EXPECT_TRUE(fails(keys().preview_trim("a", 1), Code::not_found));
  EXPECT_TRUE(fails(keys().remove("a"), Code::not_found));
  EXPECT_TRUE(fails(keys().soft_delete("a"), Code::not_found));
  EXPECT_TRUE(fails(keys().backup("a"), Code::not_found));
  EXPECT_FALSE(keys().cached("a"));
}

INSTANTIATE_TEST_SUITE_P(Stores, Life,
                         ::testing::Values(Kind{"sqlite", make_sqlite_place}, Kind{"postgresql", make_postgres_place}),
                         [](const auto& one) { return std::string(one.param.name); });

}  // namespace
}  // namespace sluis::gateway::transit::test
