#include <openssl/err.h>

#include "pairs.h"

namespace sluis::test {
namespace {

using Input = SignOptions::Input;
using Padding = SignOptions::Padding;
using Form = SignOptions::Form;
using Salt = SignOptions::Salt;

constexpr DigestKind kDigests[] = {DigestKind::sha2_224, DigestKind::sha2_256, DigestKind::sha2_384,
                                   DigestKind::sha2_512, DigestKind::sha3_224, DigestKind::sha3_256,
                                   DigestKind::sha3_384, DigestKind::sha3_512};
constexpr std::string_view kText = "the text that is signed";

SignOptions with_digest(DigestKind digest) {
  SignOptions options;
  options.digest = digest;
  return options;
}

// Every combination that fits the kind.
std::vector<SignOptions> fitting(PairKind kind) {
  if (kind == PairKind::ed25519) return {SignOptions{}};
  std::vector<SignOptions> all;
  for (const DigestKind digest : kDigests) {
    SignOptions options = with_digest(digest);
    all.push_back(options);
    if (is_ecdsa(kind)) {
      options.form = Form::jws;
      all.push_back(options);
      continue;
    }
    options.salt = Salt::as_digest;
    all.push_back(options);
    options.salt = Salt::fixed;
    options.salt_bytes = 11;
    all.push_back(options);
    options.padding = Padding::pkcs1v15;
    all.push_back(options);
  }
  return all;
}

class Signatures : public EveryPair {};

TEST_P(Signatures, VerifyForEveryOption) {
  for (const SignOptions& options : fitting(GetParam())) {
    const auto signature = pair().sign(bytes_of(kText), options);
    ASSERT_TRUE(signature) << name(options.digest);
    EXPECT_TRUE(*pair().verify(bytes_of(kText), *signature, options)) << name(options.digest);
    EXPECT_FALSE(*pair().verify(bytes_of("another text"), *signature, options));
    EXPECT_FALSE(*pair().verify({}, *signature, options));
  }
  EXPECT_EQ(ERR_peek_error(), 0U);
}

TEST_P(Signatures, OfADigestAreThoseOfTheMessage) {
  for (SignOptions options : fitting(GetParam())) {
    if (GetParam() == PairKind::ed25519) continue;
    const Bytes digest = *digest_of(options.digest, bytes_of(kText));
    SignOptions prehashed = options;
    prehashed.input = Input::prehashed;
    EXPECT_TRUE(*pair().verify(bytes_of(kText), *pair().sign(digest, prehashed), options));
    EXPECT_TRUE(*pair().verify(digest, *pair().sign(bytes_of(kText), options), prehashed));
    for (const std::size_t size : {std::size_t{0}, digest.size() - 1}) {
      EXPECT_EQ(pair().sign(ByteView(digest).first(size), prehashed).error().code, Code::invalid);
      EXPECT_EQ(pair().verify(ByteView(digest).first(size), Bytes(64), prehashed).error().code, Code::invalid);
    }
  }
}

TEST_P(Signatures, NeverVerifyWithAnyByteChanged) {
  std::vector<SignOptions> options(1);
  if (is_ecdsa(GetParam())) options.emplace_back().form = Form::jws;
  if (is_rsa(GetParam())) options.emplace_back().padding = Padding::pkcs1v15;
  for (const SignOptions& option : options) {
    const Bytes good = *pair().sign(bytes_of(kText), option);
    for (std::size_t at = 0; at < good.size(); ++at) {
      Bytes changed = good;
      changed[at] ^= static_cast<std::uint8_t>(1U << at % 8);
      ASSERT_FALSE(*pair().verify(bytes_of(kText), changed, option)) << at;
    }
  }
  EXPECT_EQ(ERR_peek_error(), 0U);
}

TEST_P(Signatures, OfAnyOtherLengthAreFalse) {
  const SignOptions options;
  Bytes signature = *pair().sign(bytes_of(kText), options);
  for (std::size_t size = 0; size < signature.size(); ++size) {
    ASSERT_FALSE(*pair().verify(bytes_of(kText), ByteView(signature).first(size), options)) << size;
  }
  for (const std::size_t more : {1U, 2U, 1000U, 1U << 20U}) {
    signature.resize(signature.size() + more);
    EXPECT_FALSE(*pair().verify(bytes_of(kText), signature, options)) << more;
  }
  for (const char filler : {'\x00', '\x01', '\x30', '\xff'}) {
    for (const std::size_t size : {64U, 72U, 96U, 132U, 256U, 384U, 512U}) {
      EXPECT_FALSE(*pair().verify(bytes_of(kText), bytes_of(std::string(size, filler)), options));
    }
  }
}

TEST_P(Signatures, RefuseOptionsThatDoNotFit) {
  const Bytes signature = *pair().sign(bytes_of(kText), {});
  std::vector<SignOptions> unfit;
  if (GetParam() != PairKind::ed25519) unfit.push_back(with_digest(DigestKind::sha1));
  if (!is_ecdsa(GetParam())) unfit.emplace_back().form = Form::jws;
  if (is_rsa(GetParam())) {
    SignOptions& salted = unfit.emplace_back();
    salted.salt = Salt::fixed;
    salted.salt_bytes = signature.size() - 32 - 1;
    unfit.emplace_back(salted).salt_bytes = SIZE_MAX;
  }
  for (const SignOptions& options : unfit) {
    EXPECT_EQ(pair().sign(bytes_of(kText), options).error().code, Code::invalid);
    EXPECT_EQ(pair().verify(bytes_of(kText), signature, options).error().code, Code::invalid);
  }
}

SLUIS_EVERY_PAIR(Signatures);

TEST(EcdsaJws, HasTheCurvesWidth) {
  SignOptions options;
  options.form = Form::jws;
  const std::pair<PairKind, std::size_t> sizes[] = {
      {PairKind::ecdsa_p256, 64}, {PairKind::ecdsa_p384, 96}, {PairKind::ecdsa_p521, 132}};
  for (const auto& [kind, size] : sizes) {
    // Enough of them that some have an r or s with zeros in front.
    for (int round = 0; round < 300 && (round < 20 || kind == PairKind::ecdsa_p256); ++round) {
      const Bytes signature = *pair_of(kind).sign(bytes_of(kText), options);
      ASSERT_EQ(signature.size(), size);
      ASSERT_TRUE(*pair_of(kind).verify(bytes_of(kText), signature, options));
    }
    EXPECT_FALSE(*pair_of(kind).verify(bytes_of(kText), Bytes(size, 0), options));
  }
}

// An automatic salt is the longest: only a fixed one of that many bytes, or automatic, verifies.
TEST(Pss, SaltLengths) {
  const PrivateKey& pair = pair_of(PairKind::rsa_2048);
  SignOptions fixed;
  fixed.salt = Salt::fixed;
  SignOptions as_digest;
  as_digest.salt = Salt::as_digest;
  const Bytes automatic = *pair.sign(bytes_of(kText), {});
  fixed.salt_bytes = 256 - 32 - 2;
  EXPECT_TRUE(*pair.verify(bytes_of(kText), automatic, fixed));
  EXPECT_FALSE(*pair.verify(bytes_of(kText), automatic, as_digest));
  for (const std::size_t size : {0U, 1U, 20U, 32U, 222U}) {
    fixed.salt_bytes = size;
    const Bytes signature = *pair.sign(bytes_of(kText), fixed);
    EXPECT_TRUE(*pair.verify(bytes_of(kText), signature, {}));
    EXPECT_TRUE(*pair.verify(bytes_of(kText), signature, fixed));
    EXPECT_EQ(*pair.verify(bytes_of(kText), signature, as_digest), size == 32);
    fixed.salt_bytes = size == 222 ? 221 : size + 1;
    EXPECT_FALSE(*pair.verify(bytes_of(kText), signature, fixed));
  }
}

TEST(Pss, IsNotPkcs1) {
  const PrivateKey& pair = pair_of(PairKind::rsa_2048);
  SignOptions pkcs1;
  pkcs1.padding = Padding::pkcs1v15;
  EXPECT_FALSE(*pair.verify(bytes_of(kText), *pair.sign(bytes_of(kText), {}), pkcs1));
  EXPECT_FALSE(*pair.verify(bytes_of(kText), *pair.sign(bytes_of(kText), pkcs1), {}));
  EXPECT_EQ(*pair.sign(bytes_of(kText), pkcs1), *pair.sign(bytes_of(kText), pkcs1));
}

}  // namespace
}  // namespace sluis::test
