// NDJSON: one item a line in, one result a line out.
#include <gmock/gmock.h>

#include <sstream>

#include "tests/unit/transit_api/world.h"

namespace sluis::gateway::transit::test {
namespace {

class Stream : public TransitTest {};

std::vector<boost::json::object> lines_of(const std::string& text) {
  std::vector<boost::json::object> out;
  std::istringstream in(text);
  for (std::string line; std::getline(in, line);) out.push_back(boost::json::parse(line).as_object());
  return out;
}

TEST_F(Stream, ThereAndBackHoweverItIsCut) {
  make("k");
  std::string in;
  for (int i = 0; i < 50; ++i) {
    in += R"({"plaintext":")" + base64(std::to_string(i)) + R"(","reference":")" + std::to_string(i) + "\"}\n";
    if (i % 7 == 0) in += "\r\n";
  }
  for (const std::size_t piece : {std::size_t{1}, std::size_t{17}, std::size_t{100'000}}) {
    const auto made = lines_of(stream("encrypt/k", in, piece));
    ASSERT_EQ(made.size(), 50U);
    std::string back;
    for (const auto& line : made)
      back += R"({"ciphertext":")" + std::string(line.at("ciphertext").as_string()) + "\"}\n";
    back.pop_back();  // the last line needs no end
    std::vector<audit::Event> events;
    const auto opened = lines_of(stream("decrypt/k", back, piece, &events));
    ASSERT_EQ(opened.size(), 50U);
    EXPECT_EQ(events.size(), 50U);
    for (int i = 0; i < 50; ++i) {
      EXPECT_EQ(plain(opened[static_cast<std::size_t>(i)].at("plaintext").as_string()), std::to_string(i));
      EXPECT_EQ(made[static_cast<std::size_t>(i)].at("reference"), boost::json::value(std::to_string(i)));
    }
  }
}

TEST_F(Stream, BadLinesFailAlone) {
  make("k");
  const std::string good = R"({"plaintext":"YQ=="})";
  const auto made = lines_of(stream("encrypt/k", good + "\n{\n" + good + "\n7\n{}\n" + good + "\n", 5));
  ASSERT_EQ(made.size(), 6U);
  for (const std::size_t i : {0U, 2U, 5U}) EXPECT_TRUE(made[i].contains("ciphertext")) << i;
  for (const std::size_t i : {1U, 3U, 4U}) EXPECT_TRUE(made[i].contains("error")) << i;
  const auto opened = lines_of(stream("decrypt/k", "{\"ciphertext\":\"vault:v1:AAAA\",\"reference\":\"r\"}", 9));
  EXPECT_EQ(opened.at(0).at("plaintext"), "");
  EXPECT_EQ(opened.at(0).at("error"), "invalid ciphertext length");
  EXPECT_EQ(opened.at(0).at("reference"), "r");
}

TEST_F(Stream, LinesAreBounded) {
  make("k");
  const std::string huge = R"({"plaintext":")" + std::string(std::size_t{5} << 20U, 'A') + "\"}\n";
  const auto made = lines_of(stream("encrypt/k", huge + R"({"plaintext":""})", 1U << 16U));
  ASSERT_EQ(made.size(), 2U);
  EXPECT_EQ(made[0].at("error"), "the line is too long");
  EXPECT_TRUE(made[1].contains("ciphertext"));
}

TEST_F(Stream, RefusalsBeforeTheFirstLine) {
  make("s", R"({"type":"ed25519"})");
  EXPECT_EQ(stream("encrypt/none", "{}", 10), R"({"errors":["encryption key not found"]})");
  EXPECT_NE(stream("decrypt/s", "{}", 10).find("not supported for key type ed25519"), std::string::npos);
}

TEST_F(Stream, RewrapsBetweenKeys) {
  make("a");
  make("b");
  const std::string in = R"({"ciphertext":")" + encrypt("a", "YQ==") + "\"}\n";
  std::vector<audit::Event> events;
  const auto made = lines_of(stream("rewrap/b?from=a", in, 50, &events));
  ASSERT_EQ(events.size(), 1U);
  EXPECT_EQ(events[0].payload.detail, "from transit/a");
  const auto body = R"({"ciphertext":")" + std::string(made.at(0).at("ciphertext").as_string()) + "\"}";
  EXPECT_EQ(post("decrypt/b", body).text("plaintext"), "YQ==");
}

}  // namespace
}  // namespace sluis::gateway::transit::test
