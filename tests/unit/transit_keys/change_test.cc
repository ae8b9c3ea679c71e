// Rotation, configuration, trimming and the end of keys: what each does and what it refuses.
#include <openssl/bio.h>
#include <openssl/pem.h>
#include <openssl/x509.h>

#include "tests/unit/transit_keys/world.h"

namespace sluis::gateway::transit::test {
namespace {

class Changes : public KeysTest {
 protected:
  void make_with_versions(std::string_view name, std::uint32_t versions) {
    make(name);
    for (std::uint32_t i = 1; i < versions; ++i) rotated(name);
  }
  ::testing::AssertionResult refuses(const ConfigChange& change, std::string_view what = {}) {
    return fails(keys().configure("a", change), Code::invalid, what);
  }
};

ConfigChange minima(std::optional<std::int64_t> decryption, std::optional<std::int64_t> encryption) {
  ConfigChange change;
  change.min_decryption_version = decryption;
  change.min_encryption_version = encryption;
  return change;
}

// A certificate for the pair that the pair itself has signed, PEM.
std::string self_signed(const PrivateKey& pair) {
  const SecretKey der = must(pair.to_pkcs8());
  const unsigned char* at = der.expose_secret().data();
  EVP_PKEY* key = d2i_AutoPrivateKey(nullptr, &at, static_cast<long>(der.size()));
  X509* certificate = X509_new();
  X509_gmtime_adj(X509_getm_notBefore(certificate), 0);
  X509_gmtime_adj(X509_getm_notAfter(certificate), 3600);
  X509_set_pubkey(certificate, key);
  if (X509_sign(certificate, key, EVP_sha256()) == 0) throw std::runtime_error("no certificate");
  BIO* out = BIO_new(BIO_s_mem());
  PEM_write_bio_X509(out, certificate);
  char* text = nullptr;
  const long size = BIO_get_mem_data(out, &text);
  std::string pem(text, static_cast<std::size_t>(size));
  BIO_free(out);
  X509_free(certificate);
  EVP_PKEY_free(key);
  return pem;
}

TEST_P(Changes, ARotationAddsAVersionAndSaysSo) {
  make("a");
  const auto change = keys().rotate("a");
  ASSERT_TRUE(succeeds(change));
  EXPECT_EQ(change->key->latest(), 2U);
  EXPECT_EQ(change->key->versions.size(), 2U);
  ASSERT_TRUE(change->event);
  EXPECT_EQ(change->event->action, "keys.rotate");
  EXPECT_EQ(change->event->key, "transit/a");
  EXPECT_EQ(change->event->key_version, 2U);
  EXPECT_EQ((*new_keys()->open("a"))->latest(), 2U);
}

TEST_P(Changes, AnRsaKeyRotates) {
  CreateOptions options;
  options.type = KeyType::rsa_2048;
  const auto before = make("a", options);
  const auto after = rotated("a");
  EXPECT_EQ(must(before->newest().pair->public_pem()), must(after->find(1)->pair->public_pem()));
  EXPECT_NE(must(before->newest().pair->public_pem()), must(after->find(2)->pair->public_pem()));
}

TEST_P(Changes, APreviewChangesNothing) {
  make_with_versions("a", 3);
  const auto rotation = must(keys().preview_rotate("a"));
  EXPECT_EQ(rotation.effects.front(), "version 4 is made");
  EXPECT_TRUE(rotation.breakage.empty());
  EXPECT_TRUE(fails(keys().preview_trim("a", 2), Code::invalid)) << "as the trim itself";
  configured("a", minima(3, 3));
  const auto trimming = must(keys().preview_trim("a", 3));
  EXPECT_EQ(trimming.effects.size(), 2U);
  EXPECT_EQ(trimming.breakage.size(), 2U);
  const auto key = must(new_keys()->open("a"));
  EXPECT_EQ(key->latest(), 3U);
  EXPECT_EQ(key->attributes.min_available_version, 0U);
  EXPECT_EQ(configured("a", minima(1, 3))->versions.size(), 3U);
}

TEST_P(Changes, MinimaObeyTheirRules) {
  make_with_versions("a", 4);
  EXPECT_TRUE(refuses(minima(-1, {}), "min decryption version cannot be negative"));
  EXPECT_TRUE(refuses(minima({}, -1), "min encryption version cannot be negative"));
  EXPECT_TRUE(refuses(minima(5, {})));
  EXPECT_TRUE(refuses(minima({}, 5)));
  EXPECT_TRUE(refuses(minima(std::int64_t{1} << 40, {})));
  EXPECT_TRUE(refuses(minima(3, 2)));
  const auto key = configured("a", minima(2, 3));
  EXPECT_EQ(key->attributes.min_decryption_version, 2U);
  EXPECT_EQ(key->attributes.min_encryption_version, 3U);
  EXPECT_EQ(key->find(1), nullptr) << "what must not be used is not opened";
  EXPECT_NE(key->find(2), nullptr);
  EXPECT_TRUE(refuses(minima(4, {}))) << "over the encryption minimum";
  EXPECT_EQ(configured("a", minima({}, 0))->attributes.min_encryption_version, 0U);
  const auto zero = keys().configure("a", minima(0, {}));
  ASSERT_TRUE(succeeds(zero));
  EXPECT_EQ(zero->key->attributes.min_decryption_version, 1U);
  EXPECT_EQ(zero->warnings.size(), 1U);
  EXPECT_NE(zero->key->find(1), nullptr) << "and back again";
}

TEST_P(Changes, WhatChangedIsInTheEvent) {
  make_with_versions("a", 2);
  ConfigChange change = minima(2, {});
  change.deletion_allowed = true;
  const auto changed = must(keys().configure("a", change));
  ASSERT_TRUE(changed.event);
  EXPECT_EQ(changed.event->action, "keys.config");
  EXPECT_EQ(changed.event->payload.detail, "min_decryption_version 1 -> 2, deletion_allowed 0 -> 1");
  const std::uint64_t revision = changed.key->revision;
  const auto again = must(keys().configure("a", change));
  EXPECT_FALSE(again.event) << "nothing changed";
  EXPECT_EQ(again.key->revision, revision);
}

TEST_P(Changes, SomeThingsAreOneWay) {
  make("a");
  ConfigChange on;
  on.exportable = on.allow_plaintext_backup = on.purpose_required = on.case_required = true;
  const auto key = configured("a", on);
  EXPECT_TRUE(key->attributes.exportable && key->attributes.allow_plaintext_backup);
  EXPECT_TRUE(key->attributes.purpose_required && key->attributes.case_required);
  ConfigChange off;
  off.exportable = off.allow_plaintext_backup = off.purpose_required = off.case_required = false;
  const auto after = must(keys().configure("a", off));
  EXPECT_TRUE(after.key->attributes.exportable && after.key->attributes.allow_plaintext_backup);
  EXPECT_FALSE(after.key->attributes.purpose_required || after.key->attributes.case_required);
  EXPECT_EQ(after.warnings.size(), 2U);
}

TEST_P(Changes, AutoRotationIsOffOrAtLeastAnHour) {
  make("a");
  ConfigChange change;
  for (const std::uint64_t period : {1, 3599}) {
    change.auto_rotate_period_s = period;
    EXPECT_TRUE(refuses(change, "auto rotate period must be 0 to disable or at least an hour")) << period;
  }
  change.auto_rotate_period_s = 3600;
  const auto key = configured("a", change);
  EXPECT_EQ(key->due_us, now_us + 3'600'000'000);
  change.auto_rotate_period_s = 0;
  EXPECT_EQ(configured("a", change)->due_us, 0U);
}

TEST_P(Changes, TrimmingObeysItsRules) {
  make_with_versions("a", 4);
  const auto refused = [&](std::int64_t version, std::string_view what) {
    return fails(keys().trim("a", version), Code::invalid, what);
  };
  EXPECT_TRUE(refused(2, "minimum available version cannot be set when minimum encryption version is not set"));
  configured("a", minima(2, 3));
  EXPECT_TRUE(refused(-1, "minimum available version cannot be negative"));
  EXPECT_TRUE(refused(0, "minimum available version should be positive"));
  EXPECT_TRUE(refused(3, "minimum available version cannot be greater than minimum decryption version"));
  EXPECT_TRUE(refused(4, "minimum available version cannot be greater than minimum encryption version"));
  const auto trimmed = keys().trim("a", 2);
  ASSERT_TRUE(succeeds(trimmed));
  EXPECT_EQ(trimmed->key->attributes.min_available_version, 2U);
  ASSERT_TRUE(trimmed->event);
  EXPECT_EQ(trimmed->event->action, "keys.trim");
  EXPECT_TRUE(refused(1, "minimum available version cannot be decremented"));
  EXPECT_FALSE(must(keys().trim("a", 2)).event);
  EXPECT_TRUE(refuses(minima(1, {}), "min decryption version should not be less than min available version"));
  const auto row = must(store().get_key("transit/a"));
  EXPECT_EQ(row.versions[0].state, store::KeyState::destroyed);
  EXPECT_TRUE(row.versions[0].wrapped.empty()) << "its material is gone";
  EXPECT_FALSE(row.versions[1].wrapped.empty());
  EXPECT_EQ(rotated("a")->latest(), 5U);
}

TEST_P(Changes, DeletionHasToBeAllowed) {
  make("a");
  EXPECT_TRUE(fails(keys().remove("a"), Code::conflict, "deletion is not allowed for this key"));
  ConfigChange change;
  change.deletion_allowed = true;
  const auto before = configured("a", change);
  const auto removed = keys().remove("a");
  ASSERT_TRUE(succeeds(removed));
  EXPECT_EQ(removed->event->action, "keys.delete");
  EXPECT_EQ(removed->event->payload.detail, "id " + to_hex(before->id));
  EXPECT_TRUE(fails(keys().open("a"), Code::not_found));
  const auto again = make("a");
  EXPECT_NE(again->id, before->id);
  EXPECT_FALSE(same_secret(again->newest().key, before->newest().key));
}

TEST_P(Changes, ASoftDeletedKeyIsLeftAloneUntilItIsRestored) {
  CreateOptions options;
  options.auto_rotate_period_s = 7200;
  make("a", options);
  const auto deleted = keys().soft_delete("a");
  ASSERT_TRUE(succeeds(deleted));
  EXPECT_EQ(deleted->event->action, "keys.soft_delete");
  EXPECT_EQ(deleted->key->due_us, 0U) << "nor does it rotate by itself";
  EXPECT_FALSE(must(keys().soft_delete("a")).event);
  EXPECT_TRUE((*keys().open("a"))->attributes.soft_deleted);
  EXPECT_TRUE(fails(keys().rotate("a"), Code::invalid, "the key is soft-deleted"));
  EXPECT_TRUE(fails(keys().preview_rotate("a"), Code::invalid));
  EXPECT_TRUE(fails(keys().trim("a", 1), Code::invalid));
  ConfigChange change;
  change.deletion_allowed = true;
  EXPECT_TRUE(succeeds(keys().configure("a", change))) << "so that it can be deleted";
  const auto restored = keys().soft_restore("a");
  ASSERT_TRUE(succeeds(restored));
  EXPECT_EQ(restored->event->action, "keys.soft_restore");
  EXPECT_NE(restored->key->due_us, 0U);
  EXPECT_FALSE(must(keys().soft_restore("a")).event);
  EXPECT_TRUE(succeeds(keys().rotate("a")));
}

TEST_P(Changes, CertificatesAreForTheirOwnKeys) {
  CreateOptions options;
  options.type = KeyType::ecdsa_p256;
  make("a", options);
  const auto key = rotated("a");
  const std::string of_first = self_signed(*key->find(1)->pair);
  EXPECT_TRUE(fails(keys().set_certificate("a", 0, of_first), Code::invalid)) << "0 is the latest";
  EXPECT_TRUE(fails(keys().set_certificate("a", 3, of_first), Code::invalid, "no such key version"));
  const auto change = keys().set_certificate("a", 1, of_first);
  ASSERT_TRUE(succeeds(change));
  EXPECT_EQ(change->event->action, "keys.certificate");
  EXPECT_EQ(change->event->key_version, 1U);
  const auto seen = must(new_keys()->open("a"));
  EXPECT_EQ(seen->attributes.certificate_chains.at(1), must(parse_chain(of_first)));
  EXPECT_EQ(seen->attributes.certificate_chains.count(2), 0U);
  EXPECT_TRUE(succeeds(keys().set_certificate("a", 0, self_signed(*key->find(2)->pair))));
  make("symmetric");
  EXPECT_TRUE(fails(keys().set_certificate("symmetric", 0, of_first), Code::invalid));
  EXPECT_TRUE(fails(keys().set_certificate("a", 0, "no PEM"), Code::invalid));
  EXPECT_TRUE(fails(keys().set_certificate("a", 0, ""), Code::invalid));
  EXPECT_TRUE(fails(keys().set_certificate("none", 0, of_first), Code::not_found));
}

INSTANTIATE_TEST_SUITE_P(Stores, Changes,
                         ::testing::Values(Kind{"sqlite", make_sqlite_place}, Kind{"postgresql", make_postgres_place}),
                         [](const auto& one) { return std::string(one.param.name); });

}  // namespace
}  // namespace sluis::gateway::transit::test
