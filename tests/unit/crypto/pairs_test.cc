#include "pairs.h"

#include <openssl/err.h>

#include <algorithm>
#include <thread>

namespace sluis::test {
namespace {

Bytes bytes_in(const SecretKey& key) {
  return {key.expose_secret().begin(), key.expose_secret().end()};
}

class Pairs : public EveryPair {};

TEST_P(Pairs, RoundTripAsPkcs8) {
  const auto der = pair().to_pkcs8();
  ASSERT_TRUE(der);
  for (const auto read : {PrivateKey::from_pkcs8, PrivateKey::from_own_pkcs8}) {
    const auto again = read(der->expose_secret());
    ASSERT_TRUE(again);
    EXPECT_EQ(again->kind(), GetParam());
    EXPECT_EQ(*again->public_der(), *pair().public_der());
    EXPECT_EQ(bytes_in(*again->to_pkcs8()), bytes_in(*der));
    EXPECT_TRUE(*pair().verify(bytes_of("text"), *again->sign(bytes_of("text"), {}), {}));
  }
  EXPECT_EQ(ERR_peek_error(), 0U);
}

TEST_P(Pairs, GenerateAnotherEachTime) {
  if (GetParam() == PairKind::rsa_4096 || GetParam() == PairKind::rsa_3072) GTEST_SKIP() << "takes seconds";
  const auto other = PrivateKey::generate(GetParam());
  ASSERT_TRUE(other);
  EXPECT_NE(*other->public_der(), *pair().public_der());
  EXPECT_FALSE(*other->verify(bytes_of("text"), *pair().sign(bytes_of("text"), {}), {}));
}

TEST_P(Pairs, RefuseTruncatedAndPaddedPkcs8) {
  Bytes der = bytes_in(*pair().to_pkcs8());
  for (std::size_t size = 0; size < der.size(); ++size) {
    ASSERT_FALSE(PrivateKey::from_own_pkcs8(ByteView(der).first(size))) << size;
  }
  der.push_back(0);
  EXPECT_EQ(PrivateKey::from_pkcs8(der).error().code, Code::invalid);
  der.resize(5000);
  EXPECT_EQ(PrivateKey::from_pkcs8(der).error().code, Code::invalid);
  EXPECT_EQ(ERR_peek_error(), 0U);
}

// A byte of the DER changed gives no key, or one whose two halves belong together.
TEST_P(Pairs, ReadNoHalfBrokenPkcs8) {
  if (is_rsa(GetParam())) GTEST_SKIP() << "checking primes takes long: RefusedPairs has chosen changes";
  const Bytes der = bytes_in(*pair().to_pkcs8());
  for (std::size_t at = 0; at < der.size(); ++at) {
    Bytes changed = der;
    changed[at] ^= 0x04U;
    const auto read = PrivateKey::from_pkcs8(changed);
    if (!read) continue;
    const auto signature = read->sign(bytes_of("text"), {});
    ASSERT_TRUE(signature);
    EXPECT_TRUE(*read->verify(bytes_of("text"), *signature, {})) << at;
  }
}

TEST_P(Pairs, SignFromManyThreads) {
  std::vector<std::jthread> threads;
  std::atomic<int> good = 0;
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([this, &good, i] {
      const std::string text = "text " + std::to_string(i);
      for (int round = 0; round < 5; ++round) {
        const auto signature = pair().sign(bytes_of(text), {});
        if (signature && *pair().verify(bytes_of(text), *signature, {})) ++good;
      }
    });
  }
  threads.clear();
  EXPECT_EQ(good, 20);
}

TEST_P(Pairs, ExportWhatTheKindHas) {
  const bool edwards = GetParam() == PairKind::ed25519;
  EXPECT_EQ(static_cast<bool>(pair().export_ed25519()), edwards);
  EXPECT_EQ(static_cast<bool>(pair().public_raw()), edwards);
  const auto pem = pair().export_pem();
  ASSERT_TRUE(pem);
  const std::string_view head = edwards              ? "-----BEGIN PRIVATE KEY-----\n"
                                : is_rsa(GetParam()) ? "-----BEGIN RSA PRIVATE KEY-----\n"
                                                     : "-----BEGIN EC PRIVATE KEY-----\n";
  EXPECT_TRUE(pem->expose_text().starts_with(head));
  EXPECT_EQ(pem->expose_text().find("-----BEGIN", 1), std::string_view::npos);
  EXPECT_TRUE(pair().public_pem()->starts_with("-----BEGIN PUBLIC KEY-----\n"));
}

SLUIS_EVERY_PAIR(Pairs);

// RFC 8032 section 7.1, test 2.
TEST(Ed25519, KnownKeyAndSignature) {
  const Bytes seed = *from_hex("4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb");
  const Bytes open = *from_hex("3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c");
  const auto pair = PrivateKey::from_ed25519(seed);
  ASSERT_TRUE(pair);
  EXPECT_EQ(*pair->public_raw(), open);
  EXPECT_EQ(to_hex(*pair->sign(Bytes{0x72}, {})),
            "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11d8c"
            "387b2eaeb4302aeeb00d291612bb0c00");
}

TEST(Ed25519, RawForms) {
  const auto raw = pair_of(PairKind::ed25519).export_ed25519();
  ASSERT_TRUE(raw);
  ASSERT_EQ(raw->size(), 64U);
  Bytes bytes(raw->expose_secret().begin(), raw->expose_secret().end());
  for (const std::size_t size : {32U, 64U}) {
    const auto again = PrivateKey::from_ed25519(ByteView(bytes).first(size));
    ASSERT_TRUE(again);
    EXPECT_EQ(*again->public_raw(), *pair_of(PairKind::ed25519).public_raw());
  }
  for (const std::size_t size : {0U, 31U, 33U, 63U}) {
    EXPECT_EQ(PrivateKey::from_ed25519(ByteView(bytes).first(size)).error().code, Code::invalid);
  }
  bytes[63] ^= 1U;
  EXPECT_EQ(PrivateKey::from_ed25519(bytes).error().code, Code::invalid);
}

}  // namespace
}  // namespace sluis::test
