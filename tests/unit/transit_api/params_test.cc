#include "gateway/transit/api/params.h"

#include <gtest/gtest.h>

namespace sluis::gateway::transit {
namespace {

Call call_with(std::string_view body, std::vector<std::pair<std::string, std::string>> query = {}) {
  Call call;
  call.body = SecretBuffer(body);
  call.query = std::move(query);
  return call;
}

TEST(Params, TakesTextsAndNumbersAlike) {
  const Call call = call_with(R"({"n":3,"t":"4","neg":-2,"b":true,"tb":"true","one":"1","s":"a\/b","null":null})");
  Params params(call, {"n", "t", "neg", "b", "tb", "one", "s", "null"});
  EXPECT_EQ(params.integer("n"), 3);
  EXPECT_EQ(params.integer("t"), 4);
  EXPECT_EQ(params.integer("neg"), -2);
  EXPECT_TRUE(params.flag("b"));
  EXPECT_TRUE(params.flag("tb"));
  EXPECT_TRUE(params.flag("one"));
  EXPECT_EQ(params.text("s"), "a/b");
  EXPECT_FALSE(params.has("null"));
  EXPECT_EQ(params.maybe_flag("absent"), std::nullopt);
  EXPECT_FALSE(params.refusal());
  EXPECT_TRUE(params.warnings().empty());
}

TEST(Params, TakesTheQueryWhereTheBodyLacksAName) {
  const Call call = call_with(R"({"a":"body"})", {{"a", "query"}, {"b", "query"}});
  Params params(call, {"a", "b"});
  EXPECT_EQ(params.text("a"), "body");
  EXPECT_EQ(params.text("b"), "query");
}

TEST(Params, KnowsDurations) {
  EXPECT_EQ(seconds_of("3600"), 3600U);
  EXPECT_EQ(seconds_of("0"), 0U);
  EXPECT_EQ(seconds_of("24h"), 86'400U);
  EXPECT_EQ(seconds_of("1h30m"), 5400U);
  EXPECT_EQ(seconds_of("7d"), 604'800U);
  for (const char* const bad : {"", "h", "1x", "-1", "1h30", "1.5h", " 1", "99999999999999999999", "40000d"}) {
    EXPECT_EQ(seconds_of(bad), std::nullopt) << bad;
  }
}

TEST(Params, RefusesOtherKindsWithTheNameAndNeverTheValue) {
  const Call call = call_with(R"({"n":"sesame","f":[1],"b":"perhaps"})");
  Params one(call, {"n"});
  EXPECT_EQ(one.integer("n", 7), 7);
  EXPECT_EQ(one.refusal()->text, "error converting input for field \"n\": expected a whole number");
  Params two(call, {"f"});
  EXPECT_EQ(two.text("f"), "");
  EXPECT_EQ(two.refusal()->status, 400U);
  Params three(call, {"b"});
  EXPECT_FALSE(three.flag("b"));
  EXPECT_EQ(three.refusal()->text.find("perhaps"), std::string::npos);
}

TEST(Params, WarnsOfWhatItDoesNotKnowSorted) {
  const Call call = call_with(R"({"zeta":1,"known":2,"alpha":3})", {{"query", "x"}});
  Params params(call, {"known"});
  EXPECT_EQ(params.warnings(),
            std::vector<std::string>{"Endpoint ignored these unrecognized parameters: [alpha query zeta]"});
}

TEST(Params, RefusesBodiesThatAreNoObject) {
  for (const char* const body :
       {"[]", "1", "\"x\"", "{", "{}x", "{\"a\":1,\"a\":2}", "{\"a\":\"\\u0000\"}", "{\"a\":\"\xff\"}"}) {
    const Call call = call_with(body);
    const Params params(call, {"a"});
    ASSERT_TRUE(params.refusal()) << body;
    EXPECT_EQ(params.refusal()->status, 400U);
    EXPECT_TRUE(params.refusal()->text.starts_with("failed to parse JSON input: ")) << params.refusal()->text;
  }
  for (const char* const body : {"", "null", "{}", " {} "}) {
    const Call call = call_with(body);
    EXPECT_FALSE(Params(call, {}).refusal()) << body;
  }
}

TEST(Params, RefusesDeepNesting) {
  const Call call = call_with("{\"a\":" + std::string(10'000, '[') + std::string(10'000, ']') + "}");
  EXPECT_TRUE(Params(call, {"a"}).refusal());
}

}  // namespace
}  // namespace sluis::gateway::transit
