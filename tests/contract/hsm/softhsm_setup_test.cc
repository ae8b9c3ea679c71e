// Setting up a real SoftHSM token, and the self-test on it.
#include "hsm/provision.h"
#include "tests/contract/hsm/softhsm_fixture.h"

namespace sluis::hsm {
namespace {

using Provision = SoftHsmTest;

TEST_F(Provision, FirstKeysAreMadeOnceOnly) {
  const auto token = open();
  const auto first = make_first_keys(*token);
  ASSERT_TRUE(first);
  ASSERT_EQ(first->size(), 3U);
  for (const auto& step : *first) EXPECT_EQ(step.outcome, ProvisionStep::Outcome::created) << step.label;
  const auto wrapped = token->wrap(1, {}, test_secret());
  ASSERT_TRUE(wrapped);
  const auto again = make_first_keys(*token);
  ASSERT_TRUE(again);
  for (const auto& step : *again) EXPECT_EQ(step.outcome, ProvisionStep::Outcome::existed) << step.label;
  EXPECT_TRUE(token->unwrap(1, {}, *wrapped));
  ASSERT_TRUE(token->destroy(KeyKind::pseudonym, 1));
  const auto third = make_first_keys(*token);
  ASSERT_TRUE(third);
  EXPECT_EQ((*third)[0].outcome, ProvisionStep::Outcome::existed);
  EXPECT_EQ((*third)[2].outcome, ProvisionStep::Outcome::created);
}

TEST_F(Provision, RolledMasterKeyDoesNotComeBack) {
  const auto token = open();
  ASSERT_TRUE(make_first_keys(*token));
  ASSERT_TRUE(token->make(KeyKind::master, 2));
  ASSERT_TRUE(token->destroy(KeyKind::master, 1));
  const auto again = make_first_keys(*token);
  ASSERT_TRUE(again);
  EXPECT_EQ((*again)[0].label, "sluis-master-m2");
  EXPECT_EQ(code_of(token->wrap(1, {}, test_secret())), Code::not_found);
}

TEST_F(Provision, SelfTestPassesStepByStep) {
  const auto token = open();
  const auto before = token->selftest();
  ASSERT_TRUE(before);
  for (const auto& step : *before)
    EXPECT_NE(step.outcome, SelfTestStep::Outcome::failed) << step.name << ": " << step.detail;
  ASSERT_TRUE(make_first_keys(*token));
  const auto after = token->selftest();
  ASSERT_TRUE(after);
  EXPECT_GE(after->size(), 10U);
  for (const auto& step : *after) {
    EXPECT_EQ(step.outcome, SelfTestStep::Outcome::passed) << step.name << ": " << step.detail;
  }
  const auto keys = token->list();
  ASSERT_TRUE(keys);
  EXPECT_EQ(keys->size(), 3U) << "the self-test leaves nothing behind";
  EXPECT_TRUE(token->probe()->orphans.empty());
}

class EmptySlot : public ::testing::Test {
 protected:
  void SetUp() override {
    if (!test::SoftHsmToken::available()) GTEST_SKIP() << "SoftHSM is not installed";
    files_ = std::make_unique<test::SoftHsmToken>(test::SoftHsmToken::Token::absent);
  }
  Result<InitOutcome> initialise() { return initialise(secret_of(files_->so_pin), secret_of(files_->pin)); }
  Result<InitOutcome> initialise(const SecretKey& so_pin, const SecretKey& pin) {
    return initialise_token(files_->config(), so_pin, pin);
  }
  std::unique_ptr<test::SoftHsmToken> files_;
};

TEST_F(EmptySlot, BecomesATokenOnce) {
  const auto first = initialise();
  ASSERT_TRUE(first) << first.error().what.view();
  EXPECT_EQ(*first, InitOutcome::initialised);
  Bytes wrapped;
  {
    auto token = Pkcs11Token::open(files_->config(), secret_of(files_->pin));
    ASSERT_TRUE(token) << token.error().what.view();
    ASSERT_TRUE(make_first_keys(**token));
    wrapped = *(*token)->wrap(1, {}, test_secret());
  }
  const auto again = initialise();
  ASSERT_TRUE(again) << again.error().what.view();
  EXPECT_EQ(*again, InitOutcome::existed);
  const auto other_pins = initialise(secret_of("99999999"), secret_of("88888888"));
  ASSERT_TRUE(other_pins);
  EXPECT_EQ(*other_pins, InitOutcome::existed) << "an initialised token is left alone";
  auto token = Pkcs11Token::open(files_->config(), secret_of(files_->pin));
  ASSERT_TRUE(token) << "the first PIN still holds";
  EXPECT_TRUE((*token)->unwrap(1, {}, wrapped));
}

TEST_F(EmptySlot, InterruptedSetUpIsFinished) {
  ASSERT_EQ(code_of(initialise(secret_of(files_->so_pin), secret_of("1"))), Code::invalid) << "a PIN of one digit";
  EXPECT_EQ(code_of(Pkcs11Token::open(files_->config(), secret_of(files_->pin))), Code::denied);
  const auto finished = initialise();
  ASSERT_TRUE(finished) << finished.error().what.view();
  EXPECT_EQ(*finished, InitOutcome::pin_set);
  EXPECT_TRUE(Pkcs11Token::open(files_->config(), secret_of(files_->pin)));
}

TEST_F(EmptySlot, WrongSoPinIsDenied) {
  ASSERT_EQ(code_of(initialise(secret_of(files_->so_pin), secret_of("1"))), Code::invalid);
  EXPECT_EQ(code_of(initialise(secret_of("99999999"), secret_of(files_->pin))), Code::denied);
}

}  // namespace
}  // namespace sluis::hsm
