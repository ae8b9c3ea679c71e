// sys/health, sys/seal-status, sys/mounts and their kind.
#include "gateway/auth/sys_routes.h"

#include "tests/unit/auth/auth_world.h"

namespace sluis::gateway::auth {
namespace {

struct Sys : ::testing::Test {
  Sys() {
    SysParts parts;
    parts.seal = [this] { return SealState{sealed}; };
    parts.router = [this]() -> const Router& { return *router; };
    parts.version = "1.2.3";
    parts.storage = "sqlite";
    parts.transit_mount = "transit";
    router.emplace(sys_routes(parts));
  }
  Reply go(std::string_view target, Method method = Method::get) {
    const auto parsed = parse_target("/v1/sys/" + std::string(target));
    const auto match = router->match(method, *parsed);
    if (match.kind != Router::Kind::found) throw std::runtime_error("no route");
    Call call;
    call.method = method;
    call.params = match.params;
    call.query = parsed->query;
    call.principal = principal;
    call.request_id = "r";
    call.now_us = kStart;
    return std::move(match.route->handler(call).reply);
  }
  boost::json::value get(std::string_view target) { return json_of_reply(go(target)); }

  const policy::Principal who{"backend", {policy::Role::backend}};
  const policy::Principal* principal = &who;
  bool sealed = false;
  std::optional<Router> router;
};

TEST_F(Sys, HealthSaysWhetherItServes) {
  const auto body = get("health").as_object();
  EXPECT_EQ(go("health").status, 200U);
  EXPECT_EQ(body.at("initialized"), true);
  EXPECT_EQ(body.at("sealed"), false);
  EXPECT_EQ(body.at("standby"), false);
  EXPECT_EQ(body.at("server_time_utc"), kStart / kSecondUs);
  EXPECT_EQ(body.at("version"), "1.2.3");
  sealed = true;
  EXPECT_EQ(go("health").status, 503U);
  EXPECT_EQ(get("health").at("sealed"), true);
  EXPECT_EQ(go("health", Method::head).status, 503U);
}

TEST_F(Sys, TheCallerChoosesTheCodes) {
  EXPECT_EQ(go("health?activecode=204&standbyok=true&perfstandbyok&uninitcode=200").status, 204U);
  EXPECT_EQ(go("health?sealedcode=299").status, 200U);
  sealed = true;
  EXPECT_EQ(go("health?sealedcode=299&activecode=204").status, 299U);
  EXPECT_EQ(go("health?standbyok=true").status, 503U);
  for (const char* const bad : {"activecode=", "activecode=x", "sealedcode=99", "standbycode=600", "uninitcode=-200",
                                "drsecondarycode=200.5", "sealedcode=100", "activecode=99999999999999999999"}) {
    EXPECT_EQ(go("health?" + std::string(bad)).status, 400U) << bad;
  }
}

TEST_F(Sys, SealStatusHasWhatTheCommandLinePrints) {
  const auto body = get("seal-status").as_object();
  for (const char* const name :
       {"type", "initialized", "sealed", "t", "n", "progress", "nonce", "version", "build_date", "migration",
        "cluster_name", "cluster_id", "recovery_seal", "storage_type"}) {
    EXPECT_TRUE(body.contains(name)) << name;
  }
  sealed = true;
  EXPECT_EQ(go("seal-status").status, 200U);
  EXPECT_EQ(get("seal-status").at("sealed"), true);
  EXPECT_EQ(get("leader").at("ha_enabled"), false);
  EXPECT_EQ(get("init").at("initialized"), true);
}

TEST_F(Sys, MountsStandInBothPlaces) {
  const auto body = get("mounts").as_object();
  EXPECT_EQ(body.at("transit/").at("type"), "transit");
  EXPECT_EQ(body.at("data").at("transit/"), body.at("transit/"));
  EXPECT_EQ(body.at("data").as_object().size(), 2U);
  EXPECT_EQ(body.at("data").at("sys/").at("type"), "system");
  EXPECT_EQ(body.at("transit/").at("uuid").as_string().size(), 36U);
  principal = nullptr;
  EXPECT_EQ(go("mounts").status, 403U);
}

TEST_F(Sys, MountsForTheCommandLine) {
  const auto data = get("internal/ui/mounts").at("data").as_object();
  EXPECT_EQ(data.at("secret").at("transit/").at("type"), "transit");
  EXPECT_EQ(data.at("auth").at("cert/").at("type"), "cert");
  for (const char* const path : {"transit", "transit/keys", "transit/encrypt/a", "transit/a/b/c/d/e/f/g"}) {
    EXPECT_EQ(get("internal/ui/mounts/" + std::string(path)).at("data").at("path"), "transit/") << path;
  }
  EXPECT_EQ(go("internal/ui/mounts/secret/a").status, 403U);
  EXPECT_EQ(go("internal/ui/mounts/transits").status, 403U);
  principal = nullptr;
  EXPECT_EQ(go("internal/ui/mounts/transit").status, 403U);
  EXPECT_TRUE(get("internal/ui/mounts").at("data").at("secret").as_object().empty());
}

}  // namespace
}  // namespace sluis::gateway::auth
