#include "gateway/http/router.h"

#include <gtest/gtest.h>

#include "gateway/http/method.h"

namespace sluis::gateway {
namespace {

Route row(Method method, std::string pattern) {
  Route route;
  route.method = method;
  route.pattern = std::move(pattern);
  route.handler = [](Call&) { return Outcome{}; };
  return route;
}

Router records() {
  return Router({row(Method::put, "/v1/records/{collection}/{id}"), row(Method::get, "/v1/records/{collection}/{id}"),
                 row(Method::post, "/v1/records/{collection}:read"),
                 row(Method::post, "/v1/records/{collection}/{id}:attest"),
                 row(Method::get, "/v1/records/{collection}/imports"), row(Method::post, "/v1/keys/{key}:rotate"),
                 row(Method::head, "/v1/own"), row(Method::get, "/v1/own"), row(Method::get, "/healthz")});
}

Router::Match find(const Router& router, Method method, std::string_view raw) {
  return router.match(method, *parse_target(raw));
}

using Params = std::vector<std::pair<std::string, std::string>>;

TEST(Router, FindsRoutesAndTheirParameters) {
  const auto router = records();
  const auto get = find(router, Method::get, "/v1/records/diplomas/d%201");
  ASSERT_EQ(get.kind, Router::Kind::found);
  EXPECT_EQ(get.route->pattern, "/v1/records/{collection}/{id}");
  EXPECT_EQ(get.params, (Params{{"collection", "diplomas"}, {"id", "d 1"}}));
  EXPECT_EQ(router.routes()[get.index].method, Method::get);
}

TEST(Router, TellsVerbsFromIds) {
  const auto router = records();
  EXPECT_EQ(find(router, Method::post, "/v1/records/c/x:attest").params, (Params{{"collection", "c"}, {"id", "x"}}));
  EXPECT_EQ(find(router, Method::post, "/v1/records/c/a:b:attest").params,
            (Params{{"collection", "c"}, {"id", "a:b"}}));
  // A colon written as %3A belongs to the id.
  EXPECT_EQ(find(router, Method::post, "/v1/records/c/x%3Aattest").kind, Router::Kind::no_such_method);
  EXPECT_EQ(find(router, Method::get, "/v1/records/c/x%3Aattest").params,
            (Params{{"collection", "c"}, {"id", "x:attest"}}));
  EXPECT_EQ(find(router, Method::post, "/v1/records/c:write").kind, Router::Kind::no_such_path);
  EXPECT_EQ(find(router, Method::post, "/v1/records/:read").kind, Router::Kind::no_such_path);
}

TEST(Router, PrefersLiterals) {
  const auto router = records();
  EXPECT_EQ(find(router, Method::get, "/v1/records/c/imports").route->pattern, "/v1/records/{collection}/imports");
  EXPECT_EQ(find(router, Method::put, "/v1/records/c/imports").route->pattern, "/v1/records/{collection}/{id}");
}

TEST(Router, SaysWhichMethodsThereAre) {
  const auto router = records();
  const auto match = find(router, Method::del, "/v1/records/c/d");
  ASSERT_EQ(match.kind, Router::Kind::no_such_method);
  EXPECT_EQ(match.allow, "GET, HEAD, PUT");
  EXPECT_EQ(find(router, Method::other, "/healthz").allow, "GET, HEAD");
  EXPECT_EQ(find(router, Method::get, "/v1/records").kind, Router::Kind::no_such_path);
  EXPECT_EQ(find(router, Method::get, "/").kind, Router::Kind::no_such_path);
  EXPECT_EQ(find(router, Method::get, "/Healthz").kind, Router::Kind::no_such_path);
}

TEST(Router, ServesHeadByGetUnlessItHasItsOwn) {
  const auto router = records();
  EXPECT_EQ(find(router, Method::head, "/healthz").route->method, Method::get);
  EXPECT_EQ(find(router, Method::head, "/v1/own").route->method, Method::head);
}

TEST(Router, RefusesAWrongTable) {
  EXPECT_THROW(Router({row(Method::get, "no-slash")}), std::invalid_argument);
  EXPECT_THROW(Router({row(Method::get, "/a//b")}), std::invalid_argument);
  EXPECT_THROW(Router({row(Method::get, "/{}")}), std::invalid_argument);
  EXPECT_THROW(Router({row(Method::get, "/{a")}), std::invalid_argument);
  EXPECT_THROW(Router({row(Method::get, "/a:verb/b")}), std::invalid_argument);
  EXPECT_THROW(Router({row(Method::get, "/a"), row(Method::get, "/a")}), std::invalid_argument);
  auto two = row(Method::get, "/a");
  two.source = [](Call&) { return Streamed{}; };
  EXPECT_THROW(Router({two}), std::invalid_argument);
}

TEST(Method, NamesAreCaseSensitive) {
  EXPECT_EQ(method_named("GET"), Method::get);
  EXPECT_EQ(method_named("DELETE"), Method::del);
  EXPECT_EQ(method_named("LIST"), Method::list);
  EXPECT_EQ(method_named("get"), Method::other);
  EXPECT_EQ(method_named(""), Method::other);
  EXPECT_EQ(name(Method::patch), "PATCH");
}

}  // namespace
}  // namespace sluis::gateway
