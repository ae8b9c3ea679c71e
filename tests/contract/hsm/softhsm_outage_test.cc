// A real SoftHSM goes away and comes back, loses keys to another process, refuses a PIN, runs out of sessions.
#include <mutex>
#include <set>
#include <thread>

#include "tests/contract/hsm/softhsm_fixture.h"

namespace sluis::hsm {
namespace {

const ByteView kContext = bytes_of("context");

using Outage = SoftHsmTest;

TEST_F(Outage, TokenComesBackWithoutRestart) {
  const auto token = open();
  ASSERT_TRUE(token->make(KeyKind::master, 1));
  ASSERT_TRUE(token->make(KeyKind::audit, 1));
  const SecretKey key = test_secret();
  const auto wrapped = token->wrap(1, kContext, key);
  ASSERT_TRUE(wrapped);
  for (int round = 1; round <= 3; ++round) {
    files().move_away();
    EXPECT_EQ(code_of(token->unwrap(1, kContext, *wrapped)), Code::unavailable);
    EXPECT_EQ(code_of(token->wrap(1, kContext, key)), Code::unavailable);
    EXPECT_EQ(code_of(token->wrap(77, kContext, key)), Code::unavailable) << "an absent token cannot say not_found";
    EXPECT_EQ(code_of(token->list()), Code::unavailable);
    EXPECT_EQ(code_of(token->make(KeyKind::master, 2)), Code::unavailable);
    EXPECT_EQ(code_of(token->destroy(KeyKind::master, 1)), Code::unavailable);
    EXPECT_EQ(code_of(token->sign(1, kContext)), Code::unavailable);
    EXPECT_EQ(code_of(token->public_key(1)), Code::unavailable);
    EXPECT_EQ(code_of(token->probe()), Code::unavailable);
    EXPECT_EQ(code_of(token->selftest()), Code::unavailable);
    EXPECT_EQ(lost_, round);
    files().move_back();
    until_healed([&] { return token->unwrap(1, kContext, *wrapped); });
    EXPECT_EQ(reconnected_, round);
    const auto keys = token->list();
    ASSERT_TRUE(keys);
    EXPECT_EQ(keys->size(), 2U);
  }
}

TEST_F(Outage, EachCallNoticesTheLossByItself) {
  const auto token = open();
  ASSERT_TRUE(token->make(KeyKind::master, 1));
  ASSERT_TRUE(token->make(KeyKind::audit, 1));
  ASSERT_TRUE(token->make(KeyKind::pseudonym, 1));
  const auto wrapped = token->wrap(1, kContext, test_secret());
  ASSERT_TRUE(wrapped);
  const std::vector<std::function<std::optional<Code>()>> calls{
      [&] { return code_of(token->wrap(1, kContext, test_secret())); },
      [&] { return code_of(token->unwrap(1, kContext, *wrapped)); },
      [&] { return code_of(token->wrap(9, kContext, test_secret())); },
      [&] { return code_of(token->mac(1, kContext)); },
      [&] { return code_of(token->sign(1, kContext)); },
      [&] { return code_of(token->public_key(1)); },
      [&] { return code_of(token->list()); },
      [&] { return code_of(token->make(KeyKind::master, 2)); },
      [&] { return code_of(token->destroy(KeyKind::master, 1)); },
      [&] { return code_of(token->probe()); },
      [&] { return code_of(token->selftest()); },
  };
  for (std::size_t i = 0; i < calls.size(); ++i) {
    files().move_away();
    EXPECT_EQ(calls[i](), Code::unavailable) << "call " << i;
    files().move_back();
    until_healed([&] { return token->probe(); });
  }
  const auto keys = token->list();
  ASSERT_TRUE(keys);
  EXPECT_EQ(keys->size(), 3U) << "nothing was made or destroyed meanwhile";
}

// Threads work while the token leaves and returns; each call works or says unavailable, nothing else.
TEST_F(Outage, ConcurrentCallsSurviveFlapping) {
  const auto token = open();
  ASSERT_TRUE(token->make(KeyKind::master, 1));
  const auto wrapped = token->wrap(1, kContext, test_secret());
  ASSERT_TRUE(wrapped);
  std::atomic<bool> stop{false};
  std::atomic<int> good{0};
  std::mutex mutex;
  std::set<std::string> wrong;
  const auto check = [&](const auto& result) {
    if (result || result.error().code == Code::unavailable) return;
    const std::lock_guard lock(mutex);
    wrong.emplace(result.error().what.view());
  };
  const auto work = [&] {
    while (!stop) {
      const auto opened = token->unwrap(1, kContext, *wrapped);
      check(opened);
      check(token->list());
      good += opened ? 1 : 0;
    }
  };
  std::vector<std::thread> threads;
  for (int i = 0; i < 6; ++i) threads.emplace_back(work);
  for (int round = 0; round < 8; ++round) {
    files().move_away();
    for (int i = 0; i < 1000 && token->probe(); ++i) ::usleep(1000);
    files().move_back();
    until_healed([&] { return token->probe(); });
  }
  stop = true;
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(wrong, std::set<std::string>{});
  EXPECT_GT(good, 0);
  EXPECT_TRUE(token->unwrap(1, kContext, *wrapped));
}

TEST_F(Outage, StartsWhileTheTokenIsAway) {
  {
    const auto token = open();
    ASSERT_TRUE(token->make(KeyKind::master, 1));
  }
  files().move_away();
  EXPECT_EQ(code_of(Pkcs11Token::open(config(), secret_of(files().pin))), Code::unavailable);
  const auto token = open(config(), Start::may_be_away);
  EXPECT_EQ(code_of(token->list()), Code::unavailable);
  EXPECT_EQ(code_of(token->wrap(1, kContext, test_secret())), Code::unavailable);
  files().move_back();
  until_healed([&] { return token->wrap(1, kContext, test_secret()); });
  EXPECT_EQ(reconnected_, 1);
  EXPECT_EQ(lost_, 0);
}

TEST_F(Outage, MistakesOfConfigurationAreNotOutages) {
  Pkcs11Config wrong_module = config();
  wrong_module.module_path = "/nonexistent/module.so";
  EXPECT_EQ(code_of(Pkcs11Token::open(wrong_module, secret_of("1234"), Start::may_be_away)), Code::invalid);
  wrong_module.module_path = "libsofthsm2.so";
  EXPECT_EQ(code_of(Pkcs11Token::open(wrong_module, secret_of("1234"), Start::may_be_away)), Code::invalid);
  Pkcs11Config no_label = config();
  no_label.token_label.clear();
  EXPECT_EQ(code_of(Pkcs11Token::open(no_label, secret_of("1234"))), Code::invalid);
  Pkcs11Config no_sessions = config();
  no_sessions.session_limit = 1;
  EXPECT_EQ(code_of(Pkcs11Token::open(no_sessions, secret_of("1234"))), Code::invalid);
  EXPECT_EQ(code_of(Pkcs11Token::open(config(), SecretKey{})), Code::invalid);
}

TEST_F(Outage, RefusedPinIsRememberedUntilAnotherIsGiven) {
  EXPECT_EQ(code_of(Pkcs11Token::open(config(), secret_of("wrong-pin"), Start::may_be_away)), Code::denied);
  EXPECT_EQ(refused_, 1);
  const auto token = open();
  ASSERT_TRUE(token->make(KeyKind::master, 1));
  EXPECT_TRUE(token->replace_pin(secret_of("wrong-pin"))) << "a connection that works is kept";
  files().move_away();
  EXPECT_EQ(code_of(token->probe()), Code::unavailable);
  files().move_back();
  for (int i = 0; i < 20000 && code_of(token->probe()) == Code::unavailable; ++i) ::usleep(1000);
  for (int i = 0; i < 20; ++i) EXPECT_EQ(code_of(token->wrap(1, kContext, test_secret())), Code::denied);
  EXPECT_EQ(refused_, 2);
  EXPECT_TRUE(token->replace_pin(secret_of(files().pin)));
  EXPECT_TRUE(token->wrap(1, kContext, test_secret()));
}

TEST_F(Outage, ModuleHasOneOwnerAProcess) {
  const auto token = open();
  EXPECT_EQ(code_of(Pkcs11Token::open(config(), secret_of(files().pin))), Code::conflict);
  EXPECT_TRUE(token->probe()) << "the first owner is untouched";
}

TEST_F(Outage, KeyMadeElsewhereIsFound) {
  const auto token = open();
  EXPECT_EQ(code_of(token->wrap(3, kContext, test_secret())), Code::not_found);
  ASSERT_EQ(other_process("make", "master", 3), 0);
  EXPECT_TRUE(token->wrap(3, kContext, test_secret()));
}

TEST_F(Outage, KeyDestroyedElsewhereIsNotFound) {
  const auto token = open();
  ASSERT_TRUE(token->make(KeyKind::master, 1));
  ASSERT_TRUE(token->make(KeyKind::master, 2));
  const auto wrapped = token->wrap(2, kContext, test_secret());
  ASSERT_TRUE(wrapped);
  ASSERT_EQ(other_process("destroy", "master", 2), 0);
  EXPECT_EQ(code_of(token->unwrap(2, kContext, *wrapped)), Code::not_found);
  EXPECT_TRUE(token->wrap(1, kContext, test_secret())) << "the other key still serves";
  ASSERT_EQ(other_process("destroy", "master", 1), 0);
  EXPECT_EQ(code_of(token->wrap(1, kContext, test_secret())), Code::not_found) << "the token is there, and empty";
  const auto keys = token->list();
  ASSERT_TRUE(keys);
  EXPECT_TRUE(keys->empty());
}

TEST_F(Outage, SessionLimitHolds) {
  Pkcs11Config few = config();
  few.session_limit = 3;
  const auto token = open(few);
  ASSERT_TRUE(token->make(KeyKind::master, 1));
  std::atomic<int> failures{0};
  std::atomic<unsigned> most{0};
  const auto work = [&] {
    for (int i = 0; i < 40; ++i) {
      failures += token->wrap(1, kContext, test_secret()) ? 0 : 1;
      const auto info = token->probe();
      failures += info ? 0 : 1;
      if (info && info->sessions_open > most) most = info->sessions_open;
    }
  };
  std::vector<std::thread> threads;
  for (int i = 0; i < 8; ++i) threads.emplace_back(work);
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(failures, 0);
  EXPECT_LE(most, 3U);
  EXPECT_GE(most, 2U);
}

}  // namespace
}  // namespace sluis::hsm
