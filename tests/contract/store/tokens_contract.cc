// Login tokens.
#include <thread>

#include "tests/contract/store/store_contract.h"

namespace sluis::store {
namespace {

constexpr std::uint64_t kNow = 1'700'000'000'000'000;
constexpr std::uint64_t kMinute = 60'000'000;

LoginToken token(std::uint8_t number, std::string_view principal = "backend", std::uint64_t ends = kNow + kMinute) {
  LoginToken made;
  made.id.fill(number);
  made.accessor = "accessor-" + std::to_string(number);
  made.principal = principal;
  made.certificate.fill(0xc0);
  made.issued_us = kNow - 10 * kMinute;
  made.expires_us = ends;
  made.limit_us = kNow + 100 * kMinute;
  made.mac = Bytes(32, number);
  return made;
}

Digest id(std::uint8_t number) {
  return token(number).id;
}

TEST_P(StoreContract, KeepsALoginToken) {
  const LoginToken written = token(1, "bäckend");
  ASSERT_TRUE(succeeds(store->add_token(written, 10, kNow)));
  const auto read = place->open()->get_token(written.id);
  ASSERT_TRUE(succeeds(read));
  EXPECT_EQ(read->id, written.id);
  EXPECT_EQ(read->accessor, written.accessor);
  EXPECT_EQ(read->principal, written.principal);
  EXPECT_EQ(read->certificate, written.certificate);
  EXPECT_EQ(read->issued_us, written.issued_us);
  EXPECT_EQ(read->expires_us, written.expires_us);
  EXPECT_EQ(read->limit_us, written.limit_us);
  EXPECT_EQ(read->mac, written.mac);
  EXPECT_TRUE(fails_with(store->get_token(id(2)), Code::not_found));
}

TEST_P(StoreContract, TokensAndAccessorsAreUnique) {
  ASSERT_TRUE(succeeds(store->add_token(token(1), 10, kNow)));
  EXPECT_TRUE(fails_with(store->add_token(token(1), 10, kNow), Code::conflict));
  LoginToken other = token(2);
  other.accessor = token(1).accessor;
  EXPECT_TRUE(fails_with(store->add_token(other, 10, kNow), Code::conflict));
  EXPECT_TRUE(fails_with(store->get_token(id(2)), Code::not_found));
}

TEST_P(StoreContract, ATokenThatCannotBeIsRefused) {
  LoginToken bad = token(1);
  bad.expires_us = bad.limit_us + 1;
  EXPECT_TRUE(fails_with(store->add_token(bad, 10, kNow), Code::invalid));
  bad = token(1);
  bad.issued_us = bad.expires_us + 1;
  EXPECT_TRUE(fails_with(store->add_token(bad, 10, kNow), Code::invalid));
  bad = token(1);
  bad.limit_us = std::uint64_t{1} << 63U;
  EXPECT_TRUE(fails_with(store->add_token(bad, 10, kNow), Code::invalid));
  bad = token(1, "");
  EXPECT_TRUE(fails_with(store->add_token(bad, 10, kNow), Code::invalid));
  bad = token(1);
  bad.accessor = std::string(kMaxAccessorBytes + 1, 'a');
  EXPECT_TRUE(fails_with(store->add_token(bad, 10, kNow), Code::invalid));
}

TEST_P(StoreContract, ATokenIsRenewedByCompareAndSet) {
  LoginToken renewed = token(1);
  ASSERT_TRUE(succeeds(store->add_token(renewed, 10, kNow)));
  renewed.expires_us += kMinute;
  renewed.mac = bytes("new mac");
  ASSERT_TRUE(succeeds(store->renew_token(renewed, token(1).expires_us)));
  EXPECT_EQ(store->get_token(id(1))->expires_us, renewed.expires_us);
  EXPECT_EQ(store->get_token(id(1))->mac, bytes("new mac"));
  EXPECT_TRUE(fails_with(store->renew_token(renewed, token(1).expires_us), Code::conflict));
  EXPECT_TRUE(fails_with(store->renew_token(token(2), token(2).expires_us), Code::not_found));
}

TEST_P(StoreContract, ARevokedTokenIsGoneForEverybody) {
  ASSERT_TRUE(succeeds(store->add_token(token(1), 10, kNow)));
  ASSERT_TRUE(succeeds(store->add_token(token(2), 10, kNow)));
  ASSERT_TRUE(succeeds(place->open()->remove_token(id(1))));
  EXPECT_TRUE(fails_with(store->get_token(id(1)), Code::not_found));
  EXPECT_TRUE(fails_with(store->remove_token(id(1)), Code::not_found));
  EXPECT_TRUE(fails_with(store->renew_token(token(1), token(1).expires_us), Code::not_found));
  EXPECT_TRUE(succeeds(store->get_token(id(2))));
}

TEST_P(StoreContract, AManyTimesLoggedInPrincipalKeepsTheTokensThatLastLongest) {
  for (std::uint8_t i = 1; i <= 3; ++i) {
    const auto evicted = store->add_token(token(i, "backend", kNow + kMinute * (i == 2 ? 1U : 10U)), 3, kNow);
    ASSERT_TRUE(succeeds(evicted));
    EXPECT_EQ(*evicted, 0U);
  }
  ASSERT_TRUE(succeeds(store->add_token(token(9, "other", kNow + kMinute), 3, kNow)));
  EXPECT_EQ(*store->add_token(token(4, "backend", kNow + kMinute / 2), 3, kNow), 1U) << "the new one always stays";
  EXPECT_TRUE(fails_with(store->get_token(id(2)), Code::not_found));
  EXPECT_TRUE(succeeds(store->get_token(id(4))));
  EXPECT_TRUE(succeeds(store->get_token(id(9)))) << "another principal's";
  EXPECT_EQ(*store->add_token(token(5, "backend", kNow + kMinute), 1, kNow), 3U) << "a bound that was lowered";
  EXPECT_EQ(place->ask("select count(*) from login_tokens"), 2);
}

TEST_P(StoreContract, ExpiredTokensAreRemovedAndDoNotCount) {
  for (std::uint8_t i = 1; i <= 4; ++i) {
    ASSERT_TRUE(succeeds(store->add_token(token(i, i == 1 ? "other" : "backend", kNow), 10, kNow - 1)));
  }
  const auto evicted = store->add_token(token(5), 1, kNow);
  ASSERT_TRUE(succeeds(evicted));
  EXPECT_EQ(*evicted, 0U) << "those that had expired are not counted";
  EXPECT_EQ(place->ask("select count(*) from login_tokens"), 1);
}

TEST_P(StoreContract, OneLoginSweepsABoundedNumberOfTokens) {
  const std::string insert = "insert into login_tokens select ";
  const bool sqlite = store->kind() == "sqlite";
  const std::string rest = ", 'old-' || n, 'other', " + std::string(sqlite ? "zeroblob(32)" : "''::bytea") +
                           ", 1, 2, 3, " + std::string(sqlite ? "zeroblob(32)" : "''::bytea") + " from ";
  place->run(sqlite ? insert + "cast(n as blob)" + rest +
                          "(with recursive s(n) as (select 1 union all select n + 1 from s where n < 250) select n "
                          "from s)"
                    : insert + "n::text::bytea" + rest + "generate_series(1, 250) n");
  ASSERT_TRUE(succeeds(store->add_token(token(1), 10, kNow)));
  EXPECT_EQ(place->ask("select count(*) from login_tokens"), 151);
  ASSERT_TRUE(succeeds(store->add_token(token(2), 10, kNow)));
  ASSERT_TRUE(succeeds(store->add_token(token(3), 10, kNow)));
  EXPECT_EQ(place->ask("select count(*) from login_tokens"), 3);
}

TEST_P(StoreContract, LoginsAtTheSameMomentStayBounded) {
  std::vector<std::unique_ptr<Store>> stores;
  for (int i = 0; i < 4; ++i) stores.push_back(place->open());
  std::vector<std::thread> threads;
  for (std::uint8_t t = 0; t < 4; ++t) {
    threads.emplace_back([&, t] {
      for (std::uint8_t i = 0; i < 25; ++i) {
        const auto number = static_cast<std::uint8_t>(1 + t * 25 + i);
        EXPECT_TRUE(succeeds(stores[t]->add_token(token(number), 5, kNow)));
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  ASSERT_TRUE(succeeds(store->add_token(token(200), 5, kNow)));
  EXPECT_EQ(place->ask("select count(*) from login_tokens"), 5);
}

TEST_P(StoreContract, ATokenRowOfTheWrongShapeIsDamage) {
  ASSERT_TRUE(succeeds(store->add_token(token(1), 10, kNow)));
  place->run(store->kind() == "sqlite" ? "update login_tokens set certificate = x'00'"
                                       : "update login_tokens set certificate = '\\x00'");
  EXPECT_TRUE(fails_with(store->get_token(id(1)), Code::corrupt));
}

}  // namespace
}  // namespace sluis::store
