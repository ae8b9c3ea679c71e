#include "gateway/auth/capabilities.h"

#include <gmock/gmock.h>

#include "tests/unit/auth/auth_world.h"

namespace sluis::gateway::auth {
namespace {

using ::testing::ElementsAre;

// Stands for a policy with keys: backend may use the key `orders`, and read all keys for the purpose `audit`.
class KeyPolicy final : public policy::Policy {
 public:
  const policy::Principal* principal_of(const policy::Identity&) const override { return &who; }
  const policy::Principal* principal_named(std::string_view) const override { return &who; }
  policy::Decision decide(const policy::Request& request) const override {
    policy::Decision decision;
    const bool uses = request.action == "use" && request.key == "orders";
    const bool reads = request.action == "read" && request.purpose == "audit";
    decision.allowed = uses || reads || (request.action == "put" && request.collection == "diplomas");
    return decision;
  }
  policy::BudgetLimits budget(std::string_view, std::string_view) const override { return {}; }
  std::vector<std::string> principals() const override { return {who.name}; }
  const std::string& digest() const noexcept override { return who.name; }
  policy::Principal who{"backend", {policy::Role::backend}};
};

Route row(Method method, const char* pattern, const char* action) {
  Route route;
  route.method = method;
  route.pattern = pattern;
  route.action = action;
  route.handler = [](Call&) { return Outcome{}; };
  return route;
}

struct Capabilities : ::testing::Test {
  Capabilities() {
    call.policy = rules;
    call.principal = &rules->who;
    call.request_id = "r";
  }
  std::vector<std::string_view> of(std::string_view path) { return capabilities_of(router, call, path); }
  boost::json::value ask(std::string_view body) {
    call.body = SecretBuffer(body);
    const Outcome outcome = capabilities_self(router, call);
    status = outcome.reply.status;
    return json_of_reply(outcome.reply);
  }

  std::shared_ptr<KeyPolicy> rules = std::make_shared<KeyPolicy>();
  Router router{{row(Method::post, "/v1/transit/encrypt/{key}", "use"),
                 row(Method::get, "/v1/transit/keys/{key}", "read"), row(Method::list, "/v1/transit/keys", "read"),
                 row(Method::del, "/v1/transit/keys/{key}", "use"), row(Method::post, "/v1/auth/cert/login", ""),
                 row(Method::patch, "/v1/records/{collection}/{id}", "put"), row(Method::put, "/v1/only-put", "put")}};
  Call call;
  unsigned status = 0;
};

TEST_F(Capabilities, FollowRouterAndPolicy) {
  EXPECT_THAT(of("transit/encrypt/orders"), ElementsAre("create", "update"));
  EXPECT_THAT(of("transit/encrypt/others"), ElementsAre("deny"));
  EXPECT_THAT(of("transit/keys/orders"), ElementsAre("delete"));
  EXPECT_THAT(of("auth/cert/login"), ElementsAre("create", "update"));
  EXPECT_THAT(of("records/diplomas/d-1"), ElementsAre("patch"));
  EXPECT_THAT(of("records/others/d-1"), ElementsAre("deny"));
  call.purpose = "audit";
  EXPECT_THAT(of("transit/keys/orders"), ElementsAre("delete", "read"));
  EXPECT_THAT(of("transit/keys"), ElementsAre("list"));
  EXPECT_THAT(of("transit/keys/"), ElementsAre("list"));
}

TEST_F(Capabilities, WhatIsNoPathIsDenied) {
  for (const char* const path : {"", "nowhere", "transit/encrypt/orders?x=1", "transit/../auth/cert/login", "a//b",
                                 "transit/encrypt/orders/more", "sp ace", "\xff", "%00", "transit/encrypt/%2e%2e"}) {
    EXPECT_THAT(of(path), ElementsAre("deny")) << path;
  }
}

TEST_F(Capabilities, AnswerInBothPlaces) {
  const auto body = ask(R"({"paths":["transit/encrypt/orders","/transit/encrypt/others","auth","data"]})").as_object();
  EXPECT_EQ(status, 200U);
  const boost::json::array both{"create", "update"};
  const boost::json::array deny{"deny"};
  EXPECT_EQ(body.at("capabilities"), both) << "of the first path";
  EXPECT_EQ(body.at("transit/encrypt/orders"), both);
  EXPECT_EQ(body.at("data").at("transit/encrypt/orders"), both);
  EXPECT_EQ(body.at("data").at("transit/encrypt/others"), deny);
  EXPECT_EQ(body.at("data").at("auth"), deny);
  EXPECT_TRUE(body.at("auth").is_null()) << "the envelope's own members stay";
  EXPECT_EQ(body.at("request_id"), "r");
}

TEST_F(Capabilities, TakeOnePathToo) {
  EXPECT_EQ(ask(R"({"path":"transit/encrypt/orders"})").at("capabilities"), (boost::json::array{"create", "update"}));
  EXPECT_EQ(ask(R"({"paths":"transit/encrypt/orders,nowhere"})").at("nowhere"), (boost::json::array{"deny"}));
  EXPECT_EQ(ask(R"({"path":["nowhere"],"more":1})").at("warnings").as_array().size(), 1U);
}

TEST_F(Capabilities, RefuseWhatIsNoQuestion) {
  for (const char* const body :
       {"", "{}", R"({"paths":[]})", R"({"paths":[1]})", R"({"paths":{}})", "[", R"({"path":""})"}) {
    ask(body);
    EXPECT_EQ(status, 400U) << body;
  }
  std::string many = R"({"paths":["p0")";
  for (int i = 1; i < 300; ++i) many += ",\"p" + std::to_string(i) + '"';
  ask(many + "]}");
  EXPECT_EQ(status, 413U);
  ask(R"({"path":")" + std::string(2000, 'a') + "\"}");
  EXPECT_EQ(status, 413U);
  call.principal = nullptr;
  ask(R"({"path":"a"})");
  EXPECT_EQ(status, 403U);
}

}  // namespace
}  // namespace sluis::gateway::auth
