#include "gateway/keys/period_keys.h"

#include <openssl/evp.h>

#include "tests/unit/gateway_records/world.h"

namespace sluis::gateway::test {
namespace {

class PeriodKeysTest : public World {};

bool same(const Result<SecretKey>& a, const Result<SecretKey>& b) {
  return a && b && equal_constant_time(a->expose_secret(), b->expose_secret());
}

TEST_F(PeriodKeysTest, ASidecarKeyIsAKeyOfTheKeyring) {
  const auto first = period_keys().sidecar_key("2026-11");
  ASSERT_TRUE(first);
  EXPECT_EQ(first->size(), 32U);
  EXPECT_TRUE(same(first, period_keys().sidecar_key("2026-11")));
  EXPECT_FALSE(same(first, period_keys().sidecar_key("2026-12")));
  EXPECT_TRUE(store().get_key("audit/2026-11"));
}

TEST_F(PeriodKeysTest, PseudonymKeysComeFromTheHsmOncePerPeriod) {
  // Of a time that the log itself fetches no keys of.
  const int before = token().macs;
  const auto first = period_keys().pseudonym_key("2001-11");
  ASSERT_TRUE(first);
  EXPECT_TRUE(same(first, period_keys().pseudonym_key("2001-11")));
  EXPECT_EQ(token().macs, before + 1);
  EXPECT_FALSE(same(first, period_keys().pseudonym_key("2001-12")));
  EXPECT_FALSE(same(first, period_keys().sidecar_key("2001-11")));
}

TEST_F(PeriodKeysTest, RefusesWhatIsNoPeriod) {
  for (const char* period :
       {"", "2026", "2026-00", "2026-13", "2026-1", "2026/11", "20266-1", "2026-1a", "../keys", "2026-111"}) {
    EXPECT_EQ(period_keys().sidecar_key(period).error().code, Code::invalid) << period;
    EXPECT_EQ(period_keys().pseudonym_key(period).error().code, Code::invalid) << period;
  }
}

TEST_F(PeriodKeysTest, AnHsmThatIsAwayIsUnavailable) {
  token().away = true;
  EXPECT_EQ(period_keys().sidecar_key("2026-11").error().code, Code::unavailable);
  EXPECT_EQ(period_keys().pseudonym_key("2026-11").error().code, Code::unavailable);
}

TEST_F(PeriodKeysTest, TheSignersSignaturesVerify) {
  const auto signer = AuditSigner::make(token());
  ASSERT_TRUE(signer);
  const Bytes message{1, 2, 3};
  const auto signature = (*signer)->sign(message);
  const auto public_key = (*signer)->public_key();
  ASSERT_TRUE(signature && public_key);
  EVP_PKEY* key = EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, nullptr, public_key->data(), public_key->size());
  EVP_MD_CTX* context = EVP_MD_CTX_new();
  ASSERT_EQ(EVP_DigestVerifyInit(context, nullptr, nullptr, nullptr, key), 1);
  EXPECT_EQ(EVP_DigestVerify(context, signature->data(), signature->size(), message.data(), message.size()), 1);
  EVP_MD_CTX_free(context);
  EVP_PKEY_free(key);
}

}  // namespace
}  // namespace sluis::gateway::test
