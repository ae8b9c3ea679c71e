// Plaintext backups: who may have one, and what comes back from it.
#include "gateway/transit/keys/attributes.h"
#include "gateway/transit/keys/backup_text.h"
#include "tests/unit/transit_keys/world.h"

namespace sluis::gateway::transit::test {
namespace {

class Backups : public KeysTest {
 protected:
  TransitKeys::Key make_open(std::string_view name, KeyType type = KeyType::aes256_gcm96) {
    CreateOptions options;
    options.type = type;
    options.exportable = options.allow_plaintext_backup = true;
    return make(name, options);
  }
  SecretBuffer backup(std::string_view name) { return must(keys().backup(name)).text; }
  Result<TransitKeys::Change> restore(std::string_view name, const SecretBuffer& text,
                                      IfExists if_exists = IfExists::refuse) {
    return keys().restore(name, text.expose_text(), if_exists);
  }
};

void expect_same_versions(const TransitKey& a, const TransitKey& b) {
  ASSERT_EQ(a.versions.size(), b.versions.size());
  for (std::size_t i = 0; i < a.versions.size(); ++i) {
    EXPECT_EQ(a.versions[i]->number, b.versions[i]->number);
    EXPECT_EQ(a.versions[i]->created_us, b.versions[i]->created_us);
    EXPECT_TRUE(same_secret(a.versions[i]->key, b.versions[i]->key));
    EXPECT_TRUE(same_secret(a.versions[i]->hmac_key, b.versions[i]->hmac_key));
  }
}

TEST_P(Backups, NeedBothPermissions) {
  make("a");
  EXPECT_TRUE(fails(keys().backup("a"), Code::invalid, "exporting is disallowed on the key"));
  ConfigChange change;
  change.exportable = true;
  configured("a", change);
  EXPECT_TRUE(fails(keys().backup("a"), Code::invalid, "plaintext backup is disallowed on the key"));
  change.allow_plaintext_backup = true;
  configured("a", change);
  const auto backup = keys().backup("a");
  ASSERT_TRUE(succeeds(backup));
  EXPECT_EQ(backup->change.event->action, "keys.backup");
  ASSERT_TRUE(backup->change.key->attributes.backup_info);
  EXPECT_EQ(backup->change.key->attributes.backup_info->time_s, now_us / 1'000'000);
  EXPECT_EQ(backup->change.key->attributes.backup_info->version, 1U);
}

TEST_P(Backups, ComeBackUnderAnotherName) {
  make_open("a");
  rotated("a");
  const auto original = rotated("a");
  const auto change = restore("b", backup("a"));
  ASSERT_TRUE(succeeds(change));
  EXPECT_EQ(change->event->action, "keys.restore");
  EXPECT_EQ(change->event->key, "transit/b");
  EXPECT_NE(change->key->id, original->id);
  expect_same_versions(*original, *change->key);
  ASSERT_TRUE(change->key->attributes.restore_info);
  EXPECT_EQ(change->key->attributes.restore_info->version, 3U);
  EXPECT_EQ(change->key->attributes.backup_info->version, 3U);
  expect_same_versions(*original, *must(new_keys()->open("b")));
}

TEST_P(Backups, ComeBackAfterTheKeyWasDeleted) {
  const auto original = make_open("a");
  ConfigChange change;
  change.deletion_allowed = true;
  configured("a", change);
  const SecretBuffer text = backup("a");
  EXPECT_TRUE(fails(restore("", text), Code::conflict, "key already exists"));
  must(keys().remove("a"));
  const auto restored = restore("", text);
  ASSERT_TRUE(succeeds(restored));
  EXPECT_EQ(restored->key->name, "a");
  expect_same_versions(*original, *restored->key);
}

TEST_P(Backups, HoldVersionsThatMayNotBeUsedButNotTrimmedOnes) {
  make_open("a");
  for (int i = 0; i < 3; ++i) rotated("a");
  ConfigChange change;
  change.min_decryption_version = 3;
  change.min_encryption_version = 3;
  configured("a", change);
  must(keys().trim("a", 2));
  const auto restored = must(restore("b", backup("a"))).key;
  EXPECT_EQ(restored->attributes.min_available_version, 2U);
  EXPECT_EQ(restored->find(2), nullptr);
  change.min_decryption_version = 2;
  EXPECT_NE(must(keys().configure("b", change)).key->find(2), nullptr);
}

TEST_P(Backups, ReplaceAKeyOnlyWhenForced) {
  const auto original = make_open("a");
  const SecretBuffer text = backup("a");
  for (int i = 0; i < 3; ++i) rotated("a");
  EXPECT_TRUE(fails(restore("a", text), Code::conflict));
  const auto replaced = restore("a", text, IfExists::replace);
  ASSERT_TRUE(succeeds(replaced));
  expect_same_versions(*original, *replaced->key);
  EXPECT_EQ(rotated("a")->latest(), 2U) << "as the backup has it";
  EXPECT_EQ(must(new_keys()->open("a"))->versions.size(), 2U);
}

TEST_P(Backups, ReplaceAKeyOfAnotherType) {
  make("a");
  make_open("pair", KeyType::ecdsa_p256);
  const auto replaced = must(restore("a", backup("pair"), IfExists::replace)).key;
  EXPECT_EQ(replaced->attributes.type, KeyType::ecdsa_p256);
  EXPECT_TRUE(replaced->newest().pair);
  EXPECT_EQ(must(must(new_keys()->open("a"))->newest().pair->public_pem()),
            must(must(keys().open("pair"))->newest().pair->public_pem()));
}

TEST_P(Backups, DoNotSetCountsBack) {
  const auto key = make_open("a");
  const SecretBuffer text = backup("a");
  ASSERT_TRUE(keys().take_use(*key, 1, 10'000));
  const std::uint64_t counted = must(keys().open("a"))->attributes.uses.at(1);
  EXPECT_EQ(must(restore("a", text, IfExists::replace)).key->attributes.uses.at(1), counted);
}

TEST_P(Backups, OtherMaterialUnderTheSameNumberIsCountedByItself) {
  make_open("a");
  const SecretBuffer text = backup("a");
  const auto second = rotated("a");
  ASSERT_TRUE(keys().take_use(*second, 2, 1));
  EXPECT_TRUE(keys().use_ready(*second, 2, 255));
  must(restore("a", text, IfExists::replace));
  const auto other = rotated("a");
  ASSERT_EQ(other->latest(), 2U);
  EXPECT_FALSE(keys().use_ready(*other, 2, 1)) << "what was reserved is not for this one";
  EXPECT_TRUE(fails(keys().take_use(*second, 2, 1000), Code::not_found));
  EXPECT_TRUE(succeeds(keys().take_use(*other, 2, 1)));
  EXPECT_EQ(must(keys().open("a"))->attributes.uses.at(2), 256U);
}

TEST_P(Backups, OfEachTypeComeBack) {
  for (int i = 0; i <= static_cast<int>(KeyType::hmac); ++i) {
    const auto type = static_cast<KeyType>(i);
    if (type == KeyType::rsa_4096) continue;  // slow, and no different from rsa-3072
    const std::string name(transit::name(type));
    make_open(name, type);
    EXPECT_TRUE(succeeds(restore(name + ".back", backup(name)))) << name;
  }
}

TEST_P(Backups, WhatDoesNotFitTogetherIsMalformed) {
  make_open("a");
  rotated("a");
  const auto content = [&] { return must(decode_backup(backup("a").expose_text())); };
  const auto refused = [&](BackupContent changed) {
    return fails(restore("b", encode_backup(changed)), Code::invalid, "the backup is malformed");
  };
  const auto with = [&](auto edit) {
    BackupContent changed = content();
    Attributes attributes = must(attributes_of(changed.attributes));
    edit(attributes);
    changed.attributes = must(to_json(attributes));
    return changed;
  };
  EXPECT_TRUE(refused(with([](auto& a) { a.type = KeyType::aes128_gcm96; })));
  EXPECT_TRUE(refused(with([](auto& a) { a.type = KeyType::rsa_2048; })));
  EXPECT_TRUE(refused(with([](auto& a) { a.exportable = false; })));
  EXPECT_TRUE(refused(with([](auto& a) { a.convergent = true; })));
  EXPECT_TRUE(refused(with([](auto& a) { a.min_decryption_version = 3; })));
  EXPECT_TRUE(refused(with([](auto& a) { a.min_available_version = 2; })));
  EXPECT_TRUE(refused(with([](auto& a) { a.auto_rotate_period_s = 5; })));
  BackupContent changed = content();
  changed.attributes = "{}";
  EXPECT_TRUE(refused(std::move(changed)));
  changed = content();
  changed.versions[1].material = must(SecretKey::random(70));
  EXPECT_TRUE(refused(std::move(changed)));
  EXPECT_TRUE(fails(keys().restore("a/b", backup("a").expose_text(), IfExists::refuse), Code::invalid));
  EXPECT_TRUE(fails(keys().open("b"), Code::not_found)) << "nothing of them was kept";
}

INSTANTIATE_TEST_SUITE_P(Stores, Backups,
                         ::testing::Values(Kind{"sqlite", make_sqlite_place}, Kind{"postgresql", make_postgres_place}),
                         [](const auto& one) { return std::string(one.param.name); });

}  // namespace
}  // namespace sluis::gateway::transit::test
