// Keys, their versions, and facts.
#include "tests/contract/store/store_contract.h"

namespace sluis::store {
namespace {

KeyVersion version_of(const KeyId& id, std::uint32_t version) {
  return {id,          version, KeyState::active, 1, std::uint64_t{1'700'000'000'000'000} + version, bytes("wrapped"),
          bytes("mac")};
}

Key key(std::string_view name, std::uint8_t first_byte) {
  Key made;
  made.name = name;
  made.id.fill(0xee);
  made.id[0] = first_byte;
  made.created_us = 1'700'000'000'000'000;
  made.attributes = R"({"use":"records"})";
  made.revision = 1;
  made.mac = Bytes(32, 7);
  made.versions = {version_of(made.id, 1)};
  return made;
}

void expect_same_key(const Key& stored, const Key& written) {
  EXPECT_EQ(stored.name, written.name);
  EXPECT_EQ(stored.id, written.id);
  EXPECT_EQ(stored.created_us, written.created_us);
  EXPECT_EQ(stored.attributes, written.attributes);
  EXPECT_EQ(stored.revision, written.revision);
  EXPECT_EQ(stored.due_us, written.due_us);
  EXPECT_EQ(stored.mac, written.mac);
  ASSERT_EQ(stored.versions.size(), written.versions.size());
  for (std::size_t i = 0; i < written.versions.size(); ++i) {
    const KeyVersion& a = stored.versions[i];
    const KeyVersion& b = written.versions[i];
    EXPECT_TRUE(a.key_id == b.key_id && a.version == b.version && a.state == b.state &&
                a.master_version == b.master_version && a.created_us == b.created_us && a.wrapped == b.wrapped &&
                a.mac == b.mac)
        << "version " << b.version;
  }
}

TEST_P(StoreContract, KeepsAKeyWithItsVersions) {
  Key written = key("records/diplomas", 1);
  written.versions.push_back(version_of(written.id, 2));
  ASSERT_TRUE(succeeds(store->create_key(written)));
  auto by_name = store->get_key("records/diplomas");
  ASSERT_TRUE(succeeds(by_name));
  expect_same_key(*by_name, written);
  auto by_id = store->get_key(written.id);
  ASSERT_TRUE(succeeds(by_id));
  expect_same_key(*by_id, written);
  Key bare = key("bare", 2);
  bare.versions.clear();
  ASSERT_TRUE(succeeds(store->create_key(bare)));
  expect_same_key(*store->get_key("bare"), bare);
  EXPECT_TRUE(fails_with(store->get_key("none"), Code::not_found));
  EXPECT_TRUE(fails_with(store->get_key(KeyId{}), Code::not_found));
}

TEST_P(StoreContract, KeyNamesAndIdsAreUnique) {
  ASSERT_TRUE(succeeds(store->create_key(key("a", 1))));
  EXPECT_TRUE(fails_with(store->create_key(key("a", 2)), Code::conflict));
  EXPECT_TRUE(fails_with(store->create_key(key("b", 1)), Code::conflict));
  EXPECT_TRUE(fails_with(store->get_key("b"), Code::not_found));
  EXPECT_TRUE(succeeds(store->create_key(key("b", 2))));
}

TEST_P(StoreContract, AKeyMovesByCompareAndSet) {
  Key moved = key("a", 1);
  EXPECT_TRUE(fails_with(store->update_key(
                             [&] {
                               auto k = moved;
                               k.revision = 2;
                               return k;
                             }(),
                             1),
                         Code::not_found));
  ASSERT_TRUE(succeeds(store->create_key(moved)));
  moved.revision = 2;
  moved.attributes = "{}";
  moved.mac = Bytes(32, 9);
  moved.versions = {version_of(moved.id, 2)};
  ASSERT_TRUE(succeeds(store->update_key(moved, 1)));
  EXPECT_TRUE(fails_with(store->update_key(moved, 1), Code::conflict));
  moved.revision = 3;
  moved.versions = {version_of(moved.id, 1)};
  moved.versions[0].state = KeyState::destroyed;
  moved.versions[0].wrapped.clear();
  moved.versions[0].mac = bytes("new mac");
  ASSERT_TRUE(succeeds(store->update_key(moved, 2)));
  moved.versions.push_back(version_of(moved.id, 2));
  expect_same_key(*store->get_key("a"), moved);
  EXPECT_TRUE(fails_with(store->update_key(moved, 3), Code::invalid)) << "the revision must grow";
}

TEST_P(StoreContract, ARemovedKeyLeavesNothing) {
  Key gone = key("a", 1);
  gone.versions.push_back(version_of(gone.id, 2));
  EXPECT_TRUE(fails_with(store->remove_key("a", gone.id, 1), Code::not_found));
  ASSERT_TRUE(succeeds(store->create_key(gone)));
  ASSERT_TRUE(succeeds(store->create_key(key("b", 2))));
  EXPECT_TRUE(fails_with(store->remove_key("a", gone.id, 2), Code::conflict));
  EXPECT_TRUE(fails_with(store->remove_key("a", key("b", 2).id, 1), Code::conflict));
  EXPECT_EQ(store->get_key("a")->versions.size(), 2U);
  ASSERT_TRUE(succeeds(store->remove_key("a", gone.id, 1)));
  EXPECT_TRUE(fails_with(store->get_key("a"), Code::not_found));
  EXPECT_TRUE(fails_with(store->get_key(gone.id), Code::not_found));
  EXPECT_EQ(place->ask("select count(*) from key_versions"), 1) << "that of the other key";
  EXPECT_TRUE(succeeds(store->create_key(key("a", 3)))) << "the name is free again";
}

TEST_P(StoreContract, ListsTheKeysThatAreDue) {
  std::uint8_t id = 0;
  for (const std::uint64_t due : {0, 300, 100, 200, 200}) {
    Key one = key("k" + std::to_string(id), id);
    one.due_us = due;
    ++id;
    ASSERT_TRUE(succeeds(store->create_key(one)));
    EXPECT_EQ(store->get_key(one.name)->due_us, due);
  }
  using Names = std::vector<std::string>;
  EXPECT_EQ(*store->list_keys_due(99, 9), Names{});
  EXPECT_EQ(*store->list_keys_due(200, 9), (Names{"k2", "k3", "k4"}));
  EXPECT_EQ(*store->list_keys_due(~std::uint64_t{0}, 2), (Names{"k2", "k3"}));
  Key moved = *store->get_key("k2");
  moved.due_us = 400;
  moved.revision = 2;
  ASSERT_TRUE(succeeds(store->update_key(moved, 1)));
  EXPECT_EQ(*store->list_keys_due(300, 9), (Names{"k3", "k4", "k1"}));
  moved.due_us = 0;
  moved.revision = 3;
  ASSERT_TRUE(succeeds(store->update_key(moved, 2)));
  EXPECT_EQ(store->list_keys_due(1000, 9)->size(), 3U);
  moved.due_us = ~std::uint64_t{0};
  moved.revision = 4;
  EXPECT_TRUE(fails_with(store->update_key(moved, 3), Code::invalid));
}

TEST_P(StoreContract, ListsKeysByPrefixInPages) {
  std::uint8_t id = 0;
  for (const char* name : {"transit/b", "records/a", "transit/a", "transit", "transit/ç", "transit0", "transit/%"}) {
    ASSERT_TRUE(succeeds(store->create_key(key(name, ++id))));
  }
  using Names = std::vector<std::string>;
  EXPECT_EQ(*store->list_keys("transit/", "", 9), (Names{"transit/%", "transit/a", "transit/b", "transit/ç"}));
  EXPECT_EQ(*store->list_keys("transit/", "transit/a", 1), (Names{"transit/b"}));
  EXPECT_EQ(store->list_keys("", "", 9)->size(), 7U);
  EXPECT_EQ(*store->list_keys("%", "", 9), Names{});
  EXPECT_EQ(*store->list_keys("records/", "transit", 9), Names{});
}

TEST_P(StoreContract, AnUnknownKeyStateIsDamage) {
  ASSERT_TRUE(succeeds(store->create_key(key("a", 1))));
  place->run("update key_versions set state = 9");
  EXPECT_TRUE(fails_with(store->get_key("a"), Code::corrupt));
}

TEST_P(StoreContract, FactsMoveByCompareAndSet) {
  EXPECT_TRUE(fails_with(store->get_fact("origin"), Code::not_found));
  EXPECT_TRUE(fails_with(store->put_fact("origin", bytes("b"), bytes("a")), Code::conflict));
  ASSERT_TRUE(succeeds(store->put_fact("origin", bytes("a"), std::nullopt)));
  EXPECT_TRUE(fails_with(store->put_fact("origin", bytes("b"), std::nullopt), Code::conflict));
  EXPECT_TRUE(fails_with(store->put_fact("origin", bytes("c"), bytes("b")), Code::conflict));
  ASSERT_TRUE(succeeds(store->put_fact("origin", bytes("b"), bytes("a"))));
  EXPECT_EQ(*store->get_fact("origin"), bytes("b"));
  ASSERT_TRUE(succeeds(store->put_fact("origin", {}, bytes("b"))));
  ASSERT_TRUE(succeeds(store->put_fact("origin", Bytes(70'000, 3), Bytes{})));
  EXPECT_EQ(store->get_fact("origin")->size(), 70'000U);
}

TEST_P(StoreContract, KeysComeInPagesOfWholeKeys) {
  for (int i = 0; i < 7; ++i) {
    Key one = key("records/k" + std::to_string(i), static_cast<std::uint8_t>(10 + i));
    if (i % 2 == 0) one.versions.push_back(version_of(one.id, 2));
    ASSERT_TRUE(succeeds(store->create_key(one)));
  }
  Key bare = key("records/k3a", 90);
  bare.versions.clear();
  ASSERT_TRUE(succeeds(store->create_key(bare)));
  ASSERT_TRUE(succeeds(store->create_key(key("transit/x", 91))));
  std::vector<std::string> names;
  std::string after;
  for (bool more = true; more;) {
    const auto page = store->scan_keys("records/", after, 3);
    ASSERT_TRUE(succeeds(page));
    ASSERT_FALSE(page->keys.empty());
    EXPECT_LE(page->keys.size(), 3U);
    for (const Key& one : page->keys) {
      names.push_back(one.name);
      expect_same_key(*store->get_key(one.name), one);
    }
    after = names.back();
    more = page->more;
  }
  EXPECT_EQ(names, (std::vector<std::string>{"records/k0", "records/k1", "records/k2", "records/k3", "records/k3a",
                                             "records/k4", "records/k5", "records/k6"}));
  EXPECT_EQ(store->scan_keys("", "", 100)->keys.size(), 9U);
  EXPECT_FALSE(store->scan_keys("records/", "records/k6", 3)->more);
  EXPECT_TRUE(store->scan_keys("none/", "", 3)->keys.empty());
}

TEST_P(StoreContract, APageOfKeysEndsWhereTheirAttributesAreLarge) {
  for (int i = 0; i < 40; ++i) {
    Key one = key("big/" + std::to_string(10 + i), static_cast<std::uint8_t>(10 + i));
    one.attributes = "{\"x\":\"" + std::string(std::size_t{1} << 19U, 'x') + "\"}";
    ASSERT_TRUE(succeeds(store->create_key(one)));
  }
  const auto page = store->scan_keys("big/", "", 100);
  ASSERT_TRUE(succeeds(page));
  EXPECT_TRUE(page->more);
  EXPECT_EQ(page->keys.size(), 32U) << "the one that reaches the limit is the last";
  const auto rest = store->scan_keys("big/", page->keys.back().name, 100);
  ASSERT_TRUE(succeeds(rest));
  EXPECT_EQ(rest->keys.size(), 8U);
  EXPECT_FALSE(rest->more);
}

TEST_P(StoreContract, ManyKeysMoveEachByItsOwnRevision) {
  std::vector<Key> keys;
  for (int i = 0; i < 5; ++i) {
    keys.push_back(key("k" + std::to_string(i), static_cast<std::uint8_t>(10 + i)));
    keys.back().versions.push_back(version_of(keys.back().id, 2));
    ASSERT_TRUE(succeeds(store->create_key(keys.back())));
  }
  for (Key& one : keys) {
    one.revision = 2;
    one.mac = Bytes(32, 9);
    one.due_us = 5;
    one.attributes = "{}";
    one.versions[1].master_version = 7;
    one.versions[1].wrapped = bytes("rewrapped");
  }
  Key overtaken = *store->get_key("k1");
  overtaken.revision = 9;
  ASSERT_TRUE(succeeds(store->update_key(overtaken, 1)));
  Key gone = key("gone", 99);
  gone.revision = 2;
  Key renamed = keys[3];
  renamed.name = "other";
  const std::vector<KeyUpdate> updates{{&keys[0], 1}, {&keys[1], 1}, {&gone, 1}, {&renamed, 1}, {&keys[4], 1}};
  const auto lost = store->update_keys(updates);
  ASSERT_TRUE(succeeds(lost));
  EXPECT_EQ(*lost, (std::vector<std::size_t>{1, 2, 3}));
  expect_same_key(*store->get_key("k0"), keys[0]);
  expect_same_key(*store->get_key("k4"), keys[4]);
  expect_same_key(*store->get_key("k1"), overtaken);
  EXPECT_EQ(store->get_key("k3")->revision, 1U);
  EXPECT_EQ(store->get_key("k3")->versions[1].master_version, 1U);
  EXPECT_TRUE(fails_with(store->get_key("gone"), Code::not_found));
  EXPECT_TRUE(store->update_keys({})->empty());
  EXPECT_TRUE(fails_with(store->update_keys(std::vector<KeyUpdate>{{&keys[2], 2}}), Code::invalid)) << "must grow";
}

}  // namespace
}  // namespace sluis::store
