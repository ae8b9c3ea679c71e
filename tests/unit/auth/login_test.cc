// auth/cert/login and auth/token/*-self: their answers and what they leave in the log.
#include "gateway/auth/login_routes.h"

#include "tests/unit/auth/auth_world.h"

namespace sluis::gateway::auth {
namespace {

std::string words(const boost::json::value& value) {
  return std::string(value.as_string());
}

class LoginTest : public AuthWorld {
 protected:
  void SetUp() override {
    AuthWorld::SetUp();
    if (IsSkipped()) return;
    tokens = gateway();
    router.emplace(login_routes(*tokens));
  }

  // The handler's reply; its events are in `events`, as they wait for the log.
  Reply go(Method method, std::string_view path, const Pairs& headers = {}, std::string_view body = {},
           std::string_view principal = "backend") {
    const auto target = parse_target("/v1/auth/" + std::string(path));
    const auto match = router->match(method, *target);
    if (match.kind != Router::Kind::found) throw std::runtime_error("no route");
    Call call = call_of(headers, principal, body);
    Outcome outcome = match.route->handler(call);
    events = std::move(outcome.events);
    hold = outcome.hold;
    return std::move(outcome.reply);
  }

  boost::json::object login(std::string_view body = {}) {
    const Reply reply = go(Method::post, "cert/login", {}, body);
    EXPECT_EQ(reply.status, 200U);
    return json_of_reply(reply).at("auth").as_object();
  }
  Pairs with_token() { return {{"x-vault-token", std::string(login()["client_token"].as_string())}}; }

