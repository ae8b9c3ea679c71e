// Tokens as the server meets them: headers, and what admission makes of the answer.
#include "gateway/auth/presented.h"
#include "gateway/server/admission.h"
#include "tests/unit/auth/auth_world.h"

namespace sluis::gateway::auth {
namespace {

Call headers_only(const Pairs& headers) {
  Call call;
  for (const auto& [name, value] : headers) call.headers.emplace_back(name, value);
  return call;
}

std::string token_of(const Pairs& headers) {
  const Call call = headers_only(headers);
  const auto token = presented_token(call);
  return token ? std::string(*token) : std::string("refused");
}

TEST(Presented, ATokenComesInOneOfTwoHeaders) {
  EXPECT_EQ(token_of({}), "");
  EXPECT_EQ(token_of({{"x-vault-token", "t"}}), "t");
  EXPECT_EQ(token_of({{"x-vault-token", ""}}), "");
  EXPECT_EQ(token_of({{"authorization", "Bearer t"}}), "t");
  EXPECT_EQ(token_of({{"authorization", "bEARER   t"}}), "t");
  EXPECT_EQ(token_of({{"authorization", "Bearer a b"}}), "a b") << "not cut: it is no token, and is refused as such";
  EXPECT_EQ(token_of({{"authorization", "Bearer b"}, {"x-vault-token", "a"}}), "a");
  EXPECT_EQ(token_of({{"authorization", "Bearer b"}, {"x-vault-token", ""}}), "b");
  for (const char* const none : {"", "Bearer", "Bearer ", "Bearer   ", "Basic dDp0", "Bearert", "t"}) {
    EXPECT_EQ(token_of({{"authorization", none}}), "") << none;
  }
}

TEST(Presented, AHeaderThatIsThereTwiceIsRefused) {
  EXPECT_EQ(token_of({{"x-vault-token", "a"}, {"x-vault-token", "a"}}), "refused");
  EXPECT_EQ(token_of({{"x-vault-token", ""}, {"x-vault-token", "a"}}), "refused");
  EXPECT_EQ(token_of({{"authorization", "Bearer a"}, {"authorization", "Bearer b"}}), "refused");
  EXPECT_EQ(token_of({{"x-vault-token", "a"}, {"authorization", "x"}, {"authorization", "y"}}), "refused");
}

TEST(Presented, ThereIsOneNamespace) {
  for (const char* const root : {"", "/", "root", "root/"}) {
    EXPECT_TRUE(check_namespace(headers_only({{"x-vault-namespace", root}}))) << root;
  }
  for (const char* const other : {"team", "root/team", "ROOT", "..", "//", "root//", " "}) {
    EXPECT_EQ(check_namespace(headers_only({{"x-vault-namespace", other}})).error().code, Code::invalid) << other;
  }
  EXPECT_FALSE(check_namespace(headers_only({{"x-vault-namespace", "root"}, {"x-vault-namespace", "team"}})));
}

class GateTest : public AuthWorld {
 protected:
  void SetUp() override {
    AuthWorld::SetUp();
    if (IsSkipped()) return;
    tokens = gateway();
    gate.emplace(*tokens);
    std::vector<Route> routes(3);
    const char* const patterns[] = {"/checked", "/ignored", "/none"};
    const TokenUse uses[] = {TokenUse::checked, TokenUse::ignored, TokenUse::none};
    for (std::size_t i = 0; i < routes.size(); ++i) {
      routes[i].method = Method::get;
      routes[i].pattern = patterns[i];
      routes[i].token = uses[i];
      routes[i].handler = [](Call&) { return Outcome{}; };
    }
    router.emplace(std::move(routes));
    services.router = &*router;
    services.tokens = &*gate;
    snapshot.policy = policy_now();
  }

  Admission go(std::string_view path, const Pairs& headers) {
    head = RequestHead{};
    head.method = "GET";
    head.target = path;
    for (const auto& [name, value] : headers) head.headers.emplace_back(name, value);
    call = call_of({});
    call.principal = principal;
    return admit(services, snapshot, head, call);
  }

  std::string login() { return std::string(tokens->issue({"backend", *mine}, now)->text.expose_text()); }

