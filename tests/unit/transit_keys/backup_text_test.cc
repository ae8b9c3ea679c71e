#include "gateway/transit/keys/backup_text.h"

#include "crypto/hash.h"
#include "tests/unit/transit_keys/world.h"

namespace sluis::gateway::transit::test {
namespace {

BackupContent sample() {
  BackupContent content{"orders", "{\"a\":1}", 1'700'000'000'000'000, {}};
  for (std::uint32_t number = 3; number < 5; ++number) {
    content.versions.push_back({number, 17 + number, must(SecretKey::random(70))});
  }
  return content;
}

// The text of bytes with their digest put right, so that what is behind the digest is what is tested.
SecretBuffer text_of(Bytes bytes) {
  const Digest digest = sha256(bytes);
  bytes.insert(bytes.end(), digest.begin(), digest.end());
  return SecretBuffer(to_base64(bytes));
}

Bytes bytes_of(const SecretBuffer& text) {
  Bytes bytes = must(from_base64(text.expose_text()));
  bytes.resize(bytes.size() - Digest{}.size());
  return bytes;
}

TEST(BackupText, ComesBackAsItWas) {
  const BackupContent content = sample();
  const BackupContent back = must(decode_backup(encode_backup(content).expose_text()));
  EXPECT_EQ(back.name, "orders");
  EXPECT_EQ(back.attributes, content.attributes);
  EXPECT_EQ(back.created_us, content.created_us);
  ASSERT_EQ(back.versions.size(), 2U);
  for (std::size_t i = 0; i < 2; ++i) {
    EXPECT_EQ(back.versions[i].number, content.versions[i].number);
    EXPECT_EQ(back.versions[i].created_us, content.versions[i].created_us);
    EXPECT_TRUE(same_secret(back.versions[i].material, content.versions[i].material));
  }
}

TEST(BackupText, AChangedByteIsNoticed) {
  const SecretBuffer text = encode_backup(sample());
  Bytes whole = must(from_base64(text.expose_text()));
  for (std::uint8_t& byte : whole) {
    byte ^= 1;
    EXPECT_TRUE(fails(decode_backup(to_base64(whole)), Code::invalid));
    byte ^= 1;
  }
  EXPECT_TRUE(succeeds(decode_backup(to_base64(whole))));
  EXPECT_TRUE(fails(decode_backup(""), Code::invalid));
  EXPECT_TRUE(fails(decode_backup("not base64"), Code::invalid));
  EXPECT_TRUE(fails(decode_backup(std::string(kMaxBackupBytes + 1, 'A')), Code::too_large));
}

TEST(BackupText, WhatIsBehindTheDigestIsReadStrictly) {
  const Bytes good = bytes_of(encode_backup(sample()));
  EXPECT_TRUE(succeeds(decode_backup(text_of(good).expose_text())));
  for (std::size_t size = 0; size < good.size(); ++size) {
    EXPECT_TRUE(fails(
        decode_backup(text_of(Bytes(good.begin(), good.begin() + static_cast<std::ptrdiff_t>(size))).expose_text()),
        Code::invalid))
        << size;
  }
  Bytes more = good;
  more.push_back(0);
  EXPECT_TRUE(fails(decode_backup(text_of(more).expose_text()), Code::invalid));
  Bytes magic = good;
  magic[0] ^= 1;
  EXPECT_TRUE(fails(decode_backup(text_of(magic).expose_text()), Code::invalid));
}

TEST(BackupText, VersionsFollowEachOther) {
  const auto with_numbers = [](std::vector<std::uint32_t> numbers) {
    BackupContent content{"orders", "{}", 1, {}};
    for (const std::uint32_t number : numbers) content.versions.push_back({number, 1, must(SecretKey::random(9))});
    return decode_backup(encode_backup(content).expose_text());
  };
  EXPECT_TRUE(succeeds(with_numbers({1, 2, 3})));
  EXPECT_TRUE(succeeds(with_numbers({7})));
  for (const auto& numbers : {std::vector<std::uint32_t>{}, {0}, {1, 3}, {2, 1}, {1, 1}}) {
    EXPECT_TRUE(fails(with_numbers(numbers), Code::invalid));
  }
}

}  // namespace
}  // namespace sluis::gateway::transit::test
