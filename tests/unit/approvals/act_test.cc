// The act that is put up for approval, and its digest.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <boost/json.hpp>

#include "gateway/approvals/act.h"

namespace sluis::gateway::approvals {
namespace {

using ::testing::HasSubstr;

struct Made {
  Call call;
  Route route;
  std::vector<std::pair<std::string, std::string>> headers;
};

Result<Act> act_of_body(std::string_view body, Keep keep = Keep::body, std::string_view reason = {},
                        std::vector<std::pair<std::string, std::string>> query = {}) {
  Call call;
  call.method = Method::post;
  call.path = "/v1/things/a";
  call.query = std::move(query);
  call.body = SecretBuffer(body);
  if (!reason.empty()) call.headers.emplace_back("sluis-reason", reason);
  Route route;
  route.action = "rollovers.start";
  route.pattern = "/v1/things/{thing}";
  return act_of(call, route, keep);
}

std::string digest_of_body(std::string_view body) {
  const auto act = act_of_body(body);
  EXPECT_TRUE(act);
  return act ? digest_of(*act, "officer-1") : "";
}

TEST(ActTest, TheOrderOfMembersAndSpacesMeanNothing) {
  EXPECT_EQ(digest_of_body(R"({"a":1,"b":{"x":[1,2],"y":null}})"),
            digest_of_body(R"( {"b": {"y":null,"x":[1, 2]}, "a":1})"));
}

TEST(ActTest, EveryValueCounts) {
  const std::string digest = digest_of_body(R"({"a":1,"b":[1,2]})");
  for (const char* const other : {R"({"a":2,"b":[1,2]})", R"({"a":1,"b":[2,1]})", R"({"a":"1","b":[1,2]})",
                                  R"({"a":1})", R"({"a":1,"b":[1,2],"c":null})", "", "{}"}) {
    EXPECT_NE(digest_of_body(other), digest) << other;
  }
}

TEST(ActTest, EveryPartOfTheActCounts) {
  Act act{"a.b", "/p/{x}", "POST", "/p/1", {{"k", "v"}}, nullptr, "", ""};
  const std::string digest = digest_of(act, "officer-1");
  EXPECT_NE(digest_of(act, "officer-2"), digest);
  for (auto member : {&Act::action, &Act::pattern, &Act::method, &Act::path, &Act::body_digest}) {
    Act other = act;
    other.*member += "x";
    EXPECT_NE(digest_of(other, "officer-1"), digest);
  }
  Act other = act;
  other.query.emplace_back("k", "w");
  EXPECT_NE(digest_of(other, "officer-1"), digest);
  other = act;
  other.reason = "another reason for the same act";
  EXPECT_EQ(digest_of(other, "officer-1"), digest);
}

TEST(ActTest, TheOrderOfTheQueryMeansNothing) {
  const auto a = act_of_body("", Keep::body, {}, {{"b", "2"}, {"a", "1"}});
  const auto b = act_of_body("", Keep::body, {}, {{"a", "1"}, {"b", "2"}});
  ASSERT_TRUE(a && b);
  EXPECT_EQ(digest_of(*a, "x"), digest_of(*b, "x"));
}

TEST(ActTest, TheReasonIsTakenOut) {
  const auto in_body = act_of_body(R"({"a":1,"reason":"old"})");
  const auto in_header = act_of_body(R"({"a":1})", Keep::body, "old");
  ASSERT_TRUE(in_body && in_header);
  EXPECT_EQ(in_body->reason, "old");
  EXPECT_EQ(in_header->reason, "old");
  EXPECT_EQ(digest_of(*in_body, "x"), digest_of(*in_header, "x"));
  EXPECT_EQ(approved_body(*in_body, *in_header), R"({"a":1,"reason":"old"})");
  EXPECT_EQ(approved_body(*in_header, *in_body), R"({"a":1})");
}

TEST(ActTest, WhatIsTwiceInTheBodyIsCarriedOutAsItWasRead) {
  const auto act = act_of_body(R"({"a":"shown","a":"hidden"})");
  ASSERT_TRUE(act);
  const auto body = approved_body(*act, *act);
  EXPECT_EQ(body, boost::json::serialize(act->body));
  EXPECT_EQ(boost::json::parse(body).as_object().size(), 1U);
}

TEST(ActTest, SecretsAreKeptAsTheirDigestAlone) {
  const auto act = act_of_body(R"({"backup":"c2VjcmV0"})", Keep::digest);
  ASSERT_TRUE(act);
  EXPECT_THAT(boost::json::serialize(to_json(*act)), Not(HasSubstr("c2VjcmV0")));
  const auto other = act_of_body(R"({"backup":"c2VjcmV1"})", Keep::digest);
  EXPECT_NE(digest_of(*act, "x"), digest_of(*other, "x"));
}

TEST(ActTest, BadBodiesAreRefused) {
  for (const char* const bad : {"[", "[]", "1", "{", R"({"reason":1})", "{}x", "\xff"})
    EXPECT_FALSE(act_of_body(bad)) << bad;
  EXPECT_EQ(act_of_body("{\"a\":\"" + std::string(kMaxActBody, 'a') + "\"}").error().code, Code::too_large);
  EXPECT_EQ(act_of_body("", Keep::body, std::string(kMaxReason + 1, 'a')).error().code, Code::too_large);
  EXPECT_FALSE(act_of_body("", Keep::body, "\xff"));
  EXPECT_FALSE(act_of_body(std::string(200, '[')));
}

TEST(ActTest, JsonThereAndBack) {
  const auto act = act_of_body(R"({"a":[1,2.5,"x",true]})", Keep::body, "why", {{"k", "v"}});
  ASSERT_TRUE(act);
  const auto again = act_from(to_json(*act));
  ASSERT_TRUE(again);
  EXPECT_EQ(digest_of(*again, "x"), digest_of(*act, "x"));
  EXPECT_EQ(again->reason, "why");
  EXPECT_FALSE(act_from({}));
}

}  // namespace
}  // namespace sluis::gateway::approvals
