#include <gtest/gtest.h>

#include <boost/json/parse.hpp>

#include "gateway/http/reply_writer.h"

namespace sluis::gateway {
namespace {

std::string text_of_reply(const Reply& reply, Framing framing = {}) {
  framing.date = "Sun, 06 Nov 1994 08:49:37 GMT";
  framing.request_id = "r1";
  SecretBuffer out;
  append_reply(out, reply, framing);
  return std::string(out.expose_text());
}

TEST(Reply, HeadAndBodyStandInOneBuffer) {
  Reply reply;
  reply.status = 201;
  reply.headers.emplace_back("ETag", "\"1\"");
  reply.body = SecretBuffer("{}");
  EXPECT_EQ(
      text_of_reply(reply),
      "HTTP/1.1 201 Created\r\nDate: Sun, 06 Nov 1994 08:49:37 GMT\r\nContent-Type: application/json\r\n"
      "Content-Length: 2\r\nCache-Control: no-store\r\nX-Content-Type-Options: nosniff\r\nSluis-Request-Id: r1\r\n"
      "ETag: \"1\"\r\n\r\n{}");
}

TEST(Reply, HeadKeepsTheLengthAndDropsTheBody) {
  Reply reply;
  reply.body = SecretBuffer("abc");
  const auto text = text_of_reply(reply, {Framing::Body::none, Framing::After::close, {}, {}});
  EXPECT_NE(text.find("Content-Length: 3\r\n"), std::string::npos);
  EXPECT_NE(text.find("Connection: close\r\n"), std::string::npos);
  EXPECT_TRUE(text.ends_with("\r\n\r\n"));
}

TEST(Reply, NoContentHasNoBodyHeaders) {
  Reply reply;
  reply.status = 204;
  const auto text = text_of_reply(reply);
  EXPECT_EQ(text.find("\nContent-"), std::string::npos);
}

TEST(Reply, NoHeaderCanStartALineOfItsOwn) {
  Reply reply;
  reply.headers.emplace_back("X", "a\r\nEvil: 1");
  reply.headers.emplace_back("Y\n", "a");
  reply.headers.emplace_back("Good", "a");
  const auto text = text_of_reply(reply);
  EXPECT_EQ(text.find("Evil"), std::string::npos);
  EXPECT_EQ(text.find('Y'), std::string::npos);
  EXPECT_NE(text.find("Good: a\r\n"), std::string::npos);
}

TEST(Reply, ChunksNeverEndTheBodyByAccident) {
  SecretBuffer out;
  append_chunk(out, "");
  EXPECT_TRUE(out.empty());
  append_chunk(out, std::string(26, 'a'));
  append_last_chunk(out);
  EXPECT_EQ(out.expose_text(), "1a\r\n" + std::string(26, 'a') + "\r\n0\r\n\r\n");
}

TEST(Reply, DatesAreImfFixdates) {
  EXPECT_EQ(http_date(784111777), "Sun, 06 Nov 1994 08:49:37 GMT");
  EXPECT_EQ(http_date(951782400), "Tue, 29 Feb 2000 00:00:00 GMT");
}

TEST(Problem, IsADocumentOfRfc9457) {
  const auto reply = problem(413, "too large", "say \"less\"");
  EXPECT_EQ(reply.content_type, "application/problem+json");
  const auto document = boost::json::parse(reply.body.expose_text()).as_object();
  EXPECT_EQ(document.at("status").to_number<int>(), 413);
  EXPECT_EQ(document.at("type"), "urn:sluis:problem:too-large");
  EXPECT_EQ(document.at("detail"), "say \"less\"");
}

TEST(Problem, MapsEveryCode) {
  const std::vector<std::pair<Code, unsigned>> rows{
      {Code::invalid, 400},   {Code::denied, 403},       {Code::not_found, 404},   {Code::conflict, 409},
      {Code::too_large, 413}, {Code::rate_limited, 429}, {Code::unavailable, 503}, {Code::audit_halted, 503},
      {Code::busy, 503},      {Code::corrupt, 500},      {Code::internal, 500}};
  for (const auto& [code, status] : rows) EXPECT_EQ(problem_of(Error{code, "why"}).status, status) << name(code);
}

TEST(Problem, SaysNothingOfWhyADecryptFailed) {
  for (const auto code : {Code::corrupt, Code::internal}) {
    EXPECT_EQ(problem_of(Error{code, "tag mismatch"}).body.expose_text().find("mismatch"), std::string_view::npos);
  }
  EXPECT_NE(problem_of(Error{Code::audit_halted, "x"}).body.expose_text().find("audit halted"), std::string_view::npos);
  EXPECT_FALSE(problem_of(Error{Code::busy, "x"}).headers.empty());
}

}  // namespace
}  // namespace sluis::gateway
