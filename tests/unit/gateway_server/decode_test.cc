#include "gateway/http/decode.h"

#include <gtest/gtest.h>

namespace sluis::gateway {
namespace {

std::vector<std::string> segments_of(std::string_view raw) {
  const auto target = parse_target(raw);
  std::vector<std::string> out;
  if (!target) return {"refused"};
  for (const auto& segment : target->segments) out.push_back(segment.text);
  return out;
}

using Texts = std::vector<std::string>;

TEST(Target, DecodesSegments) {
  EXPECT_EQ(segments_of("/"), Texts{});
  EXPECT_EQ(segments_of("/v1/records/diplomas/d-1"), (Texts{"v1", "records", "diplomas", "d-1"}));
  EXPECT_EQ(segments_of("/a%20b/%C3%A9"), (Texts{"a b", "\xC3\xA9"}));
  EXPECT_EQ(parse_target("/a%20b/c?x=1")->path, "/a b/c");
}

TEST(Target, KeepsTheLastUnencodedColonApart) {
  EXPECT_EQ(parse_target("/c:read")->segments[0].verb, 1U);
  EXPECT_EQ(parse_target("/a:b:read")->segments[0].verb, 3U);
  EXPECT_EQ(parse_target("/c%3Aread")->segments[0].verb, std::string::npos);
  EXPECT_EQ(parse_target("/c%3Aread")->segments[0].text, "c:read");
}

class BadTarget : public testing::TestWithParam<std::string_view> {};
TEST_P(BadTarget, IsRefused) {
  const auto target = parse_target(GetParam());
  ASSERT_FALSE(target);
  EXPECT_EQ(target.error().code, Code::invalid);
}
INSTANTIATE_TEST_SUITE_P(Paths, BadTarget,
                         testing::Values("", "records", "*", "http://host/x", "//", "/a//b", "/a/", "/.", "/..",
                                         "/a/../b", "/a/./b", "/%2e%2e/x", "/%2E./x", "/a%2Fb", "/a%2fb", "/a%5Cb",
                                         "/a\\b", "/a%00b", "/a%0ab", "/a%7f", "/a%", "/a%4", "/a%zz", "/a%+1", "/a%C3",
                                         "/a%C3%28", "/a%C0%AF", "/a%ED%A0%80", "/a%F4%90%80%80", "/a%FF", "/a#b",
                                         "/a b", "/a\"b", "/a<b", "/a\xC3\xA9", "/a[b]", "/a^b", "/a|b", "/a`b",
                                         "/a{b}"));
INSTANTIATE_TEST_SUITE_P(Queries, BadTarget,
                         testing::Values("/a?x=%", "/a?x=%0", "/a?x=%00", "/a?x=%0d%0a", "/a?x=%FF", "/a?x=1#f",
                                         "/a?x=a b", "/a?%C0%80=1", "/a?x=\x01"));

TEST(Target, TakesQueriesInOrder) {
  const auto target = parse_target("/a?fields=x,y&b&c=&d=1%202+3&fields=z");
  ASSERT_TRUE(target);
  const std::vector<std::pair<std::string, std::string>> expected{
      {"fields", "x,y"}, {"b", ""}, {"c", ""}, {"d", "1 2 3"}, {"fields", "z"}};
  EXPECT_EQ(target->query, expected);
  EXPECT_TRUE(parse_target("/a?")->query.empty());
  EXPECT_EQ(parse_target("/a?x=b%2Fc/d?e")->query[0].second, "b/c/d?e");
}

TEST(Target, HasLimits) {
  EXPECT_EQ(parse_target("/" + std::string(kMaxTarget, 'a')).error().code, Code::too_large);
  std::string deep, many = "/a?";
  for (std::size_t i = 0; i <= kMaxSegments; ++i) deep += "/a";
  for (std::size_t i = 0; i <= kMaxQueryPairs; ++i) many += "x=1&";
  EXPECT_EQ(parse_target(deep).error().code, Code::too_large);
  EXPECT_EQ(parse_target(many).error().code, Code::too_large);
  EXPECT_TRUE(parse_target(deep.substr(2)));
}

TEST(Utf8, IsStrict) {
  EXPECT_TRUE(is_utf8(""));
  EXPECT_TRUE(is_utf8("a\xC2\x80\xE0\xA0\x80\xEF\xBF\xBF\xF0\x90\x80\x80\xF4\x8F\xBF\xBF"));
  for (const std::string_view bad : {"\x80", "\xBF", "\xC1\xBF", "\xE0\x9F\xBF", "\xF0\x8F\xBF\xBF",
                                     "\xF8\x88\x80\x80\x80", "\xE2\x82", "\xED\xBF\xBF", "\xF4\x90\x80\x80", "\xC2"}) {
    EXPECT_FALSE(is_utf8(bad)) << testing::PrintToString(bad);
  }
}

}  // namespace
}  // namespace sluis::gateway