  std::unique_ptr<Tokens> tokens;
  std::optional<TokenGate> gate;
  std::optional<Router> router;
  Services services;
  Snapshot snapshot;
  RequestHead head;
  Call call;
  const policy::Principal* principal = nullptr;
};

TEST_F(GateTest, WithoutATokenTheCertificateIsEnough) {
  principal = policy().principal_named("backend");
  for (const char* const path : {"/checked", "/ignored", "/none"}) {
    const auto admission = go(path, {});
    EXPECT_FALSE(admission.refusal) << path;
    EXPECT_FALSE(admission.ask_token);
  }
}

TEST_F(GateTest, AKnownTokenPassesAtOnceAnUnknownOneIsAskedFor) {
  principal = policy().principal_named("backend");
  const Pairs with{{"x-vault-token", login()}};
  auto admission = go("/checked", with);
  EXPECT_FALSE(admission.refusal);
  EXPECT_FALSE(admission.ask_token);
  wait(seconds(10));
  admission = go("/checked", with);
  EXPECT_FALSE(admission.refusal);
  EXPECT_TRUE(admission.ask_token);
  EXPECT_TRUE(gate->ask(call));
  EXPECT_FALSE(go("/checked", with).ask_token) << "now it is known";
}

TEST_F(GateTest, ABadTokenIsRefusedAndLogged) {
  principal = policy().principal_named("backend");
  auto admission = go("/checked", {{"x-vault-token", "hvs.some-other-token"}});
  ASSERT_TRUE(admission.refusal);
  EXPECT_EQ(admission.refusal->status, 403U);
  ASSERT_EQ(admission.events.size(), 1U);
  EXPECT_EQ(admission.events[0].action, "auth.token");
  EXPECT_EQ(admission.events[0].principal, "backend");
  EXPECT_EQ(admission.events[0].outcome, audit::Outcome::denied);
  EXPECT_NE(admission.events[0].payload.detail, "");
  EXPECT_EQ(admission.events[0].payload.detail.find("hvs."), std::string::npos);
  admission = go("/checked", {{"authorization", "Bearer sluis_" + std::string(64, '0')}});
  EXPECT_TRUE(admission.ask_token);
  EXPECT_EQ(gate->ask(call).error().code, Code::denied);
}

TEST_F(GateTest, ATokenOfAnotherCertificateIsRefused) {
  principal = policy().principal_named("backend");
  const Pairs with{{"x-vault-token", login()}};
  mine = other;
  EXPECT_EQ(go("/checked", with).refusal->status, 403U);
  wait(seconds(10));
  EXPECT_TRUE(go("/checked", with).ask_token);
  EXPECT_EQ(gate->ask(call).error().code, Code::denied);
}

TEST_F(GateTest, ATokenDoesNotStandInForAPrincipal) {
  principal = policy().principal_named("backend");
  const Pairs with{{"x-vault-token", login()}};
  principal = nullptr;  // gone from the policy
  EXPECT_EQ(go("/checked", with).refusal->status, 403U);
  EXPECT_EQ(gate->ask(call).error().code, Code::denied);
}

TEST_F(GateTest, OtherRoutesDoNotLookAtTokens) {
  principal = policy().principal_named("backend");
  const Pairs bad{{"x-vault-token", "bad"}};
  EXPECT_FALSE(go("/ignored", bad).refusal);
  EXPECT_FALSE(go("/none", bad).refusal);
  const Pairs elsewhere{{"x-vault-namespace", "team"}};
  EXPECT_EQ(go("/checked", elsewhere).refusal->status, 400U);
  EXPECT_EQ(go("/ignored", elsewhere).refusal->status, 400U);
  EXPECT_FALSE(go("/none", elsewhere).refusal);
}

TEST_F(GateTest, WithoutTheStoreNobodyKnows) {
  principal = policy().principal_named("backend");
  const Pairs with{{"x-vault-token", login()}};
  wait(seconds(10));
  store().away = true;
  EXPECT_TRUE(go("/checked", with).ask_token);
  EXPECT_EQ(gate->ask(call).error().code, Code::unavailable);
  EXPECT_FALSE(go("/checked", {}).ask_token);
}

}  // namespace
}  // namespace sluis::gateway::auth
