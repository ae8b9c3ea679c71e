// Other vendors' ways, and modules that do not do what they are asked.
#include "hsm/provision.h"
#include "tests/contract/hsm/shim_fixture.h"

namespace sluis::hsm {
namespace {

const ByteView kContext = bytes_of("context");

class Quirk : public ShimTest {
 protected:
  static std::set<std::string> failed_steps(Pkcs11Token& token) {
    const auto steps = token.selftest();
    std::set<std::string> names;
    if (!steps) return {"no self-test at all"};
    for (const auto& step : *steps) {
      if (step.outcome == SelfTestStep::Outcome::failed) names.emplace(step.name);
    }
    return names;
  }
};

TEST_F(Quirk, HardeningIsDroppedWhereUnknown) {
  shim().no_hardening = true;
  const auto token = open();
  const auto steps = make_first_keys(*token);
  ASSERT_TRUE(steps) << steps.error().what.view();
  EXPECT_TRUE(token->wrap(1, kContext, test_secret()));
  EXPECT_TRUE(token->sign(1, kContext));
  EXPECT_TRUE(token->mac(1, kContext));
  EXPECT_EQ(failed_steps(*token), std::set<std::string>{});
}

TEST_F(Quirk, KeyThatCameOutExtractableIsDestroyedAtOnce) {
  shim().makes_extractable = true;
  const auto token = open();
  for (const KeyKind kind : {KeyKind::master, KeyKind::audit, KeyKind::pseudonym}) {
    EXPECT_EQ(code_of(token->make(kind, 1)), Code::denied);
  }
  const auto keys = token->list();
  ASSERT_TRUE(keys);
  EXPECT_TRUE(keys->empty());
  EXPECT_TRUE(token->probe()->orphans.empty());
}

TEST_F(Quirk, HalvesOfAFailedPairAreRemoved) {
  shim().leaves_halves = true;
  const auto token = open();
  EXPECT_EQ(code_of(token->make(KeyKind::audit, 1)), Code::unavailable);
  shim().leaves_halves = false;
  until_healed([&] { return token->list(); });
  EXPECT_TRUE(token->probe()->orphans.empty());
  EXPECT_TRUE(token->make(KeyKind::audit, 1));
}

TEST_F(Quirk, RawPointsAreRead) {
  shim().raw_points = true;
  const auto token = open();
  ASSERT_TRUE(token->make(KeyKind::audit, 1));
  const auto point = token->public_key(1);
  const auto signature = token->sign(1, kContext);
  ASSERT_TRUE(point && signature);
  EXPECT_TRUE(ed25519_verifies(*point, kContext, *signature));
  EXPECT_EQ(failed_steps(*token), std::set<std::string>{});
}

TEST_F(Quirk, NonceOfTheHsmIsReadBack) {
  shim().own_nonce = true;
  Pkcs11Config own = config();
  own.profile.gcm_nonce = GcmNonce::token;
  const auto token = open(own);
  ASSERT_TRUE(token->make(KeyKind::master, 1));
  const SecretKey key = test_secret();
  std::set<Bytes> nonces;
  for (int i = 0; i < 8; ++i) {
    const auto wrapped = token->wrap(1, kContext, key);
    ASSERT_TRUE(wrapped) << wrapped.error().what.view();
    nonces.emplace(wrapped->begin(), wrapped->begin() + 12);
    const auto opened = token->unwrap(1, kContext, *wrapped);
    ASSERT_TRUE(opened) << opened.error().what.view();
    EXPECT_TRUE(equal_constant_time(opened->expose_secret(), key.expose_secret()));
  }
  EXPECT_EQ(nonces.size(), 8U);
  EXPECT_EQ(failed_steps(*token), std::set<std::string>{});
}

// Were the zero nonce taken at its word, every key would be wrapped under the same one.
TEST_F(Quirk, ZeroNonceIsNeverUsed) {
  Pkcs11Config own = config();
  own.profile.gcm_nonce = GcmNonce::token;  // the module does not write one
  const auto token = open(own);
  ASSERT_TRUE(token->make(KeyKind::master, 1));
  EXPECT_FALSE(token->wrap(1, kContext, test_secret()));
  EXPECT_NE(failed_steps(*token), std::set<std::string>{});
}

TEST_F(Quirk, WrongProfileIsNoticedByTheSelfTest) {
  shim().own_nonce = true;
  const auto token = open();
  ASSERT_TRUE(token->make(KeyKind::master, 1));
  EXPECT_EQ(code_of(token->wrap(1, kContext, test_secret())), Code::invalid);
  EXPECT_TRUE(failed_steps(*token).contains("AES-256-GCM seals as OpenSSL does"));
}

TEST_F(Quirk, SelfTestNamesWhatIsWrong) {
  const auto token = open();
  ASSERT_TRUE(make_first_keys(*token));
  EXPECT_EQ(failed_steps(*token), std::set<std::string>{});
  shim().wrong_results = true;
  const auto wrong = failed_steps(*token);
  EXPECT_TRUE(wrong.contains("AES-256-GCM seals as OpenSSL does"));
  EXPECT_TRUE(wrong.contains("HMAC-SHA-256 as OpenSSL computes it"));
  EXPECT_TRUE(wrong.contains("Ed25519 signature verified by OpenSSL"));
  EXPECT_TRUE(wrong.contains("audit keys sign"));
  EXPECT_FALSE(wrong.contains("AES-256-GCM opens what OpenSSL sealed"));
  shim().wrong_results = false;
  until_healed([&] { return token->probe(); });
  shim().gives_values = true;
  EXPECT_EQ(failed_steps(*token), std::set<std::string>{"master keys stay inside"});
}

TEST_F(Quirk, SelfTestSkipsWhatTheTokenForbids) {
  shim().refuses_known_keys = true;
  const auto token = open();
  const auto steps = token->selftest();
  ASSERT_TRUE(steps);
  int skipped = 0;
  for (const auto& step : *steps) {
    EXPECT_NE(step.outcome, SelfTestStep::Outcome::failed) << step.name;
    skipped += step.outcome == SelfTestStep::Outcome::skipped ? 1 : 0;
  }
  EXPECT_GE(skipped, 3);
}

TEST_F(Quirk, ProfileWithoutEdwardsSaysSo) {
  Pkcs11Config plain = config();
  plain.profile.eddsa = 0;
  const auto token = open(plain);
  const auto steps = make_first_keys(*token);
  ASSERT_TRUE(steps);
  EXPECT_EQ((*steps)[1].outcome, ProvisionStep::Outcome::unsupported);
  EXPECT_EQ(code_of(token->sign(1, kContext)), Code::invalid);
}

}  // namespace
}  // namespace sluis::hsm
