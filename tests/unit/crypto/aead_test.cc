#include "crypto/aead.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <thread>

#include "crypto/hash.h"

namespace sluis {
namespace {

bool all_zero(ByteView bytes) {
  return std::all_of(bytes.begin(), bytes.end(), [](std::uint8_t b) { return b == 0; });
}

SecretKey some_key(std::uint8_t seed = 1) {
  return *SecretKey::copy_of(Bytes(kAeadKeySize, seed));
}

XaesNonce some_nonce(std::uint8_t seed = 9) {
  XaesNonce nonce;
  nonce.fill(seed);
  return nonce;
}

constexpr std::string_view kText = "a plaintext of more than one AES block, by some bytes";
const Bytes kIv(kGcmNonceSize, 7);

Bytes sealed_text(const SecretKey& key) {
  Bytes out(kText.size() + kTagSize);
  EXPECT_TRUE(gcm_seal(key, kIv, bytes_of("ad"), bytes_of(kText), out));
  return out;
}

TEST(Gcm, RoundTripsEveryLength) {
  const SecretKey key = some_key();
  for (std::size_t size = 0; size < 70; ++size) {
    const Bytes plain(size, static_cast<std::uint8_t>(size));
    Bytes sealed(size + kTagSize);
    Bytes opened(size, 0xee);
    ASSERT_TRUE(gcm_seal(key, kIv, bytes_of("ad"), plain, sealed));
    ASSERT_TRUE(gcm_open(key, kIv, bytes_of("ad"), sealed, opened));
    EXPECT_EQ(opened, plain);
  }
}

TEST(Gcm, WorksInPlace) {
  const SecretKey key = some_key();
  Bytes buffer(kText.size() + kTagSize);
  std::copy(kText.begin(), kText.end(), buffer.begin());
  ASSERT_TRUE(gcm_seal(key, kIv, bytes_of("ad"), ByteView(buffer).first(kText.size()), buffer));
  EXPECT_EQ(buffer, sealed_text(key));
  ASSERT_TRUE(gcm_open(key, kIv, bytes_of("ad"), buffer, ByteSpan(buffer).first(kText.size())));
  EXPECT_EQ(text_of(ByteView(buffer).first(kText.size())), kText);
}

TEST(Gcm, RefusesPartialOverlap) {
  const SecretKey key = some_key();
  Bytes buffer(64, 1);
  const ByteSpan all(buffer);
  EXPECT_EQ(gcm_seal(key, kIv, {}, all.subspan(0, 32), all.subspan(1, 48)).error().code, Code::invalid);
  EXPECT_TRUE(all_zero(all.subspan(1, 48)));
  EXPECT_EQ(gcm_open(key, kIv, {}, all.subspan(8, 32), all.subspan(0, 16)).error().code, Code::invalid);
}

TEST(Gcm, FailedOpenLeavesZeros) {
  const SecretKey key = some_key();
  const Bytes good = sealed_text(key);
  for (std::size_t bit = 0; bit < good.size() * 8; ++bit) {
    Bytes bad = good;
    bad[bit / 8] ^= static_cast<std::uint8_t>(1U << bit % 8);
    Bytes out(kText.size(), 0xee);
    const Status opened = gcm_open(key, kIv, bytes_of("ad"), bad, out);
    ASSERT_FALSE(opened) << bit;
    EXPECT_EQ(opened.error().code, Code::corrupt);
    ASSERT_TRUE(all_zero(out)) << bit;
  }
}

TEST(Gcm, BindsKeyNonceAndAssociatedData) {
  const SecretKey key = some_key();
  const Bytes good = sealed_text(key);
  Bytes out(kText.size());
  const Bytes other_iv(kGcmNonceSize, 8);
  EXPECT_FALSE(gcm_open(some_key(2), kIv, bytes_of("ad"), good, out));
  EXPECT_FALSE(gcm_open(key, other_iv, bytes_of("ad"), good, out));
  EXPECT_FALSE(gcm_open(key, kIv, bytes_of("ae"), good, out));
  EXPECT_FALSE(gcm_open(key, kIv, {}, good, out));
  EXPECT_TRUE(gcm_open(key, kIv, bytes_of("ad"), good, out));
}

TEST(Gcm, RefusesWrongSizesAndLeavesZeros) {
  const SecretKey key = some_key();
  const SecretKey short_key = *SecretKey::make(16);
  const Bytes plain(8);
  Bytes out(24, 0xee);
  const auto refused = [&out](const Status& status) {
    const bool result = !status && status.error().code == Code::invalid && all_zero(out);
    std::fill(out.begin(), out.end(), std::uint8_t{0xee});
    return result;
  };
  EXPECT_TRUE(refused(gcm_seal(short_key, kIv, {}, plain, out)));
  EXPECT_TRUE(refused(gcm_seal(SecretKey(), kIv, {}, plain, out)));
  EXPECT_TRUE(refused(gcm_seal(key, Bytes(11), {}, plain, out)));
  EXPECT_TRUE(refused(gcm_seal(key, Bytes(13), {}, plain, out)));
  EXPECT_TRUE(refused(gcm_seal(key, kIv, {}, Bytes(7), out)));
  EXPECT_TRUE(refused(gcm_seal(key, kIv, {}, Bytes(24), out)));
  EXPECT_TRUE(refused(gcm_open(short_key, kIv, {}, Bytes(40), out)));
  EXPECT_TRUE(refused(gcm_open(key, kIv, {}, Bytes(39), out)));
  EXPECT_TRUE(refused(gcm_open(key, Bytes(12 + 4), {}, Bytes(40), out)));
  EXPECT_EQ(gcm_open(key, kIv, {}, Bytes(15), {}).error().code, Code::invalid);
}

class XaesTest : public testing::Test {
 protected:
  XaesKey key_ = *XaesKey::make(some_key());
};

TEST_F(XaesTest, RefusesAKeyOfAnotherSize) {
  EXPECT_EQ(XaesKey::make(*SecretKey::make(16)).error().code, Code::invalid);
  EXPECT_EQ(XaesKey::make(SecretKey()).error().code, Code::invalid);
}

TEST_F(XaesTest, CommitmentDependsOnKeyAndNonceAlone) {
  const auto one = XaesNonceKey::derive(key_, some_nonce());
  const auto again = XaesNonceKey::derive(key_, some_nonce());
  EXPECT_EQ(one->commitment(), again->commitment());
  for (std::size_t bit = 0; bit < kXaesNonceSize * 8; ++bit) {
    XaesNonce other = some_nonce();
    other[bit / 8] ^= static_cast<std::uint8_t>(1U << bit % 8);
    EXPECT_NE(XaesNonceKey::derive(key_, other)->commitment(), one->commitment()) << bit;
  }
  EXPECT_NE(XaesNonceKey::derive(*XaesKey::make(some_key(2)), some_nonce())->commitment(), one->commitment());
}

// The definition of a field's nonce: sealing field i under N is plain XAES under N with its last four bytes XORed with
// i.
TEST_F(XaesTest, FieldIdIsXoredIntoTheEndOfTheNonce) {
  constexpr std::uint32_t id = 0x01020304;
  XaesNonce moved = some_nonce();
  for (std::size_t i = 0; i < 4; ++i) moved[20 + i] ^= static_cast<std::uint8_t>(i + 1);
  Bytes by_id(kText.size() + kTagSize);
  Bytes by_nonce(by_id.size());
  ASSERT_TRUE(XaesNonceKey::derive(key_, some_nonce())->seal(id, bytes_of("ad"), bytes_of(kText), by_id));
  ASSERT_TRUE(XaesNonceKey::derive(key_, moved)->seal(0, bytes_of("ad"), bytes_of(kText), by_nonce));
  EXPECT_EQ(by_id, by_nonce);
}

TEST_F(XaesTest, SealsAndOpensInAnyOrderUnderOneNonce) {
  auto nonce_key = XaesNonceKey::derive(key_, some_nonce());
  std::vector<Bytes> sealed;
  for (std::uint32_t id = 0; id < 20; ++id) {
    sealed.emplace_back(id + kTagSize);
    ASSERT_TRUE(nonce_key->seal(id, bytes_of("ad"), Bytes(id, static_cast<std::uint8_t>(id)), sealed.back()));
    Bytes opened(id / 2);
    ASSERT_TRUE(nonce_key->open(id / 2, bytes_of("ad"), sealed[id / 2], opened));
    EXPECT_EQ(opened, Bytes(id / 2, static_cast<std::uint8_t>(id / 2)));
  }
  XaesNonceKey moved(std::move(*nonce_key));
  Bytes opened(7, 0xee);
  EXPECT_FALSE(moved.open(8, bytes_of("ad"), sealed[7], opened));
  EXPECT_TRUE(all_zero(opened));
  EXPECT_TRUE(moved.open(7, bytes_of("ad"), sealed[7], opened));
}

TEST_F(XaesTest, OneKeyServesManyThreads) {
  std::vector<std::thread> threads;
  for (std::uint8_t t = 0; t < 4; ++t) {
    threads.emplace_back([this, t] {
      const Commitment expected = XaesNonceKey::derive(key_, some_nonce(t))->commitment();
      for (int i = 0; i < 300; ++i) {
        auto nonce_key = XaesNonceKey::derive(key_, some_nonce(t));
        ASSERT_EQ(nonce_key->commitment(), expected);
        Bytes sealed(kText.size() + kTagSize);
        Bytes opened(kText.size());
        ASSERT_TRUE(nonce_key->seal(t, {}, bytes_of(kText), sealed));
        ASSERT_TRUE(nonce_key->open(t, {}, sealed, opened));
        ASSERT_EQ(text_of(opened), kText);
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
}

TEST_F(XaesTest, MovesKeepTheKey) {
  const Commitment expected = XaesNonceKey::derive(key_, some_nonce())->commitment();
  XaesKey moved(std::move(key_));
  XaesKey target = *XaesKey::make(some_key(5));
  target = std::move(moved);
  EXPECT_EQ(XaesNonceKey::derive(target, some_nonce())->commitment(), expected);
}

TEST_F(XaesTest, TwoKeysInTurnOnOneThreadDoNotMix) {
  const XaesKey other = *XaesKey::make(some_key(2));
  const Commitment one = XaesNonceKey::derive(key_, some_nonce())->commitment();
  const Commitment two = XaesNonceKey::derive(other, some_nonce())->commitment();
  EXPECT_NE(one, two);
  EXPECT_EQ(XaesNonceKey::derive(key_, some_nonce())->commitment(), one);
  EXPECT_EQ(XaesNonceKey::derive(other, some_nonce())->commitment(), two);
}

}  // namespace
}  // namespace sluis
