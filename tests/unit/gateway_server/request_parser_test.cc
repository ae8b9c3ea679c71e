#include "gateway/http/request_parser.h"

#include <gtest/gtest.h>

namespace sluis::gateway {
namespace {

using Progress = RequestParser::Progress;

struct Parsed {
  Progress progress = Progress::more;
  unsigned refusal = 0;
  std::string body, left;
};

// Feeds `text` in pieces of `step` bytes, keeping what was not taken in front, as a connection does.
Parsed parse(RequestParser& parser, std::string_view text, std::size_t step, std::uint64_t limit = 1U << 20U) {
  Parsed out;
  std::string buffer;
  SecretBuffer body;
  bool head = false;
  while (out.progress == Progress::more && !text.empty()) {
    buffer += text.substr(0, step);
    text.remove_prefix(std::min(step, text.size()));
    std::string_view view = buffer;
    if (!head) {
      out.progress = parser.feed_head(view);
      if (out.progress == Progress::ready) {
        head = true;
        out.progress = Progress::more;
      }
    }
    if (head) out.progress = parser.feed_body(view, body, limit);
    buffer = std::string(view);
  }
  out.refusal = parser.refusal();
  out.body = body.expose_text();
  out.left = buffer + std::string(text);
  return out;
}

Parsed parse(std::string_view text, std::size_t step = 1U << 20U) {
  RequestParser parser({});
  return parse(parser, text, step);
}

constexpr std::string_view kPost =
    "POST /v1/x?y=1 HTTP/1.1\r\nHost: a\r\nSluis-Purpose: p\r\nContent-Length: 5\r\n\r\nhello";

TEST(RequestParser, TakesARequestInPiecesOfAnySize) {
  for (std::size_t step = 1; step <= kPost.size(); ++step) {
    RequestParser parser({});
    const auto parsed = parse(parser, kPost, step);
    ASSERT_EQ(parsed.progress, Progress::ready) << step;
    EXPECT_EQ(parser.head().method, "POST");
    EXPECT_EQ(parser.head().target, "/v1/x?y=1");
    EXPECT_EQ(parser.head().content_length, 5U);
    EXPECT_TRUE(parser.head().keep_alive);
    ASSERT_EQ(parser.head().headers.size(), 3U);
    EXPECT_EQ(parser.head().headers[1].first, "sluis-purpose");
    EXPECT_EQ(parser.head().headers[1].second, "p");
    EXPECT_EQ(parsed.body, "hello");
  }
}

TEST(RequestParser, LeavesThePipelinedNextRequestAlone) {
  const std::string two = std::string(kPost) + "GET / HTTP/1.1\r\nHost: a\r\n\r\n";
  EXPECT_EQ(parse(two).left, "GET / HTTP/1.1\r\nHost: a\r\n\r\n");
}

TEST(RequestParser, TakesChunksAndDropsTrailers) {
  constexpr std::string_view kChunked =
      "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2;x=y\r\nde\r\n0\r\nSluis-Purpose: "
      "t\r\n\r\n";
  for (std::size_t step = 1; step <= kChunked.size(); ++step) {
    RequestParser parser({});
    const auto parsed = parse(parser, kChunked, step);
    ASSERT_EQ(parsed.progress, Progress::ready) << step;
    EXPECT_EQ(parsed.body, "abcde");
    EXPECT_TRUE(parser.head().chunked);
    EXPECT_EQ(parser.head().headers.size(), 2U);
  }
}

struct BadCase {
  std::string_view text;
  unsigned status;
};
class BadRequest : public testing::TestWithParam<BadCase> {};
TEST_P(BadRequest, IsRefused) {
  const auto parsed = parse(GetParam().text);
  EXPECT_EQ(parsed.progress, Progress::refused);
  EXPECT_EQ(parsed.refusal, GetParam().status) << GetParam().text;
}
INSTANTIATE_TEST_SUITE_P(
    Heads, BadRequest,
    testing::Values(
        BadCase{"GET / HTTP/1.1\r\n\r\n", 400},                        // no Host
        BadCase{"GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n", 400},  //
        BadCase{"GET / HTTP/2.0\r\nHost: a\r\n\r\n", 505}, BadCase{"GET / HTTP/0.9\r\nHost: a\r\n\r\n", 505},
        BadCase{"GET  / HTTP/1.1\r\nHost: a\r\n\r\n", 400}, BadCase{"GET / HTTP/1.1\nHost: a\n\n  ", 505},
        BadCase{"GET / HTTP/1.1\r\nHost : a\r\n\r\n", 400}, BadCase{"GET / HTTP/1.1\r\nHost: a\x01\r\n\r\n", 400},
        BadCase{std::string_view("GET / HTTP/1.1\r\nHost: a\0b\r\n\r\n", 28), 400},
        BadCase{"\x16\x03\x01\x02\r\n\r\n", 400},
        BadCase{"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\n", 400},
        BadCase{"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: -5\r\n\r\n", 400},
        BadCase{"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 99999999999999999999\r\n\r\n", 400},
        BadCase{"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n", 400},
        BadCase{"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: gzip\r\n\r\n", 501},
        BadCase{"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: gzip, chunked\r\n\r\n", 501},
        BadCase{"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked, identity\r\n\r\n", 501}));
INSTANTIATE_TEST_SUITE_P(
    Bodies, BadRequest,
    testing::Values(BadCase{"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n", 400},
                    BadCase{"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabcdef\r\n", 400},
                    BadCase{"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\nfffffffffffffffff\r\n",
                            400}));

TEST(RequestParser, BoundsHeadersBySizeAndCount) {
  const std::string big = "GET / HTTP/1.1\r\nHost: a\r\nX: " + std::string(17U << 10U, 'x') + "\r\n\r\n";
  EXPECT_EQ(parse(big).refusal, 431U);
  EXPECT_EQ(parse(big, 100).refusal, 431U);
  EXPECT_EQ(parse("GET /" + std::string(17U << 10U, 'x'), 1000).refusal, 431U);
  std::string many = "GET / HTTP/1.1\r\nHost: a\r\n";
  for (int i = 0; i < 64; ++i) many += "X: 1\r\n";
  EXPECT_EQ(parse(many + "\r\n").refusal, 431U);
}

TEST(RequestParser, BoundsBodiesAsTheyArrive) {
  for (const auto* const text :
       {"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 6\r\n\r\nabcdef",
        "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n6\r\nabcdef\r\n0\r\n\r\n"}) {
    RequestParser tight({});
    const auto parsed = parse(tight, text, 1, 5);
    EXPECT_EQ(parsed.refusal, 413U);
    EXPECT_LE(parsed.body.size(), 5U);
    RequestParser wide({});
    EXPECT_EQ(parse(wide, text, 1, 6).progress, Progress::ready);
  }
}

TEST(RequestParser, KnowsWhetherTheConnectionGoesOn) {
  RequestParser parser({});
  parse(parser, "GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n", 1000);
  EXPECT_FALSE(parser.head().keep_alive);
  parser.reset({});
  EXPECT_FALSE(parser.done());
  parse(parser, "GET / HTTP/1.0\r\n\r\n", 1000);
  EXPECT_FALSE(parser.head().keep_alive);
}

}  // namespace
}  // namespace sluis::gateway
