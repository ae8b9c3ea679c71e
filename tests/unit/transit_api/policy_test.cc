// Which grant each route asks for; what may run on an I/O thread.
#include <gmock/gmock.h>

#include <map>
#include <set>

#include "policy/actions.h"
#include "tests/unit/transit_api/world.h"

namespace sluis::gateway::transit::test {
namespace {

class TransitPolicy : public TransitTest {};

TEST_F(TransitPolicy, EveryRouteHasAnActionAndEveryActionARoute) {
  std::set<std::string> used;
  for (const Route& route : transit_routes(std::make_shared<const Parts>(parts()))) {
    const auto* const action = policy::action_named(route.action);
    ASSERT_NE(action, nullptr) << route.action;
    used.insert(route.action);
    // A route without a key cannot be granted by key but with "*".
    const bool keyed = route.pattern.find("{key}") != std::string::npos;
    EXPECT_TRUE(!keyed || action->scope == policy::Scope::key) << route.pattern;
  }
  for (const auto& action : policy::actions()) {
    EXPECT_TRUE(!action.name.starts_with("transit.") || used.contains(std::string(action.name))) << action.name;
  }
}

TEST_F(TransitPolicy, WhoUsesKeysDoesNotRuleThem) {
  make("k");
  for (const char* const path :
       {"keys/k/rotate", "keys/k/config", "keys/k/trim", "keys/k/import", "restore", "config/keys"}) {
    EXPECT_EQ(call("POST", path, "{}").status, 403U) << path;
  }
  EXPECT_EQ(call("DELETE", "keys/k").status, 403U);
  EXPECT_EQ(call("GET", "backup/k").status, 403U);
  for (const char* const path : {"encrypt/k", "decrypt/k", "rewrap/k", "sign/k", "hmac/k", "datakey/plaintext/k"}) {
    EXPECT_EQ(officer("POST", path, "{}").status, 403U) << path;
  }
  EXPECT_EQ(call("POST", "encrypt/other", "{}", {"narrow"}).status, 403U);
}

TEST_F(TransitPolicy, PostAndPutMeanTheSame) {
  std::map<std::string, std::set<Method>> methods;
  for (const Route& route : transit_routes(std::make_shared<const Parts>(parts()))) {
    methods[route.pattern].insert(route.method);
  }
  for (const auto& [pattern, have] : methods)
    EXPECT_EQ(have.contains(Method::post), have.contains(Method::put)) << pattern;
}

TEST_F(TransitPolicy, OnlyWhatCannotBlockRunsAtOnce) {
  make("k");
  make("rsa", R"({"type":"rsa-2048"})");
  encrypt("k", "");
  encrypt("rsa", "");
  Route route;
  route.action = "transit.decrypt";
  const auto may = [&](std::string_view key, std::string_view body) {
    Call call;
    call.params.emplace_back("key", key);
    call.body = SecretBuffer(body);
    return may_run_inline(parts(), route, call);
  };
  EXPECT_TRUE(may("k", R"({"ciphertext":"vault:v1:AAAA"})"));
  EXPECT_FALSE(may("k", R"({"ciphertext":"vault:v2:AAAA"})"));  // asks the store
  EXPECT_FALSE(may("k", R"({"a":"vault:v1:AAAA","ciphertext":"vault:v99999999999:A"})"));
  EXPECT_FALSE(may("k", R"({"ciphertext":"vault\u003av2:AAAA"})"));
  EXPECT_FALSE(may("k", std::string(20'000, ' ')));
  EXPECT_FALSE(may("rsa", "{}"));
  EXPECT_FALSE(may("none", "{}"));
}

}  // namespace
}  // namespace sluis::gateway::transit::test
