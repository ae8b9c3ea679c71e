#include "audit/sidecar.h"

#include <gtest/gtest.h>

#include <set>

#include "crypto/aead.h"
#include "tests/support/audit_keys.h"

namespace sluis::audit {
namespace {

constexpr std::uint64_t kTime = 1'793'882'096'123'456;  // 2026-11
const RunId kRun = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16};

class SidecarTest : public ::testing::Test {
 protected:
  // Salt and payload.
  const std::string plain_ = std::string(16, 's') + "{\"record\":\"r\"}";
  const Digest commitment_ = sha256(bytes_of(plain_));

  Bytes seal(std::uint64_t counter, std::uint64_t time_us = kTime) {
    const auto sealer = *PeriodSealer::make(keys_, period_of(time_us), kRun);
    auto lease = *sealer->lease();
    Bytes out(plain_.size() + kSidecarOverhead);
    EXPECT_TRUE(lease.seal(counter, commitment_, bytes_of(plain_), out));
    return out;
  }

  tests::MemoryPeriodKeys keys_;
};

TEST_F(SidecarTest, HasTheBytesOfItsDefinition) {
  const Bytes sidecar = seal(0x0102030405060708);
  EXPECT_EQ(to_hex(ByteView(sidecar).first(25)), "01" + to_hex(kRun) + "0102030405060708");
  std::string info = "sluis/audit/sidecar/1";
  info.append(text_of(kRun));
  const SecretKey key = *hkdf_sha256(*keys_.sidecar_key("2026-11"), info, 32);
  Bytes ad;
  for (const char c : std::string_view("sluis/audit/sidecar/1")) ad.push_back(static_cast<std::uint8_t>(c));
  append_prefixed(ad, bytes_of("2026-11"));
  ad.insert(ad.end(), kRun.begin(), kRun.end());
  ad.insert(ad.end(), commitment_.begin(), commitment_.end());
  const Bytes nonce = *from_hex("000000000102030405060708");
  Bytes opened(plain_.size());
  ASSERT_TRUE(gcm_open(key, nonce, ad, ByteView(sidecar).subspan(25), opened));
  EXPECT_EQ(text_of(opened), plain_);
}

TEST_F(SidecarTest, IsOpened) {
  SidecarOpener opener(keys_);
  const auto payload = opener.open(kTime, commitment_, seal(7));
  ASSERT_TRUE(payload);
  EXPECT_EQ(payload->expose_text(), "{\"record\":\"r\"}");
}

TEST_F(SidecarTest, IsBoundToItsPeriodItsEntryAndItsBytes) {
  SidecarOpener opener(keys_);
  const Bytes good = seal(7);
  EXPECT_EQ(opener.open(kTime + 31ULL * 86'400 * kSecondUs, commitment_, good).error().code, Code::corrupt);
  EXPECT_EQ(opener.open(kTime, sha256(bytes_of("another")), good).error().code, Code::corrupt);
  for (std::size_t i = 0; i < good.size(); ++i) {
    Bytes changed = good;
    changed[i] ^= 1U;
    EXPECT_EQ(opener.open(kTime, commitment_, changed).error().code, Code::corrupt) << i;
  }
  for (std::size_t size = 0; size < good.size(); ++size) {
    EXPECT_EQ(opener.open(kTime, commitment_, ByteView(good).first(size)).error().code, Code::corrupt);
  }
}

TEST_F(SidecarTest, OfADestroyedPeriodIsNotFound) {
  const Bytes sidecar = seal(7);
  keys_.destroy("2026-11");
  SidecarOpener opener(keys_);
  EXPECT_EQ(opener.open(kTime, commitment_, sidecar).error().code, Code::not_found);
}

TEST_F(SidecarTest, GivesPseudonymsThatDependOnThePeriodAlone) {
  const auto november = *PeriodSealer::make(keys_, period_of(kTime), kRun);
  const auto december = *PeriodSealer::make(keys_, Period{period_of(kTime).months + 1}, kRun);
  auto lease = *november->lease();
  const Digest first = *lease.pseudonym("85.07.30-033.28");
  EXPECT_EQ(*lease.pseudonym("85.07.30-033.29") == first, false);
  EXPECT_EQ(*lease.pseudonym("85.07.30-033.28"), first);
  EXPECT_EQ(first, hmac_sha256(keys_.pseudonym_key("2026-11")->expose_secret(), {bytes_of("85.07.30-033.28")}));
  auto other = *december->lease();
  EXPECT_NE(*other.pseudonym("85.07.30-033.28"), first);
}

TEST_F(SidecarTest, LeasesAreUsedAgainAndByManyAtOnce) {
  const auto sealer = *PeriodSealer::make(keys_, period_of(kTime), kRun);
  for (int round = 0; round < 3; ++round) {
    auto one = *sealer->lease();
    auto two = *sealer->lease();
    EXPECT_EQ(*one.pseudonym("a"), *two.pseudonym("a"));
  }
}

TEST_F(SidecarTest, CountersAreUniqueAndRunsDiffer) {
  const auto one = *Sealers::make(keys_);
  const auto two = *Sealers::make(keys_);
  std::set<std::uint64_t> counters;
  for (int i = 0; i < 100; ++i) counters.insert(one->next_counter());
  EXPECT_EQ(counters.size(), 100U);
  const auto run_of = [&](Sealers& sealers) {
    auto lease = *(*sealers.of(period_of(kTime)))->lease();
    Bytes out(plain_.size() + kSidecarOverhead);
    EXPECT_TRUE(lease.seal(0, commitment_, bytes_of(plain_), out));
    return to_hex(ByteView(out).subspan(1, 16));
  };
  EXPECT_NE(run_of(*one), run_of(*two));
}

TEST_F(SidecarTest, FetchesAPeriodsKeysOnce) {
  const auto sealers = *Sealers::make(keys_);
  for (int i = 0; i < 10; ++i) ASSERT_TRUE(sealers->of(period_of(kTime)));
  EXPECT_EQ(keys_.calls(), 2U);
  keys_.set_away(true);
  EXPECT_EQ(sealers->of(Period{1}).error().code, Code::unavailable);
}

}  // namespace
}  // namespace sluis::audit
