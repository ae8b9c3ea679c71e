// How Sluis takes a module's errors: what heals, what is retried, what is said.
#include <future>
#include <thread>

#include "tests/contract/hsm/shim_fixture.h"

namespace sluis::hsm {
namespace {

const ByteView kContext = bytes_of("context");

class Illness : public ShimTest {
 protected:
  void SetUp() override {
    ShimTest::SetUp();
    if (IsSkipped()) return;
    token_ = open();
    ASSERT_TRUE(token_->make(KeyKind::master, 1));
    auto wrapped = token_->wrap(1, kContext, key_);
    ASSERT_TRUE(wrapped);
    wrapped_ = *wrapped;
  }
  std::optional<Code> wrap() { return code_of(token_->wrap(1, kContext, key_)); }
  std::optional<Code> unwrap() { return code_of(token_->unwrap(1, kContext, wrapped_)); }

  SecretKey key_ = test_secret();
  Bytes wrapped_;
  std::unique_ptr<Pkcs11Token> token_;
};

TEST_F(Illness, LostConnectionHealsWithinTheCall) {
  int expected = 0;
  for (const unsigned long code :
       {CKR_DEVICE_ERROR, CKR_DEVICE_REMOVED, CKR_TOKEN_NOT_PRESENT, CKR_SESSION_HANDLE_INVALID, CKR_SESSION_CLOSED,
        CKR_USER_NOT_LOGGED_IN, CKR_CRYPTOKI_NOT_INITIALIZED}) {
    ::usleep(5000);  // longer than the pause between attempts
    shim().fail(Call::encrypt, code, 1);
    EXPECT_EQ(wrap(), std::nullopt) << code;
    ++expected;
    EXPECT_EQ(lost_, expected);
    EXPECT_EQ(reconnected_, expected);
  }
}

TEST_F(Illness, StaleHandleIsFoundAgainWithoutReconnecting) {
  for (const unsigned long code : {CKR_KEY_HANDLE_INVALID, CKR_OBJECT_HANDLE_INVALID}) {
    shim().fail(Call::encrypt, code, 1);
    EXPECT_EQ(wrap(), std::nullopt);
    shim().fail(Call::decrypt, code, 1);
    EXPECT_EQ(unwrap(), std::nullopt);
  }
  EXPECT_EQ(lost_, 0);
}

TEST_F(Illness, PassingHiccupIsRetriedOnce) {
  shim().fail(Call::encrypt, CKR_GENERAL_ERROR, 1);
  EXPECT_EQ(wrap(), std::nullopt);
  shim().fail(Call::decrypt, CKR_GENERAL_ERROR, 1);
  EXPECT_EQ(unwrap(), std::nullopt) << "good data is not condemned for a hiccup";
  EXPECT_EQ(lost_, 0);
}

TEST_F(Illness, LastingIllnessIsUnavailableAndHeals) {
  shim().fail(Call::encrypt, CKR_GENERAL_ERROR);
  EXPECT_EQ(wrap(), Code::unavailable);
  EXPECT_EQ(lost_, 0) << "the token answers otherwise: reconnecting would only disturb the rest";
  EXPECT_EQ(unwrap(), std::nullopt);
  shim().heal();
  EXPECT_EQ(wrap(), std::nullopt);
}

TEST_F(Illness, SickHsmIsNotTakenForTampering) {
  shim().fail(Call::decrypt, CKR_GENERAL_ERROR);
  EXPECT_EQ(unwrap(), Code::unavailable);
  shim().fail(Call::encrypt, CKR_FUNCTION_FAILED);
  EXPECT_EQ(unwrap(), Code::unavailable);
  shim().heal();
  until_healed([&] { return token_->unwrap(1, kContext, wrapped_); });
}

TEST_F(Illness, TamperingIsCorruptWhicheverWayTheModuleSaysIt) {
  Bytes spoiled = wrapped_;
  spoiled.back() ^= 1;
  EXPECT_EQ(code_of(token_->unwrap(1, kContext, spoiled)), Code::corrupt) << "SoftHSM says GENERAL_ERROR";
  for (const unsigned long code : {CKR_ENCRYPTED_DATA_INVALID, CKR_ENCRYPTED_DATA_LEN_RANGE, kAeadDecryptFailed}) {
    shim().fail(Call::decrypt, code, 1);
    EXPECT_EQ(code_of(token_->unwrap(1, kContext, spoiled)), Code::corrupt);
  }
  EXPECT_EQ(lost_, 0);
}

TEST_F(Illness, AbsentAttributesAndFailingFindsAreNoVerdictOnTheKey) {
  shim().fail(Call::encrypt, CKR_MECHANISM_INVALID, 1);
  EXPECT_EQ(wrap(), std::nullopt);
  shim().fail(Call::encrypt, CKR_MECHANISM_INVALID);
  EXPECT_EQ(wrap(), Code::invalid) << "it lasts, and the token answers: the profile is wrong";
  shim().heal();
  shim().fail(Call::find, CKR_GENERAL_ERROR, 1);
  EXPECT_TRUE(token_->list());
  shim().fail(Call::find, CKR_GENERAL_ERROR);
  EXPECT_EQ(code_of(token_->list()), Code::unavailable);
  EXPECT_EQ(code_of(token_->wrap(9, kContext, key_)), Code::unavailable);
  shim().heal();
  until_healed([&] { return token_->list(); });
}

TEST_F(Illness, RandomMacAndSignHeal) {
  ASSERT_TRUE(token_->make(KeyKind::pseudonym, 1));
  ASSERT_TRUE(token_->make(KeyKind::audit, 1));
  ::usleep(5000);
  shim().fail(Call::random, CKR_DEVICE_ERROR, 1);
  EXPECT_TRUE(token_->random(32));
  ::usleep(5000);
  shim().fail(Call::sign, CKR_DEVICE_ERROR, 1);
  EXPECT_TRUE(token_->mac(1, kContext));
  ::usleep(5000);
  shim().fail(Call::sign, CKR_DEVICE_ERROR, 1);
  EXPECT_TRUE(token_->sign(1, kContext));
  EXPECT_EQ(reconnected_, 3);
}

TEST_F(Illness, ModuleOutOfSessionsIsBusy) {
  shim().fail(Call::encrypt, CKR_GENERAL_ERROR, 1);  // costs the pool its idle session
  shim().fail(Call::open_session, CKR_SESSION_COUNT);
  EXPECT_EQ(wrap(), Code::busy);
  shim().heal();
  EXPECT_EQ(wrap(), std::nullopt);
  EXPECT_EQ(lost_, 0);
}

TEST_F(Illness, FailedDestructionIsNotCalledOne) {
  shim().fail(Call::destroy, CKR_ACTION_PROHIBITED);
  EXPECT_EQ(code_of(token_->destroy(KeyKind::master, 1)), Code::denied);
  shim().fail(Call::destroy, CKR_GENERAL_ERROR);
  EXPECT_EQ(code_of(token_->destroy(KeyKind::master, 1)), Code::unavailable);
  shim().heal();
  EXPECT_EQ(unwrap(), std::nullopt);
}

class Held : public ShimTest {
 protected:
  void wait_until_held() {
    for (int i = 0; i < 50000 && shim().held == 0; ++i) ::usleep(200);
    ASSERT_GT(shim().held, 0);
  }
};

TEST_F(Held, FullPoolIsBusy) {
  Pkcs11Config one = config();
  one.session_limit = 2;  // the login's and one more
  one.session_wait = std::chrono::milliseconds(1);
  const auto token = open(one);
  ASSERT_TRUE(token->make(KeyKind::master, 1));
  shim().hold_encrypt = true;
  auto held = std::async(std::launch::async, [&] { return code_of(token->wrap(1, kContext, test_secret())); });
  wait_until_held();
  EXPECT_EQ(code_of(token->wrap(1, kContext, test_secret())), Code::busy);
  EXPECT_EQ(code_of(token->list()), Code::busy);
  shim().hold_encrypt = false;
  EXPECT_EQ(held.get(), std::nullopt);
  EXPECT_TRUE(token->list());
}

// A call hangs inside the module while another finds the connection lost: C_Finalize waits for the first, and everybody
// else is turned away meanwhile.
TEST_F(Held, ReconnectingWaitsForCallsInside) {
  const auto token = open();
  ASSERT_TRUE(token->make(KeyKind::master, 1));
  ASSERT_TRUE(token->make(KeyKind::pseudonym, 1));
  ::usleep(5000);
  shim().hold_encrypt = true;
  auto held = std::async(std::launch::async, [&] { return code_of(token->wrap(1, kContext, test_secret())); });
  wait_until_held();
  shim().fail(Call::sign, CKR_DEVICE_REMOVED, 1);
  auto healing = std::async(std::launch::async, [&] { return code_of(token->mac(1, kContext)); });
  while (lost_ == 0 && code_of(token->list()) != Code::unavailable) ::usleep(200);
  EXPECT_EQ(code_of(token->probe()), Code::unavailable) << "and at once, though the module hangs";
  EXPECT_EQ(code_of(token->mac(1, kContext)), Code::unavailable);
  shim().hold_encrypt = false;
  EXPECT_EQ(held.get(), std::nullopt);
  EXPECT_EQ(healing.get(), std::nullopt);
  EXPECT_TRUE(token->list());
}

TEST_F(Held, PausesBoundTheAttempts) {
  Pkcs11Config patient = config();
  patient.backoff_first = std::chrono::hours(1);
  patient.backoff_max = std::chrono::hours(1);
  const auto token = open(patient);
  ASSERT_TRUE(token->make(KeyKind::master, 1));
  shim().fail(Call::encrypt, CKR_DEVICE_REMOVED);
  const int before = calls(Call::initialize);
  for (int i = 0; i < 100; ++i) EXPECT_EQ(code_of(token->wrap(1, kContext, test_secret())), Code::unavailable);
  EXPECT_LE(calls(Call::initialize) - before, 1);
  EXPECT_EQ(lost_, 1) << "one outage is one event";
}

class Login : public ShimTest {};

TEST_F(Login, RefusedPinIsTriedOnce) {
  for (const unsigned long code : {CKR_PIN_INCORRECT, CKR_PIN_LOCKED, CKR_PIN_EXPIRED}) {
    const int before = calls(Call::login);
    shim().fail(Call::login, code);
    EXPECT_EQ(code_of(Pkcs11Token::open(config(), secret_of("wrong-pin"), Start::may_be_away)), Code::denied);
    EXPECT_EQ(calls(Call::login) - before, 1);
  }
}

TEST_F(Login, PinRefusedAfterAnOutageIsTriedOnce) {
  const auto token = open();
  ASSERT_TRUE(token->make(KeyKind::master, 1));
  ::usleep(5000);
  const int before = calls(Call::login);
  shim().fail(Call::encrypt, CKR_DEVICE_REMOVED, 1);
  shim().fail(Call::login, CKR_PIN_INCORRECT);
  for (int i = 0; i < 50; ++i) {
    EXPECT_EQ(code_of(token->wrap(1, kContext, test_secret())), Code::denied);
    ::usleep(1000);
  }
  EXPECT_EQ(calls(Call::login) - before, 1);
  EXPECT_EQ(refused_, 1);
  shim().heal();
  EXPECT_EQ(code_of(token->probe()), Code::denied) << "only a PIN given anew is tried";
  EXPECT_TRUE(token->replace_pin(secret_of(files().pin)));
  EXPECT_TRUE(token->probe());
}

// A restarting service with a wrong PIN must not use up the tries that are left.
TEST_F(Login, LastTryIsLeftToPeople) {
  for (const unsigned long flag : {CKF_USER_PIN_FINAL_TRY, CKF_USER_PIN_LOCKED}) {
    shim().token_flags = flag;
    EXPECT_EQ(code_of(Pkcs11Token::open(config(), secret_of(files().pin))), Code::denied);
  }
  EXPECT_EQ(calls(Call::login), 0);
}

TEST_F(Login, ServerDownAtLoginIsAnOutage) {
  shim().fail(Call::login, CKR_DEVICE_ERROR);
  EXPECT_EQ(code_of(Pkcs11Token::open(config(), secret_of(files().pin))), Code::unavailable);
  shim().heal();
  shim().fail(Call::initialize, CKR_GENERAL_ERROR);
  EXPECT_EQ(code_of(Pkcs11Token::open(config(), secret_of(files().pin))), Code::unavailable);
}

}  // namespace
}  // namespace sluis::hsm
