#include "gateway/auth/tokens.h"

#include <fstream>
#include <sstream>
#include <thread>

#include "tests/unit/auth/auth_world.h"

namespace sluis::gateway::auth {
namespace {

class TokensTest : public AuthWorld {
 protected:
  void SetUp() override {
    AuthWorld::SetUp();
    if (IsSkipped()) return;
    here = gateway();
    there = gateway();
  }
  Holder me() const { return {"backend", *mine}; }
  SecretBuffer login() { return std::move(here->issue(me(), now)->text); }

  std::unique_ptr<Tokens> here, there;
};

TEST_F(TokensTest, EveryGatewayAcceptsATokenOfItsOwner) {
  const auto issued = here->issue(me(), now);
  ASSERT_TRUE(issued);
  EXPECT_EQ(issued->row.expires_us, now + 900 * kSecondUs);
  EXPECT_EQ(issued->row.limit_us, now + 14'400 * kSecondUs);
  EXPECT_EQ(issued->evicted, 0U);
  const auto third = gateway();
  for (Tokens* const one : {here.get(), there.get(), third.get()}) {
    const auto row = one->find(issued->text.expose_text(), me(), now);
    ASSERT_TRUE(row);
    EXPECT_EQ(row->accessor, issued->row.accessor);
    EXPECT_EQ(row->principal, "backend");
  }
}

TEST_F(TokensTest, TheStoreNeverSeesTheToken) {
  const SecretBuffer token = login();
  const std::string text(token.expose_text());
  for (const char* const suffix : {"", "-wal"}) {
    std::ostringstream bytes;
    bytes << std::ifstream(database() + suffix, std::ios::binary).rdbuf();
    EXPECT_EQ(bytes.str().find(text.substr(6)), std::string::npos);
    const Bytes raw = *from_hex(text.substr(6));
    EXPECT_EQ(bytes.str().find(sluis::text_of(raw)), std::string::npos);
  }
}

TEST_F(TokensTest, ATokenIsOfOneCertificateAndOnePrincipal) {
  const SecretBuffer token = login();
  for (Tokens* const one : {here.get(), there.get()}) {
    for (int again = 0; again < 2; ++again) {  // from the store and from memory
      EXPECT_TRUE(refused(one->find(token.expose_text(), {"backend", *other}, now), Code::denied, "certificate"));
      EXPECT_TRUE(refused(one->find(token.expose_text(), {"portal", *mine}, now), Code::denied, "principal"));
      EXPECT_TRUE(refused(one->renew(token.expose_text(), {"backend", *other}, {}, now), Code::denied));
      EXPECT_TRUE(refused(one->revoke(token.expose_text(), {"backend", *other}, now), Code::denied));
    }
    EXPECT_TRUE(one->find(token.expose_text(), me(), now)) << "the refusals changed nothing";
  }
}

TEST_F(TokensTest, ATokenEnds) {
  const SecretBuffer token = login();
  ASSERT_TRUE(there->find(token.expose_text(), me(), now + 900 * kSecondUs - 1));
  EXPECT_TRUE(refused(there->find(token.expose_text(), me(), now + 900 * kSecondUs), Code::denied));
  wait(seconds(900));
  EXPECT_TRUE(refused(here->find(token.expose_text(), me(), now), Code::denied));
  EXPECT_TRUE(refused(here->renew(token.expose_text(), me(), {}, now), Code::denied)) << "too late";
  EXPECT_TRUE(refused(here->revoke(token.expose_text(), me(), now), Code::denied));
}

TEST_F(TokensTest, RenewalsReachTheLimitAndNoFurther) {
  const SecretBuffer token = login();
  const std::uint64_t limit = kStart + 14'400 * kSecondUs;
  std::uint64_t end = 0;
  for (int i = 0; i < 17; ++i) {
    wait(seconds(800));
    const auto row = here->renew(token.expose_text(), me(), {}, now);
    ASSERT_TRUE(row) << i;
    EXPECT_EQ(row->expires_us, std::min(now + 900 * kSecondUs, limit));
    EXPECT_EQ(row->limit_us, limit);
    end = row->expires_us;
  }
  EXPECT_EQ(end, limit);
  wait(seconds(799));
  const auto last = here->renew(token.expose_text(), me(), seconds(86'400), now);
  ASSERT_TRUE(last);
  EXPECT_EQ(last->expires_us, limit);
  wait(seconds(1));
  EXPECT_TRUE(refused(here->find(token.expose_text(), me(), now), Code::denied));
  EXPECT_TRUE(refused(here->renew(token.expose_text(), me(), {}, now), Code::denied));
}

TEST_F(TokensTest, AnIncrementIsTakenUpToTheUsualTime) {
  const SecretBuffer token = login();
  EXPECT_EQ(here->renew(token.expose_text(), me(), seconds(60), now)->expires_us, now + 60 * kSecondUs);
  EXPECT_EQ(here->renew(token.expose_text(), me(), seconds(901), now)->expires_us, now + 900 * kSecondUs);
  EXPECT_EQ(here->renew(token.expose_text(), me(), seconds::max(), now)->expires_us, now + 900 * kSecondUs);
  EXPECT_EQ(here->renew(token.expose_text(), me(), seconds(-5), now)->expires_us, now + kSecondUs);
}

TEST_F(TokensTest, ARenewalElsewhereCountsHere) {
  const SecretBuffer token = login();
  ASSERT_TRUE(here->find(token.expose_text(), me(), now));
  wait(seconds(899));
  ASSERT_TRUE(here->find(token.expose_text(), me(), now));  // believed for five seconds from now
  ASSERT_TRUE(there->renew(token.expose_text(), me(), {}, now));
  wait(seconds(2));
  EXPECT_TRUE(here->find(token.expose_text(), me(), now)) << "memory has the old end";
}

TEST_F(TokensTest, RenewalsAtTheSameMomentBothHold) {
  const SecretBuffer token = login();
  wait(seconds(10));
  Result<store::LoginToken> theirs = Error{Code::internal, "not yet"};
  store().before_renew = [&] { theirs = there->renew(token.expose_text(), me(), seconds(300), now); };
  const auto ours = here->renew(token.expose_text(), me(), {}, now);
  ASSERT_TRUE(ours && theirs);
  EXPECT_EQ(store().get_token(ours->id)->expires_us, ours->expires_us);
  EXPECT_TRUE(gateway()->find(token.expose_text(), me(), now)) << "the MAC fits";
}

TEST_F(TokensTest, ARenewalDoesNotBringARevokedTokenBack) {
  const SecretBuffer token = login();
  store().before_renew = [&] { ASSERT_TRUE(there->revoke(token.expose_text(), me(), now)); };
  EXPECT_TRUE(refused(here->renew(token.expose_text(), me(), {}, now), Code::denied));
  EXPECT_TRUE(refused(there->find(token.expose_text(), me(), now), Code::denied));
}

TEST_F(TokensTest, RevocationHoldsHereAtOnceAndElsewhereSoon) {
  const SecretBuffer token = login();
  ASSERT_TRUE(there->find(token.expose_text(), me(), now));
  ASSERT_TRUE(here->revoke(token.expose_text(), me(), now));
  EXPECT_TRUE(refused(here->find(token.expose_text(), me(), now), Code::denied));
  EXPECT_TRUE(refused(gateway()->find(token.expose_text(), me(), now), Code::denied));
  EXPECT_TRUE(there->find(token.expose_text(), me(), now)) << "believed for a moment";
  wait(seconds(5));
  EXPECT_TRUE(refused(there->find(token.expose_text(), me(), now), Code::denied));
  EXPECT_TRUE(refused(here->revoke(token.expose_text(), me(), now), Code::denied)) << "once";
}

TEST_F(TokensTest, LookAnswersFromMemoryAlone) {
  const SecretBuffer token = login();
  const int reads = store().token_reads;
  ASSERT_TRUE(here->look(token.expose_text(), me(), now));
  EXPECT_TRUE(*here->look(token.expose_text(), me(), now));
  EXPECT_FALSE(there->look(token.expose_text(), me(), now)) << "never seen there";
  EXPECT_EQ(store().token_reads, reads);
  ASSERT_TRUE(there->find(token.expose_text(), me(), now));
  EXPECT_TRUE(there->look(token.expose_text(), me(), now));
  wait(seconds(5));
  EXPECT_FALSE(here->look(token.expose_text(), me(), now));
}

TEST_F(TokensTest, WhatCannotBeATokenIsNotLookedUp) {
  const int reads = store().token_reads;
  const std::string good = "sluis_" + std::string(64, 'a');
  for (const std::string& text : {std::string("x"), good.substr(1), good + "0", std::string(100'000, 'a'),
                                  std::string("hvs.CAESIJ"), std::string(70, '\0')}) {
    EXPECT_TRUE(refused(here->find(text, me(), now), Code::denied));
    ASSERT_TRUE(here->look(text, me(), now));
  }
  EXPECT_EQ(store().token_reads, reads);
  EXPECT_TRUE(refused(here->find(good, me(), now), Code::denied, "unknown"));
  EXPECT_EQ(store().token_reads, reads + 1);
}

TEST_F(TokensTest, ATamperedRowIsNoToken) {
  const SecretBuffer token = login();
  const std::string save = "create table saved as select * from login_tokens";
  sql(save);
  for (const char* const change :
       {"expires_us = expires_us + 1", "limit_us = limit_us + 1", "issued_us = issued_us - 1", "principal = 'portal'",
        "accessor = 'a'", "mac = zeroblob(32)", "mac = x''", "mac = cast(mac || x'00' as blob)",
        "certificate = x'0202020202020202020202020202020202020202020202020202020202020202'"}) {
    sql(std::string("update login_tokens set ") + change);
    for (const char* const principal : {"backend", "portal"}) {
      for (const auto& whose : {mine, other}) {
        EXPECT_TRUE(refused(gateway()->find(token.expose_text(), {principal, *whose}, now), Code::denied)) << change;
        EXPECT_TRUE(refused(gateway()->renew(token.expose_text(), {principal, *whose}, {}, now), Code::denied));
      }
    }
    sql("delete from login_tokens; insert into login_tokens select * from saved");
    ASSERT_TRUE(gateway()->find(token.expose_text(), me(), now));
  }
}

TEST_F(TokensTest, ARowCannotBeMovedToAnotherToken) {
  const SecretBuffer theirs = std::move(here->issue({"portal", *other}, now)->text);
  const SecretBuffer made_up = *make_token();
  sql("update login_tokens set id = x'" + to_hex(token_id(made_up.expose_text())) + "'");
  EXPECT_TRUE(refused(gateway()->find(made_up.expose_text(), {"portal", *other}, now), Code::denied, "changed"));
  EXPECT_TRUE(refused(gateway()->find(theirs.expose_text(), {"portal", *other}, now), Code::denied));
}

TEST_F(TokensTest, WithoutTheStoreMemoryServesUntilItsTimeEnds) {
  const SecretBuffer token = login();
  store().away = true;
  wait(seconds(4));
  EXPECT_TRUE(here->find(token.expose_text(), me(), now));
  EXPECT_TRUE(refused(there->find(token.expose_text(), me(), now), Code::unavailable));
  EXPECT_TRUE(refused(here->renew(token.expose_text(), me(), {}, now), Code::unavailable));
  EXPECT_TRUE(refused(here->revoke(token.expose_text(), me(), now), Code::unavailable));
  EXPECT_TRUE(refused(here->issue(me(), now), Code::unavailable));
  wait(seconds(1));
  EXPECT_TRUE(refused(here->find(token.expose_text(), me(), now), Code::unavailable));
  store().away = false;
  EXPECT_TRUE(here->find(token.expose_text(), me(), now)) << "nothing was forgotten";
}

TEST_F(TokensTest, AClientThatLogsInForEverDoesNotFillTheStore) {
  TokenConfig config;
  config.per_principal = 3;
  const auto small = gateway(config);
  const SecretBuffer portal = std::move(small->issue({"portal", *other}, now)->text);
  std::vector<SecretBuffer> tokens;
  for (int i = 0; i < 10; ++i) {
    wait(seconds(1));
    auto issued = small->issue(me(), now);
    ASSERT_TRUE(issued);
    EXPECT_EQ(issued->evicted, i < 3 ? 0U : 1U);
    tokens.push_back(std::move(issued->text));
  }
  const auto fresh = gateway();
  for (std::size_t i = 0; i < tokens.size(); ++i) {
    EXPECT_EQ(static_cast<bool>(fresh->find(tokens[i].expose_text(), me(), now)), i >= 7) << i;
  }
  EXPECT_TRUE(fresh->find(portal.expose_text(), {"portal", *other}, now)) << "another principal's";
}

TEST_F(TokensTest, MemoryIsBounded) {
  TokenConfig config;
  config.cache_tokens = 4;
  const auto small = gateway(config);
  std::vector<SecretBuffer> tokens;
  for (int i = 0; i < 12; ++i) tokens.push_back(std::move(small->issue(me(), now)->text));
  EXPECT_LE(small->cached(), 4U);
  for (const auto& token : tokens) EXPECT_TRUE(small->find(token.expose_text(), me(), now));
  EXPECT_LE(small->cached(), 4U);
}

TEST_F(TokensTest, ATokenDoesNotOutliveItsCertificate) {
  auto short_lived = *mine;
  short_lived.not_after = now / kSecondUs + 60;
  const auto issued = here->issue({"backend", short_lived}, now);
  ASSERT_TRUE(issued);
  EXPECT_EQ(issued->row.expires_us, now + 60 * kSecondUs);
  EXPECT_EQ(here->renew(issued->text.expose_text(), {"backend", short_lived}, {}, now)->expires_us,
            now + 60 * kSecondUs);
  short_lived.not_after = now / kSecondUs;
  EXPECT_TRUE(refused(here->issue({"backend", short_lived}, now), Code::denied));
}

TEST_F(TokensTest, ManyThreadsShareOne) {
  const SecretBuffer token = login();
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&, t] {
      for (int i = 0; i < 50; ++i) {
        EXPECT_TRUE(there->find(token.expose_text(), me(), now));
        if (i % 10 != t) continue;
        EXPECT_TRUE(here->renew(token.expose_text(), me(), seconds(600 + i), now));
        EXPECT_TRUE(there->issue(me(), now));
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_TRUE(gateway()->find(token.expose_text(), me(), now));
}

}  // namespace
}  // namespace sluis::gateway::auth
