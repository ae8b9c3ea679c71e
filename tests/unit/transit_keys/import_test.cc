// Keys that are brought along, and keys that are taken elsewhere, wrapped.
#include "crypto/private_key.h"
#include "tests/unit/transit_keys/world.h"

namespace sluis::gateway::transit::test {
namespace {

class Imports : public KeysTest {
 protected:
  // What the owner of a key makes of it.
  std::string wrapped(ByteView key, DigestKind hash = DigestKind::sha2_256) {
    const SecretKey aes = must(SecretKey::random(32));
    Bytes blob = must(encrypt_oaep_to(must(keys().wrapping_key()), aes.expose_secret(), hash));
    const Bytes rest = must(kwp_wrap(aes.expose_secret(), key));
    blob.insert(blob.end(), rest.begin(), rest.end());
    return to_base64(blob);
  }
  static ImportOptions of(KeyType type) {
    ImportOptions options;
    options.type = type;
    return options;
  }
};

const Bytes kRaw(32, 0x5a);

TEST_P(Imports, TheWrappingKeyStays) {
  const std::string pem = must(keys().wrapping_key());
  EXPECT_EQ(pem, must(keys().wrapping_key()));
  EXPECT_EQ(pem, must(new_keys()->wrapping_key()));
  EXPECT_TRUE(pem.starts_with("-----BEGIN PUBLIC KEY-----"));
}

TEST_P(Imports, SymmetricKeysComeInWithEachHash) {
  int i = 0;
  for (const DigestKind hash :
       {DigestKind::sha1, DigestKind::sha2_224, DigestKind::sha2_256, DigestKind::sha2_384, DigestKind::sha2_512}) {
    const std::string name = "key" + std::to_string(i++);
    const auto change = keys().import(name, of(KeyType::aes256_gcm96), {wrapped(kRaw, hash), hash});
    ASSERT_TRUE(succeeds(change)) << i;
    EXPECT_EQ(change->event->action, "keys.import");
    EXPECT_TRUE(change->key->attributes.imported);
    EXPECT_FALSE(change->key->attributes.allow_rotation);
    EXPECT_TRUE(equal_constant_time(change->key->newest().key.expose_secret(), kRaw));
    EXPECT_EQ(change->key->newest().hmac_key.size(), 32U);
  }
  EXPECT_TRUE(
      fails(keys().import("a", of(KeyType::aes256_gcm96), {wrapped(kRaw), DigestKind::sha3_256}), Code::invalid));
  EXPECT_TRUE(fails(keys().import("a", of(KeyType::aes256_gcm96), {wrapped(kRaw), DigestKind::sha1}), Code::invalid))
      << "wrapped with another hash";
}

TEST_P(Imports, SizesAreExact) {
  struct Case {
    KeyType type;
    std::size_t size;
    bool fits;
  };
  for (const Case& one : {Case{KeyType::aes128_gcm96, 16, true},
                          {KeyType::aes128_gcm96, 32, false},
                          {KeyType::aes256_gcm96, 16, false},
                          {KeyType::chacha20_poly1305, 32, true},
                          {KeyType::xchacha20_poly1305, 32, true},
                          {KeyType::aes256_gcm96, 33, false},
                          {KeyType::hmac, 31, false},
                          {KeyType::hmac, 32, true},
                          {KeyType::hmac, 512, true},
                          {KeyType::hmac, 513, false},
                          {KeyType::rsa_2048, 32, false}}) {
    const std::string name(transit::name(one.type));
    const Bytes raw(one.size, 7);
    const auto change = keys().import(name + "." + std::to_string(one.size), of(one.type), {wrapped(raw)});
    EXPECT_TRUE(one.fits ? succeeds(change) : fails(change, Code::invalid)) << name << " " << one.size;
  }
  EXPECT_EQ(must(keys().open("hmac.512"))->attributes.key_size, 512U);
}

TEST_P(Imports, PairsComeInAsPkcs8OfTheirType) {
  constexpr std::pair<PairKind, KeyType> kinds[] = {{PairKind::ed25519, KeyType::ed25519},
                                                    {PairKind::ecdsa_p256, KeyType::ecdsa_p256},
                                                    {PairKind::ecdsa_p521, KeyType::ecdsa_p521},
                                                    {PairKind::rsa_2048, KeyType::rsa_2048}};
  for (const auto& [kind, type] : kinds) {
    const PrivateKey pair = must(PrivateKey::generate(kind));
    const std::string blob = wrapped(must(pair.to_pkcs8()).expose_secret());
    const std::string name(transit::name(type));
    const auto change = keys().import(name, of(type), {blob});
    ASSERT_TRUE(succeeds(change)) << name;
    EXPECT_EQ(must(change->key->newest().pair->public_pem()), must(pair.public_pem()));
    EXPECT_TRUE(fails(keys().import("wrong", of(KeyType::ecdsa_p384), {blob}), Code::invalid,
                      "the imported key is of another type"));
  }
  const Bytes seed(32, 9);
  EXPECT_TRUE(succeeds(keys().import("seed", of(KeyType::ed25519), {wrapped(seed)})));
}

TEST_P(Imports, MalformedBlobsAreRefusedAlike) {
  const std::string good = wrapped(kRaw);
  const auto refused = [&](const std::string& blob) {
    return fails(keys().import("a", of(KeyType::aes256_gcm96), {blob}), Code::invalid);
  };
  const auto same_answer = [&](const Bytes& blob) {
    return fails(keys().import("a", of(KeyType::aes256_gcm96), {to_base64(blob)}), Code::invalid,
                 "the imported key could not be unwrapped");
  };
  EXPECT_TRUE(refused(""));
  EXPECT_TRUE(refused("not base64"));
  EXPECT_TRUE(refused(good.substr(0, good.size() - 4)));
  EXPECT_TRUE(refused(std::string(16'388, 'A')));
  EXPECT_TRUE(refused(to_base64(Bytes(512, 1))));
  Bytes bytes = must(from_base64(good));
  bytes[100] ^= 1;
  EXPECT_TRUE(same_answer(bytes)) << "the padding";
  bytes[100] ^= 1;
  bytes.back() ^= 1;
  EXPECT_TRUE(same_answer(bytes)) << "the wrapping";
  const Bytes short_key = must(encrypt_oaep_to(must(keys().wrapping_key()), Bytes(16, 1), DigestKind::sha2_256));
  std::copy(short_key.begin(), short_key.end(), bytes.begin());
  EXPECT_TRUE(same_answer(bytes)) << "an AES key of another size";
  EXPECT_TRUE(fails(keys().open("a"), Code::not_found));
}

TEST_P(Imports, VersionsAreAddedToImportedKeysAlone) {
  make("made");
  EXPECT_TRUE(fails(keys().import_version("made", {wrapped(kRaw)}), Code::invalid));
  EXPECT_TRUE(fails(keys().import("made", of(KeyType::aes256_gcm96), {wrapped(kRaw)}), Code::invalid));
  EXPECT_TRUE(fails(keys().import_version("none", {wrapped(kRaw)}), Code::not_found));
  must(keys().import("a", of(KeyType::aes256_gcm96), {wrapped(kRaw)}));
  const Bytes second(32, 0x11);
  const auto change = keys().import_version("a", {wrapped(second)});
  ASSERT_TRUE(succeeds(change));
  EXPECT_EQ(change->key->latest(), 2U);
  EXPECT_EQ(change->event->key_version, 2U);
  EXPECT_TRUE(equal_constant_time(change->key->newest().key.expose_secret(), second));
  EXPECT_TRUE(equal_constant_time(change->key->find(1)->key.expose_secret(), kRaw));
  EXPECT_TRUE(fails(keys().import_version("a", {wrapped(Bytes(16, 1))}), Code::invalid));
}

TEST_P(Imports, RotateOnlyWithLeaveAndThenTakeNoMore) {
  must(keys().import("fixed", of(KeyType::aes256_gcm96), {wrapped(kRaw)}));
  EXPECT_TRUE(fails(keys().rotate("fixed"), Code::invalid, "imported key does not allow rotation"));
  EXPECT_TRUE(fails(keys().preview_rotate("fixed"), Code::invalid));
  ConfigChange change;
  change.auto_rotate_period_s = 3600;
  EXPECT_TRUE(fails(keys().configure("fixed", change), Code::invalid));
  ImportOptions options = of(KeyType::aes256_gcm96);
  options.auto_rotate_period_s = 3600;
  EXPECT_TRUE(fails(keys().import("moving", options, {wrapped(kRaw)}), Code::invalid));
  options.allow_rotation = true;
  EXPECT_NE(must(keys().import("moving", options, {wrapped(kRaw)})).key->due_us, 0U);
  const auto rotated = must(keys().rotate("moving")).key;
  EXPECT_FALSE(rotated->attributes.imported);
  EXPECT_TRUE(fails(keys().import_version("moving", {wrapped(kRaw)}), Code::invalid));
}

TEST_P(Imports, WhatIsWrappedForAnotherComesInThere) {
  CreateOptions options;
  options.type = KeyType::rsa_2048;
  const auto to = make("to", options);
  CreateOptions of_source;
  of_source.exportable = true;
  const auto from = make("from", of_source);
  for (const DigestKind hash : {DigestKind::sha1, DigestKind::sha2_256, DigestKind::sha2_512}) {
    const Bytes blob = must(from_base64(must(TransitKeys::wrap_for(*to, *from, 1, hash))));
    const auto aes = must(to->newest().pair->decrypt_oaep(ByteView(blob).first(256), hash));
    const auto key = must(kwp_unwrap(aes.expose_secret(), ByteView(blob).subspan(256)));
    EXPECT_TRUE(same_secret(key, from->newest().key));
  }
  EXPECT_TRUE(fails(TransitKeys::wrap_for(*from, *from, 1, DigestKind::sha2_256), Code::invalid));
  EXPECT_TRUE(fails(TransitKeys::wrap_for(*to, *from, 2, DigestKind::sha2_256), Code::invalid));
  EXPECT_TRUE(fails(TransitKeys::wrap_for(*to, *from, 1, DigestKind::sha3_256), Code::invalid));
  const auto pair = make("pair", options);
  const Bytes blob = must(from_base64(must(TransitKeys::wrap_for(*to, *pair, 1, DigestKind::sha2_256))));
  const auto aes = must(to->newest().pair->decrypt_oaep(ByteView(blob).first(256), DigestKind::sha2_256));
  const auto der = must(kwp_unwrap(aes.expose_secret(), ByteView(blob).subspan(256)));
  EXPECT_TRUE(succeeds(PrivateKey::from_pkcs8(der.expose_secret())));
}

// On one store alone: each test makes an RSA-4096 pair, and no store sees more than rows.
INSTANTIATE_TEST_SUITE_P(Stores, Imports, ::testing::Values(Kind{"sqlite", make_sqlite_place}),
                         [](const auto& one) { return std::string(one.param.name); });

}  // namespace
}  // namespace sluis::gateway::transit::test