  std::unique_ptr<Tokens> tokens;
  std::optional<Router> router;
  std::vector<audit::Event> events;
  Hold hold = Hold::nothing;
};

TEST_F(LoginTest, AnswersWhatClientsRead) {
  const auto auth = login(R"({"name":"backend"})");
  EXPECT_TRUE(looks_like_token(auth.at("client_token").as_string()));
  EXPECT_EQ(auth.at("lease_duration"), 900);
  EXPECT_EQ(auth.at("renewable"), true);
  EXPECT_EQ(auth.at("token_type"), "service");
  EXPECT_EQ(auth.at("orphan"), true);
  EXPECT_EQ(auth.at("entity_id"), "");
  EXPECT_EQ(auth.at("policies"), (boost::json::array{"backend"}));
  EXPECT_EQ(auth.at("token_policies"), (boost::json::array{"backend"}));
  const boost::json::object metadata{{"cert_name", "backend"},
                                     {"common_name", "client 1"},
                                     {"serial_number", "4096"},
                                     {"subject_key_id", "0a:1b"},
                                     {"authority_key_id", "2c:3d"}};
  EXPECT_EQ(auth.at("metadata"), metadata);
  ASSERT_EQ(events.size(), 1U);
  EXPECT_EQ(hold, Hold::write);
  EXPECT_EQ(events[0].action, "auth.login");
  EXPECT_EQ(events[0].outcome, audit::Outcome::ok);
  EXPECT_NE(events[0].payload.detail.find(auth.at("accessor").as_string()), std::string::npos);
  EXPECT_EQ(events[0].payload.detail.find(auth.at("client_token").as_string()), std::string::npos);
}

TEST_F(LoginTest, TheEnvelopeIsWhole) {
  const auto body = json_of_reply(go(Method::put, "cert/login")).as_object();
  EXPECT_TRUE(body.at("data").is_null());
  EXPECT_TRUE(body.at("warnings").is_null());
  EXPECT_TRUE(body.at("wrap_info").is_null());
  EXPECT_EQ(body.at("lease_id"), "");
  EXPECT_TRUE(body.contains("request_id"));
}

TEST_F(LoginTest, UnknownParametersAreNoErrorAndBadBodiesAre) {
  const Reply reply = go(Method::post, "cert/login", {}, R"({"zeta":1,"alpha":{}})");
  EXPECT_EQ(json_of_reply(reply).at("warnings").at(0), "Endpoint ignored these unrecognized parameters: [alpha zeta]");
  for (const char* const bad : {"{", "[]", R"({"name":{}})", R"({"name":"a","name":"b"})", "\xff"}) {
    EXPECT_EQ(go(Method::post, "cert/login", {}, bad).status, 400U) << bad;
    EXPECT_TRUE(events.empty());
  }
}

TEST_F(LoginTest, TheNameMustBeTheCertificates) {
  const Reply reply = go(Method::post, "cert/login", {}, R"({"name":"portal"})");
  EXPECT_EQ(reply.status, 400U);
  EXPECT_EQ(text_of(reply), R"({"errors":["invalid certificate or no client certificate supplied"]})");
  ASSERT_EQ(events.size(), 1U);
  EXPECT_EQ(events[0].outcome, audit::Outcome::denied);
  EXPECT_EQ(go(Method::post, "cert/login", {}, R"({"name":""})").status, 200U);
}

TEST_F(LoginTest, AStaleTokenDoesNotKeepAnybodyFromLoggingIn) {
  EXPECT_EQ(go(Method::post, "cert/login", {{"x-vault-token", "hvs.stale"}}).status, 200U);
}

TEST_F(LoginTest, NobodyWithoutAPrincipal) {
  for (const auto& [method, path] : {std::pair{Method::post, "cert/login"},
                                     {Method::get, "token/lookup-self"},
                                     {Method::post, "token/renew-self"},
                                     {Method::post, "token/revoke-self"}}) {
    const Reply reply = go(method, path, {}, {}, "nobody");
    EXPECT_EQ(reply.status, 403U) << path;
    EXPECT_EQ(text_of(reply), R"({"errors":["permission denied"]})");
    ASSERT_EQ(events.size(), 1U) << path;
    EXPECT_EQ(events[0].outcome, audit::Outcome::denied);
  }
}

TEST_F(LoginTest, LooksATokenUp) {
  const Pairs token = with_token();
  wait(seconds(100));
  for (const Method method : {Method::get, Method::post}) {
    const auto data = json_of_reply(go(method, "token/lookup-self", token)).at("data").as_object();
    EXPECT_EQ(words(data.at("id")), token[0].second);
    EXPECT_EQ(data.at("creation_time"), kStart / kSecondUs);
    EXPECT_EQ(data.at("creation_ttl"), 900);
    EXPECT_EQ(data.at("ttl"), 800);
    EXPECT_EQ(data.at("explicit_max_ttl"), 14'400);
    EXPECT_EQ(data.at("issue_time"), "2026-02-02T02:40:00.000000Z");
    EXPECT_EQ(data.at("expire_time"), "2026-02-02T02:55:00.000000Z");
    EXPECT_EQ(data.at("display_name"), "cert-backend");
    EXPECT_EQ(data.at("path"), "auth/cert/login");
    EXPECT_EQ(data.at("meta").at("common_name"), "client 1");
    EXPECT_EQ(data.at("renewable"), true);
    EXPECT_EQ(data.at("type"), "service");
    EXPECT_TRUE(events.empty());
  }
}

TEST_F(LoginTest, WithoutATokenTheCertificateStandsInForIt) {
  const auto data = json_of_reply(go(Method::get, "token/lookup-self")).at("data").as_object();
  EXPECT_EQ(data.at("id"), "");
  EXPECT_EQ(data.at("type"), "certificate");
  EXPECT_EQ(data.at("ttl"), 1'000'000);
  EXPECT_EQ(data.at("renewable"), false);
  EXPECT_EQ(go(Method::post, "token/renew-self").status, 400U);
  EXPECT_EQ(text_of(go(Method::post, "token/revoke-self")), R"({"errors":["missing client token"]})");
}

TEST_F(LoginTest, RenewsAToken) {
  const Pairs token = with_token();
  wait(seconds(100));
  auto body = json_of_reply(go(Method::post, "token/renew-self", token, R"({"increment":"60s"})")).as_object();
  EXPECT_EQ(body.at("auth").at("lease_duration"), 60);
  EXPECT_EQ(words(body.at("auth").at("client_token")), token[0].second);
  EXPECT_TRUE(body.at("warnings").is_null());
  EXPECT_EQ(hold, Hold::write);
  EXPECT_EQ(events.at(0).action, "auth.renew");
  body = json_of_reply(go(Method::put, "token/renew-self", token, R"({"increment":86400})")).as_object();
  EXPECT_EQ(body.at("auth").at("lease_duration"), 900);
  EXPECT_EQ(body.at("warnings").as_array().size(), 1U) << "less than asked for";
  body = json_of_reply(go(Method::post, "token/renew-self", token)).as_object();
  EXPECT_EQ(body.at("auth").at("lease_duration"), 900);
  EXPECT_EQ(go(Method::post, "token/renew-self", token, R"({"increment":"soon"})").status, 400U);
}

TEST_F(LoginTest, RevokesAToken) {
  const Pairs token = with_token();
  const Reply reply = go(Method::post, "token/revoke-self", token);
  EXPECT_EQ(reply.status, 204U);
  EXPECT_TRUE(reply.body.empty());
  EXPECT_EQ(hold, Hold::write);
  EXPECT_EQ(events.at(0).action, "auth.revoke");
  for (const auto& [method, path] : {std::pair{Method::get, "token/lookup-self"},
                                     {Method::post, "token/renew-self"},
                                     {Method::post, "token/revoke-self"}}) {
    EXPECT_EQ(go(method, path, token).status, 403U) << path;
    EXPECT_EQ(events.at(0).outcome, audit::Outcome::denied);
  }
}

TEST_F(LoginTest, ATokenOfAnotherCertificateGetsNowhere) {
  const Pairs token = with_token();
  mine = other;
  for (const char* const path : {"token/lookup-self", "token/renew-self", "token/revoke-self"}) {
    const Reply reply = go(Method::post, path, token);
    EXPECT_EQ(reply.status, 403U) << path;
    EXPECT_EQ(text_of(reply), R"({"errors":["permission denied"]})");
    EXPECT_NE(events.at(0).payload.detail.find("another certificate"), std::string::npos);
  }
}

TEST_F(LoginTest, TheStoreAwayIsAnOutage) {
  const Pairs token = with_token();
  store().away = true;
  EXPECT_EQ(go(Method::post, "cert/login").status, 503U);
  EXPECT_EQ(go(Method::post, "token/renew-self", token).status, 503U);
  EXPECT_EQ(go(Method::post, "token/revoke-self", token).status, 503U);
  EXPECT_EQ(go(Method::get, "token/lookup-self", token).status, 200U) << "known for a moment";
}

}  // namespace
}  // namespace sluis::gateway::auth
