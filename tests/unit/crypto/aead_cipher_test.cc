#include "crypto/aead_cipher.h"

#include <gtest/gtest.h>
#include <openssl/err.h>

#include <algorithm>

#include "crypto/aead.h"

namespace sluis {
namespace {

bool all_zero(ByteView bytes) {
  return std::all_of(bytes.begin(), bytes.end(), [](std::uint8_t b) { return b == 0; });
}

class EveryAead : public testing::TestWithParam<AeadKind> {
 protected:
  AeadCipher cipher(std::uint8_t seed = 1) const {
    return *AeadCipher::make(GetParam(), Bytes(key_size(GetParam()), seed));
  }
  Bytes nonce(std::uint8_t seed = 7) const { return Bytes(nonce_size(GetParam()), seed); }
  Bytes sealed(ByteView plain) const {
    Bytes out(plain.size() + kTagSize);
    EXPECT_TRUE(cipher().seal(nonce(), bytes_of("ad"), plain, out));
    return out;
  }
  // Expects a refusal that leaves zeros, nothing on OpenSSL's queue and a cipher that still works.
  static void expect_refused(AeadCipher& with, Code code, ByteView nonce, ByteView ad, ByteView sealed_text) {
    Bytes out(sealed_text.size() - kTagSize, 0xee);
    const Status opened = with.open(nonce, ad, sealed_text, out);
    ASSERT_FALSE(opened);
    EXPECT_EQ(opened.error().code, code);
    EXPECT_TRUE(all_zero(out));
    EXPECT_EQ(ERR_peek_error(), 0U);
  }
};

const Bytes kPlain(64, 0x5c);

TEST_P(EveryAead, RoundTripsEveryLengthWithOneCipher) {
  AeadCipher both = cipher();
  for (std::size_t size = 0; size < 200; ++size) {
    const Bytes plain(size, static_cast<std::uint8_t>(size));
    const Bytes ad(size % 40, 3);
    Bytes sealed_text(size + kTagSize);
    Bytes opened(size, 0xee);
    ASSERT_TRUE(both.seal(nonce(static_cast<std::uint8_t>(size)), ad, plain, sealed_text));
    ASSERT_TRUE(both.open(nonce(static_cast<std::uint8_t>(size)), ad, sealed_text, opened));
    EXPECT_EQ(opened, plain);
  }
}

TEST_P(EveryAead, OpensNothingWithOneBitChanged) {
  const Bytes good = sealed(kPlain);
  AeadCipher with = cipher();
  for (std::size_t bit = 0; bit < good.size() * 8; ++bit) {
    Bytes changed = good;
    changed[bit / 8] ^= static_cast<std::uint8_t>(1U << bit % 8);
    expect_refused(with, Code::corrupt, nonce(), bytes_of("ad"), changed);
  }
  Bytes out(kPlain.size());
  EXPECT_TRUE(with.open(nonce(), bytes_of("ad"), good, out));
  EXPECT_EQ(out, kPlain);
}

TEST_P(EveryAead, BindsEveryByteOfTheNonce) {
  const Bytes good = sealed(kPlain);
  AeadCipher with = cipher();
  for (std::size_t at = 0; at < nonce().size(); ++at) {
    Bytes other = nonce();
    other[at] ^= 0x10U;
    expect_refused(with, Code::corrupt, other, bytes_of("ad"), good);
  }
}

TEST_P(EveryAead, BindsKeyAndAssociatedData) {
  const Bytes good = sealed(kPlain);
  AeadCipher same = cipher();
  AeadCipher other = cipher(2);
  expect_refused(other, Code::corrupt, nonce(), bytes_of("ad"), good);
  expect_refused(same, Code::corrupt, nonce(), bytes_of("aD"), good);
  expect_refused(same, Code::corrupt, nonce(), {}, good);
  expect_refused(same, Code::corrupt, nonce(), bytes_of("ad"), ByteView(good).first(good.size() - 1));
}

TEST_P(EveryAead, RefusesWrongSizes) {
  for (const std::size_t size : {0U, 15U, 17U, 24U, 31U, 33U, 64U}) {
    const auto made = AeadCipher::make(GetParam(), Bytes(size, 1));
    ASSERT_FALSE(made) << size;
    EXPECT_EQ(made.error().code, Code::invalid);
  }
  AeadCipher with = cipher();
  const Bytes good = sealed(kPlain);
  for (const std::size_t size : {0U, 8U, 11U, 13U, 16U, 23U, 25U}) {
    expect_refused(with, Code::invalid, Bytes(size, 7), bytes_of("ad"), good);
  }
  for (const std::size_t size : {0U, 15U, 63U, 64U, 79U, 81U}) {
    Bytes out(size, 0xee);
    EXPECT_EQ(with.seal(nonce(), {}, kPlain, out).error().code, Code::invalid) << size;
    EXPECT_TRUE(all_zero(out));
  }
  Bytes out(64);
  EXPECT_EQ(with.open(nonce(), {}, Bytes(15, 1), out).error().code, Code::invalid);
  EXPECT_EQ(with.open(nonce(), {}, Bytes(81, 1), out).error().code, Code::invalid);
}

TEST_P(EveryAead, WorksInPlaceAndRefusesPartialOverlap) {
  AeadCipher with = cipher();
  Bytes buffer(kPlain.size() + kTagSize, 0x5c);
  ASSERT_TRUE(with.seal(nonce(), bytes_of("ad"), ByteView(buffer).first(64), buffer));
  EXPECT_EQ(buffer, sealed(kPlain));
  ASSERT_TRUE(with.open(nonce(), bytes_of("ad"), buffer, ByteSpan(buffer).first(64)));
  EXPECT_TRUE(std::ranges::equal(ByteView(buffer).first(64), kPlain));
  const Status sealed_over = with.seal(nonce(), {}, ByteView(buffer).subspan(1, 63), ByteSpan(buffer).first(79));
  EXPECT_EQ(sealed_over.error().code, Code::invalid);
}

INSTANTIATE_TEST_SUITE_P(Aead, EveryAead,
                         testing::Values(AeadKind::aes128_gcm, AeadKind::aes256_gcm, AeadKind::chacha20_poly1305,
                                         AeadKind::xchacha20_poly1305));

// draft-irtf-cfrg-xchacha-03, appendix A.3.1.
TEST(XChaCha20Poly1305, DraftExample) {
  const Bytes key = *from_hex("808182838485868788898a8b8c8d8e8f909192939495969798999a9b9c9d9e9f");
  const Bytes nonce = *from_hex("404142434445464748494a4b4c4d4e4f5051525354555657");
  const Bytes ad = *from_hex("50515253c0c1c2c3c4c5c6c7");
  const std::string_view plain =
      "Ladies and Gentlemen of the class of '99: If I could offer you only one tip for the future, sunscreen would be "
      "it.";
  Bytes out(plain.size() + kTagSize);
  auto cipher = AeadCipher::make(AeadKind::xchacha20_poly1305, key);
  ASSERT_TRUE(cipher->seal(nonce, ad, bytes_of(plain), out));
  EXPECT_EQ(to_hex(ByteView(out).last(kTagSize)), "c0875924c1c7987947deafd8780acf49");
  EXPECT_EQ(to_hex(ByteView(out).first(16)), "bd6d179d3e83d43b9576579493c0e939");
}

// The record floor's AES-256-GCM and this one are the same algorithm.
TEST(AeadCipher, AgreesWithGcm) {
  const SecretKey key = *SecretKey::copy_of(Bytes(32, 9));
  const Bytes nonce(12, 4);
  Bytes one(kPlain.size() + kTagSize);
  Bytes two(one.size());
  ASSERT_TRUE(gcm_seal(key, nonce, bytes_of("ad"), kPlain, one));
  auto cipher = AeadCipher::make(AeadKind::aes256_gcm, key.expose_secret());
  ASSERT_TRUE(cipher->seal(nonce, bytes_of("ad"), kPlain, two));
  EXPECT_EQ(one, two);
}

}  // namespace
}  // namespace sluis
