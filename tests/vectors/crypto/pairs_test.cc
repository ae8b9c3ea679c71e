// Signatures and RSA-OAEP. The files give public keys, so verification is called below PrivateKey.
#include "crypto/evp_pair.h"
#include "vector_file.h"

namespace sluis::test {
namespace {

evp::Key public_key(const Case& test) {
  const Bytes der = test.bytes_of_group("publicKeyDer");
  const std::uint8_t* at = der.data();
  return evp::Key(d2i_PUBKEY(nullptr, &at, static_cast<long>(der.size())));
}

Outcome check_signature(PairKind kind, const SignOptions& options, const Case& test) {
  const evp::Key key = public_key(test);
  EXPECT_TRUE(key != nullptr && evp::kind_of(key.get()) == kind) << test.label();
  if (key == nullptr) return ran();
  const auto verified = evp::verify(key.get(), kind, test.bytes("msg"), test.bytes("sig"), options);
  EXPECT_TRUE(verified && *verified == test.valid()) << test.label();
  EXPECT_EQ(ERR_peek_error(), 0U);
  return ran();
}

void run_signatures(const std::string& file, std::size_t expected_run, PairKind kind, const SignOptions& options) {
  run_wycheproof(file, expected_run, [&](const Case& test) { return check_signature(kind, options, test); });
}

TEST(Wycheproof, Ed25519) {
  run_signatures("ed25519_test.json", 151, PairKind::ed25519, {});
}

TEST(Wycheproof, EcdsaP256) {
  run_signatures("ecdsa_secp256r1_sha256_test.json", 484, PairKind::ecdsa_p256, {});
}

TEST(Wycheproof, EcdsaP256Jws) {
  SignOptions options;
  options.form = SignOptions::Form::jws;
  run_signatures("ecdsa_secp256r1_sha256_p1363_test.json", 262, PairKind::ecdsa_p256, options);
}

TEST(Wycheproof, RsaPss4096) {
  SignOptions options;
  options.salt = SignOptions::Salt::fixed;
  options.salt_bytes = 32;
  run_signatures("rsa_pss_4096_sha256_mgf1_32_test.json", 108, PairKind::rsa_4096, options);
  options.salt = SignOptions::Salt::as_digest;
  run_signatures("rsa_pss_4096_sha256_mgf1_32_test.json", 108, PairKind::rsa_4096, options);
}

TEST(Wycheproof, RsaOaep4096) {
  std::map<Bytes, PrivateKey> keys;
  run_wycheproof("rsa_oaep_4096_sha256_mgf1sha256_test.json", 37, [&](const Case& test) -> Outcome {
    const Bytes der = test.bytes_of_group("privateKeyPkcs8");
    if (!keys.contains(der)) {
      auto key = PrivateKey::from_pkcs8(der);
      EXPECT_TRUE(key) << test.label();
      if (!key) return ran();
      keys.emplace(der, std::move(*key));
    }
    const auto opened = keys.at(der).decrypt_oaep(test.bytes("ct"), DigestKind::sha2_256, test.bytes("label"));
    EXPECT_EQ(static_cast<bool>(opened), test.valid()) << test.label();
    EXPECT_TRUE(opened || opened.error().code == Code::corrupt) << test.label();
    EXPECT_TRUE(!opened || equal_constant_time(opened->expose_secret(), test.bytes("msg"))) << test.label();
    return ran();
  });
}

}  // namespace
}  // namespace sluis::test
