#include <openssl/err.h>

#include <algorithm>

#include "pairs.h"

namespace sluis::test {
namespace {

constexpr PairKind kRsa[] = {PairKind::rsa_2048, PairKind::rsa_3072, PairKind::rsa_4096};
constexpr DigestKind kDigests[] = {DigestKind::sha1, DigestKind::sha2_224, DigestKind::sha2_256, DigestKind::sha2_384,
                                   DigestKind::sha2_512};

std::size_t modulus_size(PairKind kind) {
  return kind == PairKind::rsa_2048 ? 256 : kind == PairKind::rsa_3072 ? 384 : 512;
}

TEST(Oaep, RoundTripsUpToTheLongestPlaintext) {
  for (const PairKind kind : kRsa) {
    for (const DigestKind digest : kDigests) {
      const std::size_t most = modulus_size(kind) - 2 * digest_size(digest) - 2;
      for (const std::size_t size : {std::size_t{0}, std::size_t{1}, std::size_t{32}, most}) {
        const Bytes plain(size, 0x42);
        const auto sealed = pair_of(kind).encrypt_oaep(plain, digest);
        ASSERT_TRUE(sealed) << name(digest) << size;
        EXPECT_EQ(sealed->size(), modulus_size(kind));
        const auto opened = pair_of(kind).decrypt_oaep(*sealed, digest);
        ASSERT_TRUE(opened);
        EXPECT_TRUE(std::ranges::equal(opened->expose_secret(), plain));
      }
      EXPECT_EQ(pair_of(kind).encrypt_oaep(Bytes(most + 1), digest).error().code, Code::invalid);
    }
  }
}

TEST(Oaep, BindsDigestLabelAndKey) {
  const PrivateKey& pair = pair_of(PairKind::rsa_2048);
  const Bytes sealed = *pair.encrypt_oaep(bytes_of("text"), DigestKind::sha2_256, bytes_of("label"));
  EXPECT_TRUE(pair.decrypt_oaep(sealed, DigestKind::sha2_256, bytes_of("label")));
  const PrivateKey other = *PrivateKey::generate(PairKind::rsa_2048);
  for (const auto& opened : {pair.decrypt_oaep(sealed, DigestKind::sha2_256),
                             pair.decrypt_oaep(sealed, DigestKind::sha2_256, bytes_of("Label")),
                             pair.decrypt_oaep(sealed, DigestKind::sha2_384, bytes_of("label")),
                             pair.decrypt_oaep(sealed, DigestKind::sha1, bytes_of("label")),
                             other.decrypt_oaep(sealed, DigestKind::sha2_256, bytes_of("label"))}) {
    ASSERT_FALSE(opened);
    EXPECT_EQ(opened.error().code, Code::corrupt);
  }
  EXPECT_EQ(ERR_peek_error(), 0U);
}

TEST(Oaep, OpensNothingElse) {
  const PrivateKey& pair = pair_of(PairKind::rsa_2048);
  const Bytes sealed = *pair.encrypt_oaep(bytes_of("text"), DigestKind::sha2_256);
  for (std::size_t at = 0; at < sealed.size(); at += 5) {
    Bytes changed = sealed;
    changed[at] ^= 1U;
    EXPECT_FALSE(pair.decrypt_oaep(changed, DigestKind::sha2_256)) << at;
  }
  for (const std::size_t size : {0U, 1U, 255U, 257U, 512U}) {
    Bytes changed = sealed;
    changed.resize(size);
    EXPECT_EQ(pair.decrypt_oaep(changed, DigestKind::sha2_256).error().code, Code::corrupt);
  }
  EXPECT_FALSE(pair.decrypt_oaep(Bytes(256, 0), DigestKind::sha2_256));
  EXPECT_FALSE(pair.decrypt_oaep(Bytes(256, 0xff), DigestKind::sha2_256));
}

TEST(Oaep, IsForRsaAlone) {
  for (const PairKind kind : {PairKind::ed25519, PairKind::ecdsa_p256}) {
    EXPECT_EQ(pair_of(kind).encrypt_oaep(bytes_of("text"), DigestKind::sha2_256).error().code, Code::invalid);
    EXPECT_EQ(pair_of(kind).decrypt_oaep(Bytes(256), DigestKind::sha2_256).error().code, Code::invalid);
    EXPECT_EQ(encrypt_oaep_to(*pair_of(kind).public_pem(), bytes_of("text"), DigestKind::sha2_256).error().code,
              Code::invalid);
  }
}

TEST(Oaep, ToAPublicKeyInPemOrDer) {
  const PrivateKey& pair = pair_of(PairKind::rsa_3072);
  const std::string pem = *pair.public_pem();
  const Bytes der = *pair.public_der();
  for (const std::string_view form : {std::string_view(pem), text_of(der)}) {
    const auto sealed = encrypt_oaep_to(form, bytes_of("text"), DigestKind::sha2_512);
    ASSERT_TRUE(sealed);
    EXPECT_EQ(pair.decrypt_oaep(*sealed, DigestKind::sha2_512)->expose_text(), "text");
  }
  for (const std::string_view broken :
       {std::string_view(), std::string_view("-----BEGIN "), std::string_view(pem).substr(0, 200),
        text_of(der).substr(0, der.size() - 1), std::string_view("-----BEGIN PUBLIC KEY-----\n\n")}) {
    EXPECT_EQ(encrypt_oaep_to(broken, bytes_of("text"), DigestKind::sha2_256).error().code, Code::invalid);
  }
  Bytes longer = der;
  longer.push_back(0);
  EXPECT_FALSE(encrypt_oaep_to(text_of(longer), bytes_of("text"), DigestKind::sha2_256));
  EXPECT_FALSE(encrypt_oaep_to(pair_of(PairKind::rsa_2048).export_pem()->expose_text(), {}, DigestKind::sha2_256));
}

}  // namespace
}  // namespace sluis::test
