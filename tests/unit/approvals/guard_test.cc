// The guard before a handler.
#include <gmock/gmock.h>

#include <stdexcept>

#include "tests/unit/approvals/world.h"

namespace sluis::gateway::approvals {
namespace {

using gateway::test::json_of_reply;
using ::testing::HasSubstr;

class GuardTest : public ApprovalWorld {
 protected:
  void SetUp() override {
    ApprovalWorld::SetUp();
    if (!IsSkipped()) routes_ = guarded("/v1/things/{thing}:break", {});
  }

  std::vector<Route> guarded(std::string pattern, std::vector<GuardedAction> actions) {
    std::vector<Route> routes(1);
    routes[0].method = Method::post;
    routes[0].pattern = std::move(pattern);
    routes[0].action = "rollovers.start";
    routes[0].parties = {Role::security_officer, Role::security_officer};
    routes[0].handler = [this](Call& call) {
      ++runs;
      seen = std::string(call.body.expose_text());
      if (throws) throw std::runtime_error("a bug");
      Outcome out;
      out.reply.status = status;
      return out;
    };
    guard(routes, Guards{one().approvals, std::move(actions), {"/v1/transit/"}});
    return routes;
  }

  Outcome call(std::string_view who, std::string_view body = "", std::string_view approval = {}) {
    Call call;
    call.method = Method::post;
    call.path = "/v1/things/a:break";
    call.body = SecretBuffer(body);
    call.principal = policy().principal_named(who);
    call.policy = policy_now();
    call.now_us = now;
    if (!approval.empty()) call.headers.emplace_back("Sluis-Approval", approval);
    return routes_[0].handler(call);
  }

  std::string request(std::string_view body = "") {
    const auto out = call("officer-1", body);
    EXPECT_EQ(out.reply.status, 202U);
    return std::string(json_of_reply(out.reply).at("approval").as_string());
  }
  void approve(const std::string& id) {
    const auto approval = one().approvals.find(id, now);
    ASSERT_TRUE(one().approvals.approve(id, approval->digest, actor("officer-2")));
  }

