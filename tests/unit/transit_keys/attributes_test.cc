#include "gateway/transit/keys/attributes.h"

#include <gtest/gtest.h>

#include <string>

#include "tests/unit/transit_keys/world.h"

namespace sluis::gateway::transit::test {
namespace {

Attributes full() {
  Attributes a;
  a.type = KeyType::ecdsa_p384;
  a.derived = a.exportable = a.deletion_allowed = a.purpose_required = true;
  a.allow_rotation = false;
  a.min_decryption_version = 2;
  a.min_encryption_version = 3;
  a.min_available_version = 1;
  a.auto_rotate_period_s = 3600;
  a.key_size = 64;
  a.backup_info = Attributes::Copy{1'700'000'000, 4};
  a.uses = {{2, 17}, {3, std::uint64_t{1} << 32U}};
  a.certificate_chains = {{2, {Bytes{1, 2, 3}, Bytes{4}}}};
  return a;
}

std::string replaced(std::string text, std::string_view from, std::string_view to) {
  const std::size_t at = text.find(from);
  if (at == std::string::npos) throw std::runtime_error("not there: " + std::string(from));
  return text.replace(at, from.size(), to);
}

TEST(Attributes, ComeBackAsTheyWere) {
  const std::string text = must(to_json(full()));
  const Attributes back = must(attributes_of(text));
  EXPECT_EQ(back.type, KeyType::ecdsa_p384);
  EXPECT_TRUE(back.derived && back.exportable && back.deletion_allowed && back.purpose_required);
  EXPECT_FALSE(back.convergent || back.allow_rotation || back.imported || back.case_required);
  EXPECT_EQ(back.uses, full().uses);
  EXPECT_EQ(back.certificate_chains, full().certificate_chains);
  EXPECT_EQ(back.backup_info->version, 4U);
  EXPECT_FALSE(back.restore_info);
  EXPECT_EQ(must(to_json(back)), text);
  EXPECT_EQ(must(to_json(must(attributes_of(must(to_json(Attributes{})))))), must(to_json(Attributes{})));
}

TEST(Attributes, AreReadStrictly) {
  const std::string good = must(to_json(full()));
  const std::pair<std::string_view, std::string_view> changes[] = {
      {"\"format\":1", "\"format\":2"},
      {"\"format\":1", "\"format\":0"},
      {"\"derived\":true,", ""},
      {"\"derived\":true", "\"derived\":1"},
      {"\"derived\":true", "\"derived\":true,\"more\":1"},
      {"ecdsa-p384", "ecdsa-p385"},
      {"\"type\":\"ecdsa-p384\"", "\"type\":7"},
      {"\"min_decryption_version\":2", "\"min_decryption_version\":0"},
      {"\"min_decryption_version\":2", "\"min_decryption_version\":-2"},
      {"\"min_decryption_version\":2", "\"min_decryption_version\":2.0"},
      {"\"min_decryption_version\":2", "\"min_decryption_version\":2147483648"},
      {"\"auto_rotate_period\":3600", "\"auto_rotate_period\":18446744073709551615"},
      {"\"version\":4", "\"version\":4,\"x\":1"},
      {"\"uses\":{\"2\":17", "\"uses\":{\"02\":17"},
      {"\"uses\":{\"2\":17", "\"uses\":{\"\":17"},
      {"\"uses\":{\"2\":17", "\"uses\":{\"2\":-17"},
      {"\"uses\":{\"2\":17", "\"uses\":{\"x\":17"},
      {"\"AQID\"", "\"AQI\""},
      {"\"AQID\"", "7"},
      {"[\"AQID\",\"BA==\"]", "[]"},
      {"{", "[{"},
  };
  for (const auto& [from, to] : changes) {
    EXPECT_TRUE(fails(attributes_of(replaced(good, from, to)), Code::corrupt)) << from << " -> " << to;
  }
  for (std::size_t size = 0; size < good.size(); ++size) {
    EXPECT_TRUE(fails(attributes_of(std::string_view(good).substr(0, size)), Code::corrupt)) << size;
  }
  EXPECT_TRUE(fails(attributes_of(std::string(kMaxAttributesBytes + 1, ' ')), Code::corrupt));
}

TEST(Attributes, TooManyCertificatesDoNotFit) {
  Attributes a;
  for (std::uint32_t version = 1; version < 40; ++version) a.certificate_chains[version] = {Bytes(30'000, 7)};
  EXPECT_TRUE(fails(to_json(a), Code::too_large));
}

TEST(Attributes, NamesOfKeys) {
  for (const std::string_view name : {"a", "_", "a-b", "a.b", "orders_2026", "A9", "a--..b"}) {
    EXPECT_TRUE(is_key_name(name)) << name;
  }
  for (const std::string_view name : {"", "-", "a-", ".a", "a/b", "a b", "\xc3\xa7", "a\n", "a%"}) {
    EXPECT_FALSE(is_key_name(name)) << name;
  }
  EXPECT_TRUE(is_key_name(std::string(256, 'a')));
  EXPECT_FALSE(is_key_name(std::string(257, 'a')));
}

TEST(Attributes, TypesHaveTheirNamesAndAbilities) {
  for (int i = 0; i <= static_cast<int>(KeyType::hmac); ++i) {
    const auto type = static_cast<KeyType>(i);
    EXPECT_EQ(key_type_named(name(type)), type);
    EXPECT_EQ(is_asymmetric(type), signs(type)) << name(type);
    EXPECT_TRUE(derives(type) || !converges(type)) << name(type);
  }
  EXPECT_EQ(key_type_named("aes256-gcm97"), std::nullopt);
  EXPECT_EQ(key_type_named(""), std::nullopt);
  EXPECT_TRUE(encrypts(KeyType::rsa_2048) && encrypts(KeyType::aes128_gcm96));
  EXPECT_FALSE(encrypts(KeyType::ed25519) || encrypts(KeyType::hmac) || encrypts(KeyType::ecdsa_p256));
}

TEST(Attributes, OnlyShortRandomNoncesAreCounted) {
  Attributes a;
  EXPECT_TRUE(counts_uses(a));
  a.type = KeyType::chacha20_poly1305;
  EXPECT_TRUE(counts_uses(a));
  a.convergent = true;
  EXPECT_FALSE(counts_uses(a));
  a.convergent = false;
  a.type = KeyType::xchacha20_poly1305;
  EXPECT_FALSE(counts_uses(a));
  a.type = KeyType::rsa_2048;
  EXPECT_FALSE(counts_uses(a));
}

}  // namespace
}  // namespace sluis::gateway::transit::test
