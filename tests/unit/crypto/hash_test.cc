#include "crypto/hash.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <thread>

namespace sluis {
namespace {

// FIPS 180-4 examples.
TEST(Sha256, KnownAnswers) {
  EXPECT_EQ(to_hex(sha256({})), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  EXPECT_EQ(to_hex(sha256(bytes_of("abc"))), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
}

TEST(Sha256, PiecesAreOneMessage) {
  EXPECT_EQ(sha256({bytes_of("a"), {}, bytes_of("bc")}), sha256(bytes_of("abc")));
  EXPECT_EQ(sha256(std::initializer_list<ByteView>{}), sha256(ByteView()));
}

TEST(Hmac, KeyIsSplitFromMessageAndEachBitCounts) {
  const Digest digest = hmac_sha256(bytes_of("key"), {bytes_of("mes"), bytes_of("sage")});
  EXPECT_EQ(digest, hmac_sha256(bytes_of("key"), {bytes_of("message")}));
  EXPECT_NE(digest, hmac_sha256(bytes_of("kez"), {bytes_of("message")}));
  EXPECT_NE(digest, hmac_sha256(bytes_of("keym"), {bytes_of("essage")}));
  EXPECT_NE(hmac_sha256({}, {}), hmac_sha256(bytes_of("k"), {}));
}

// A key longer than a block is its digest (RFC 2104 section 2), one of exactly a block is itself.
TEST(Hmac, KeysAroundTheBlockSize) {
  const Bytes block(64, 0x61);
  const Bytes longer(65, 0x61);
  EXPECT_EQ(hmac_sha256(longer, {bytes_of("m")}), hmac_sha256(sha256(longer), {bytes_of("m")}));
  EXPECT_NE(hmac_sha256(block, {bytes_of("m")}), hmac_sha256(sha256(block), {bytes_of("m")}));
}

TEST(Hkdf, SizesAndInfosGiveOtherKeys) {
  const SecretKey key = *SecretKey::copy_of(bytes_of("0123456789abcdef0123456789abcdef"));
  const auto long_key = hkdf_sha256(key, "a", 100);
  const auto short_key = hkdf_sha256(key, "a", 32);
  ASSERT_TRUE(long_key && short_key);
  EXPECT_TRUE(std::equal(short_key->expose_secret().begin(), short_key->expose_secret().end(),
                         long_key->expose_secret().begin()));
  EXPECT_FALSE(equal_constant_time(short_key->expose_secret(), hkdf_sha256(key, "b", 32)->expose_secret()));
}

TEST(Hkdf, RefusesSizesOutOfRange) {
  const SecretKey key = *SecretKey::random(32);
  EXPECT_EQ(hkdf_sha256(key, "a", 0).error().code, Code::invalid);
  EXPECT_EQ(hkdf_sha256(key, "a", 4097).error().code, Code::invalid);
  Bytes out(8161, 0xee);
  EXPECT_EQ(hkdf_sha256({}, key.expose_secret(), {}, out).error().code, Code::invalid);
  EXPECT_EQ(out, Bytes(8161)) << "zeros after a failure";
  EXPECT_TRUE(hkdf_sha256({}, key.expose_secret(), {}, ByteSpan(out).first(8160)));
}

TEST(Random, FillsWholeBuffersWithOtherBytesEachTime) {
  for (Status (*fill)(ByteSpan) : {&random_bytes, &random_secret}) {
    Bytes one(1000);
    Bytes other(1000);
    ASSERT_TRUE(fill(one) && fill(other));
    EXPECT_NE(one, other);
    for (std::size_t i = 0; i + 50 <= one.size(); i += 50) {
      EXPECT_FALSE(std::all_of(one.begin() + static_cast<std::ptrdiff_t>(i),
                               one.begin() + static_cast<std::ptrdiff_t>(i) + 50, [](auto b) { return b == 0; }));
    }
    EXPECT_TRUE(fill({}));
  }
}

TEST(Digests, AreTheSameOnEveryThread) {
  const Digest expected = hmac_sha256(bytes_of("key"), {bytes_of("message")});
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&expected] {
      for (int i = 0; i < 500; ++i) EXPECT_EQ(hmac_sha256(bytes_of("key"), {bytes_of("message")}), expected);
    });
  }
  for (std::thread& thread : threads) thread.join();
}

}  // namespace
}  // namespace sluis