  std::vector<Route> routes_;
  int runs = 0;
  unsigned status = 200;
  bool throws = false;
  std::string seen;
};

TEST_F(GuardTest, ACallWithoutAnApprovalBecomesARequest) {
  const auto out = call("officer-1", R"({"a":1,"reason":"old keys"})");
  EXPECT_EQ(runs, 0);
  EXPECT_EQ(out.reply.status, 202U);
  const auto body = json_of_reply(out.reply);
  EXPECT_EQ(body.at("needs").as_array().size(), 1U);
  EXPECT_EQ(body.at("needs").at(0).as_string(), "security-officer");
  EXPECT_EQ(one().approvals.find(body.at("approval").as_string(), now)->act.reason, "old keys");
  ASSERT_EQ(out.events.size(), 1U);
  EXPECT_EQ(out.events[0].action, "approvals.request");
  EXPECT_EQ(out.hold, Hold::write);
}

TEST_F(GuardTest, CarriedOutOnceWithItsApproval) {
  const auto id = request(R"({"b":1,"a":2})");
  EXPECT_EQ(call("officer-1", R"({"b":1,"a":2})", id).reply.status, 403U) << "not yet approved";
  approve(id);
  const auto out = call("officer-1", R"({"a":2,"b":1})", id);
  EXPECT_EQ(out.reply.status, 200U);
  EXPECT_EQ(runs, 1);
  EXPECT_EQ(seen, R"({"a":2,"b":1})");
  EXPECT_EQ(out.events.back().action, "approvals.outcome");
  EXPECT_EQ(call("officer-1", R"({"a":2,"b":1})", id).reply.status, 409U);
  EXPECT_EQ(runs, 1);
}

TEST_F(GuardTest, AnotherBodyOrCallerIsRefused) {
  const auto id = request(R"({"a":1})");
  approve(id);
  EXPECT_EQ(call("officer-1", R"({"a":2})", id).reply.status, 403U);
  EXPECT_EQ(call("officer-1", "", id).reply.status, 403U);
  const auto other = call("officer-3", R"({"a":1})", id);
  EXPECT_EQ(other.reply.status, 403U);
  ASSERT_EQ(other.events.size(), 1U);
  EXPECT_EQ(other.events[0].outcome, audit::Outcome::denied);
  EXPECT_EQ(call("officer-1", R"({"a":1})", "nothing").reply.status, 404U);
  EXPECT_EQ(runs, 0);
}

TEST_F(GuardTest, WhatIsTwiceInTheBodyReachesTheHandlerAsItWasApproved) {
  const std::string twice = R"({"a":"x","a":"y"})";
  const auto id = request(twice);
  approve(id);
  const auto shown = boost::json::serialize(one().approvals.find(id, now)->act.body);
  EXPECT_EQ(call("officer-1", twice, id).reply.status, 200U);
  EXPECT_EQ(seen, shown);
}

TEST_F(GuardTest, OnlyThePartiesMayAsk) {
  EXPECT_EQ(call("custodian-1").reply.status, 403U);
  EXPECT_EQ(call("operator-1").reply.status, 403U);
}

TEST_F(GuardTest, AFailureAndABugUseItUp) {
  auto id = request();
  approve(id);
  status = 409;
  EXPECT_EQ(call("officer-1", "", id).events.back().outcome, audit::Outcome::failed);
  EXPECT_EQ(one().approvals.find(id, now)->state, State::failed);
  now += kSecondUs;
  id = request();
  approve(id);
  throws = true;
  EXPECT_THROW(call("officer-1", "", id), std::runtime_error);
  EXPECT_EQ(one().approvals.find(id, now)->state, State::failed);
  EXPECT_EQ(call("officer-1", "", id).reply.status, 409U);
}

TEST_F(GuardTest, WhatCannotBeDoneIsNotPutUp) {
  const auto no = [](Call&) -> std::optional<Outcome> { return Outcome{problem(400, "no"), {}, Hold::nothing}; };
  routes_ = guarded("/v1/things/{thing}:break", {{"rollovers.start", Keep::body, no}});
  EXPECT_EQ(call("officer-1").reply.status, 400U);
  EXPECT_TRUE(one().approvals.list(std::nullopt, "", 10, now)->empty());
}

TEST_F(GuardTest, SecretsNeverReachTheRequest) {
  routes_ = guarded("/v1/things/{thing}:break", {{"rollovers.start", Keep::digest, {}}});
  const auto id = request(R"({"key":"secret-words"})");
  EXPECT_THAT(row("approval", id).body, Not(HasSubstr("secret-words")));
  approve(id);
  EXPECT_EQ(call("officer-1", R"({"key":"secret-word5"})", id).reply.status, 403U);
  EXPECT_EQ(call("officer-1", R"({"key":"secret-words"})", id).reply.status, 200U);
  EXPECT_EQ(seen, R"({"key":"secret-words"})");
}

TEST_F(GuardTest, CompatibleClientsGetARefusalThatNamesTheRequest) {
  routes_ = guarded("/v1/transit/x", {});
  const auto out = call("officer-1");
  EXPECT_EQ(out.reply.status, 403U);
  const std::string text(json_of_reply(out.reply).at("errors").at(0).as_string());
  const auto open = one().approvals.list(State::waiting, "", 10, now);
  ASSERT_EQ(open->size(), 1U);
  EXPECT_THAT(text, HasSubstr(open->front().id));
  EXPECT_EQ(out.hold, Hold::write);
}

TEST_F(GuardTest, StreamsCannotBeGuarded) {
  for (const int kind : {0, 1, 2, 3}) {
    std::vector<Route> routes(1);
    routes[0].pattern = "/v1/x";
    routes[0].action = "rollovers.start";
    routes[0].parties = {Role::security_officer, Role::security_officer};
    if (kind == 0)
      routes[0].sink = [](Call&) -> Result<std::unique_ptr<BodySink>> { return Error{Code::internal, "x"}; };
    if (kind == 1) routes[0].source = [](Call&) { return Streamed{}; };
    if (kind == 2) routes[0].group = [](std::span<GroupedCall>) {};
    if (kind == 3) {
      routes[0].handler = [](Call&) { return Outcome{}; };
      routes[0].filter = [](Call&) { return Filtered{}; };
    }
    EXPECT_THROW(guard(routes, Guards{one().approvals, {}, {}}), std::invalid_argument) << kind;
  }
}

}  // namespace
}  // namespace sluis::gateway::approvals
