#include "gateway/server/admission.h"

#include <gtest/gtest.h>

#include "policy/policy.h"

namespace sluis::gateway {
namespace {

// Allows reads of diplomas with a purpose, and nothing else.
class OnePolicy final : public policy::Policy {
 public:
  const policy::Principal* principal_of(const policy::Identity&) const override { return &who; }
  const policy::Principal* principal_named(std::string_view) const override { return &who; }
  policy::Decision decide(const policy::Request& request) const override {
    policy::Decision decision;
    decision.allowed = request.action == "records.read" && request.collection == "diplomas" && !request.purpose.empty();
    decision.rule = "one";
    decision.reason = decision.allowed ? "" : "no grant";
    decision.fields.all = true;
    return decision;
  }
  policy::BudgetLimits budget(std::string_view, std::string_view) const override { return {}; }
  std::vector<std::string> principals() const override { return {who.name}; }
  const std::string& digest() const noexcept override { return who.name; }
  policy::Principal who{"registry", {policy::Role::backend}};
};

struct Fixture : testing::Test {
  Fixture() {
    Route read;
    read.method = Method::get;
    read.pattern = "/v1/records/{collection}/{id}";
    read.action = "records.read";
    read.query = {"fields"};
    read.handler = [](Call&) { return Outcome{}; };
    Route open = read;
    open.pattern = "/healthz";
    open.action.clear();
    router.emplace(std::vector<Route>{read, open});
    services.router = &*router;
    snapshot.known_collections = {"diplomas"};
    snapshot.policy = rules;
    call.principal = &rules->who;
    call.request_id = "r1";
    call.client_address = "192.0.2.7";
    head.method = "GET";
    head.headers = {{"host", "a"}, {"sluis-purpose", "mobility"}};
  }
  Admission go(std::string_view target) {
    head.target = target;
    return admit(services, snapshot, head, call);
  }

  std::shared_ptr<OnePolicy> rules = std::make_shared<OnePolicy>();
  std::optional<Router> router;
  Services services;
  Snapshot snapshot;
  RequestHead head;
  Call call;
};

TEST_F(Fixture, AQueryHasWhatThePathTakesAndEachOnce) {
  for (const char* target : {"/v1/records/diplomas/d-1?feilds=a", "/v1/records/diplomas/d-1?fields=a&fields=b",
                             "/v1/records/diplomas/d-1?fields=a&x", "/healthz?x=1"}) {
    const auto admission = go(target);
    ASSERT_TRUE(admission.refusal) << target;
    EXPECT_EQ(admission.refusal->status, 400U);
  }
}

TEST_F(Fixture, AnAllowedCallIsWhole) {
  head.headers.emplace_back("sluis-case", "C-1");
  const auto admission = go("/v1/records/diplomas/d-1?fields=a");
  ASSERT_FALSE(admission.refusal);
  EXPECT_EQ(admission.route->pattern, "/v1/records/{collection}/{id}");
  EXPECT_EQ(call.path, "/v1/records/diplomas/d-1");
  EXPECT_EQ(call.param("id"), "d-1");
  EXPECT_EQ(call.query_value("fields"), "a");
  EXPECT_EQ(call.purpose, "mobility");
  EXPECT_EQ(call.case_reference, "C-1");
  EXPECT_TRUE(call.decision.allowed);
  EXPECT_EQ(call.header("SLUIS-case"), "C-1");
}

TEST_F(Fixture, ADenialIsAnEntry) {
  head.headers.pop_back();
  const auto admission = go("/v1/records/diplomas/d-1");
  ASSERT_TRUE(admission.refusal);
  EXPECT_EQ(admission.refusal->status, 403U);
  ASSERT_EQ(admission.events.size(), 1U);
  const auto& event = admission.events[0];
  EXPECT_EQ(event.outcome, audit::Outcome::denied);
  EXPECT_EQ(event.principal, "registry");
  EXPECT_EQ(event.action, "records.read");
  EXPECT_EQ(event.collection, "diplomas");
  EXPECT_EQ(event.request, "r1");
  EXPECT_EQ(event.payload.record, "d-1");
  EXPECT_EQ(event.payload.client_address, "192.0.2.7");
}

// What a client makes up may be personal data: it never gets into a leaf, which is public within the log.
TEST_F(Fixture, ALeafHoldsNothingThatTheClientMadeUp) {
  head.headers.back().second = "85073003328";
  const auto admission = go("/v1/records/85073003328/d-1");
  ASSERT_EQ(admission.events.size(), 1U);
  EXPECT_EQ(admission.events[0].collection, "");
  EXPECT_EQ(admission.events[0].purpose, "");
  EXPECT_NE(admission.events[0].payload.detail.find("85073003328"), std::string::npos);
}

TEST_F(Fixture, ACertificateWithoutPrincipalGetsNowhere) {
  call.principal = nullptr;
  const auto admission = go("/v1/records/diplomas/d-1");
  EXPECT_EQ(admission.refusal->status, 403U);
  EXPECT_EQ(admission.events.at(0).principal, "-");
  call = Call{};
  EXPECT_FALSE(go("/healthz").refusal);
}

TEST_F(Fixture, RefusesWhatItCannotServe) {
  EXPECT_EQ(go("/nowhere").refusal->status, 404U);
  EXPECT_EQ(go("/v1/records/diplomas/..").refusal->status, 400U);
  EXPECT_EQ(go("/" + std::string(9000, 'a')).refusal->status, 414U);
  head.method = "BREW";
  EXPECT_EQ(go("/healthz").refusal->status, 405U);
}

TEST_F(Fixture, ChecksItsOwnHeaders) {
  const std::vector<std::pair<std::string, std::string>> bad{{"sluis-purpose", "second"},
                                                             {"sluis-case", std::string(257, 'a')},
                                                             {"sluis-case", "caf\xC3\xA9"},
                                                             {"sluis-case", ""}};
  for (const auto& [name, value] : bad) {
    head.headers.resize(2);
    head.headers.emplace_back(name, value);
    EXPECT_EQ(go("/v1/records/diplomas/d-1").refusal->status, 400U) << name;
  }
  head.headers.resize(1);
  head.headers.emplace_back("sluis-purpose", std::string_view(bad[1].second).substr(0, 129));
  EXPECT_EQ(go("/v1/records/diplomas/d-1").refusal->status, 400U);
}

TEST_F(Fixture, KnowsExpectationsAndEncodings) {
  head.headers.emplace_back("expect", "100-Continue");
  EXPECT_TRUE(go("/healthz").expects_continue);
  head.headers.back().second = "200-maybe";
  EXPECT_EQ(go("/healthz").refusal->status, 417U);
  head.headers.back() = {"content-encoding", "gzip"};
  EXPECT_EQ(go("/healthz").refusal->status, 415U);
}

}  // namespace
}  // namespace sluis::gateway
