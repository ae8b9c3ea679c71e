// XAES-256-GCM and its commitment are built on AES-256-CMAC. OpenSSL's is checked against Wycheproof, then the
// derivation's own (crypto/xaes.cc) against OpenSSL's, for keys of both kinds: top bit of L set and not set.
#include <algorithm>

#include "crypto/aead.h"
#include "crypto/hash.h"
#include "openssl_cmac.h"
#include "vector_file.h"

namespace sluis::test {
namespace {

Outcome check_case(const Case& test) {
  if (test.of_group("keySize") != 256) return "keys that do not have 256 bits";
  const Bytes tag = openssl_cmac(test.bytes("key"), test.bytes("msg"));
  EXPECT_EQ(tag == test.bytes("tag"), test.valid()) << test.label();
  return ran();
}

TEST(Wycheproof, AesCmac) {
  run_wycheproof("aes_cmac_test.json", 102, check_case);
}

Bytes joined(std::initializer_list<ByteView> pieces) {
  Bytes all;
  for (const ByteView piece : pieces) all.insert(all.end(), piece.begin(), piece.end());
  return all;
}

Bytes cmac_of(const SecretKey& key, std::initializer_list<ByteView> pieces) {
  return openssl_cmac(key.expose_secret(), joined(pieces));
}

TEST(XaesDerivation, IsOpenSslsCmac) {
  for (int i = 0; i < 500; ++i) {
    const SecretKey key = *SecretKey::random(kAeadKeySize);
    XaesNonce nonce;
    ASSERT_TRUE(random_bytes(nonce));
    auto derived = XaesNonceKey::derive(*XaesKey::make(key), nonce);
    ASSERT_TRUE(derived);
    const Bytes one = cmac_of(key, {bytes_of("XCMT"), nonce, Bytes{0, 1, 0, 1}});
    const Bytes two = cmac_of(key, {bytes_of("XCMT"), nonce, Bytes{0, 1, 0, 2}});
    EXPECT_TRUE(equal_constant_time(derived->commitment(), joined({one, two})));

    const ByteView head = ByteView(nonce).first(12);
    const Bytes kx = joined({cmac_of(key, {Bytes{0, 1, 0x58, 0}, head}), cmac_of(key, {Bytes{0, 2, 0x58, 0}, head})});
    Bytes sealed(4 + kTagSize);
    Bytes expected(sealed.size());
    ASSERT_TRUE(derived->seal(0, bytes_of("ad"), bytes_of("text"), sealed));
    ASSERT_TRUE(
        gcm_seal(*SecretKey::copy_of(kx), ByteView(nonce).last(12), bytes_of("ad"), bytes_of("text"), expected));
    EXPECT_EQ(sealed, expected);
  }
}

}  // namespace
}  // namespace sluis::test
