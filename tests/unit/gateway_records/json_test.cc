#include "gateway/records/json.h"

#include <gtest/gtest.h>

#include <boost/json.hpp>
#include <random>
#include <string>

#include "gateway/records/json_text.h"

namespace sluis::gateway {
namespace {

JsonFault scan(std::string_view text) {
  JsonScanner scanner;
  JsonValue value;
  return scanner.value(text, value);
}

std::string nested(std::size_t depth, char open, char close) {
  return std::string(depth, open) + std::string(depth, close);
}

TEST(JsonScanner, AcceptsEveryKindOfValueAndKeepsItsText) {
  JsonScanner scanner;
  JsonValue value;
  const std::pair<const char*, JsonKind> cases[] = {{"null", JsonKind::null},
                                                    {"true", JsonKind::boolean},
                                                    {"false", JsonKind::boolean},
                                                    {"0", JsonKind::number},
                                                    {"-0", JsonKind::number},
                                                    {"1.10", JsonKind::number},
                                                    {"1e5", JsonKind::number},
                                                    {"-1.5E+300", JsonKind::number},
                                                    {"1e-9999999999", JsonKind::number},
                                                    {"\"\"", JsonKind::string},
                                                    {"\"a\\u00e9\\ud83d\\ude00\"", JsonKind::string},
                                                    {"[]", JsonKind::array},
                                                    {"[1, [2], {\"a\":3}]", JsonKind::array},
                                                    {"{}", JsonKind::object},
                                                    {"{\"a\" : { \"b\" : [ ] } }", JsonKind::object},
                                                    {"123456789012345678901234567890123456789", JsonKind::number}};
  for (const auto& [text, kind] : cases) {
    ASSERT_EQ(scanner.value(" \t\r\n" + std::string(text) + " \n", value), JsonFault::none) << text;
    EXPECT_EQ(value.kind, kind) << text;
  }
  const std::string spaced = "  1.10 ";
  ASSERT_EQ(scanner.value(spaced, value), JsonFault::none);
  EXPECT_EQ(value.text, "1.10");
}

TEST(JsonScanner, RefusesWhatIsNotJson) {
  for (const char* text : {"",
                           " ",
                           "nul",
                           "nulll",
                           "True",
                           "01",
                           "1.",
                           ".5",
                           "+1",
                           "-",
                           "1e",
                           "1e+",
                           "0x10",
                           "NaN",
                           "Infinity",
                           "1 2",
                           "[1,]",
                           "[,1]",
                           "[1 2]",
                           "[",
                           "]",
                           "{",
                           "}",
                           "{\"a\"}",
                           "{\"a\":}",
                           "{a:1}",
                           "{'a':1}",
                           "{\"a\":1,}",
                           "{,}",
                           "{\"a\":1 \"b\":2}",
                           "\"",
                           "\"a",
                           "\"\\x\"",
                           "\"\\u12\"",
                           "\"\\u12g4\"",
                           "\"\t\"",
                           "\"\n\"",
                           "{\"a\":1}}",
                           "[1]]",
                           "\"a\"b",
                           "/**/1",
                           "1//",
                           "\xEF\xBB\xBF"
                           "1",
                           "[\"a\\\"]",
                           "- 1",
                           "--1",
                           "1.e1",
                           "00",
                           "-01",
                           "tru",
                           "\"\\"}) {
    EXPECT_EQ(scan(text), JsonFault::syntax) << text;
  }
}

TEST(JsonScanner, RefusesWhatIsNotUtf8) {
  for (const char* text :
       {"\"\x80\"", "\"\xC0\x80\"", "\"\xC3\"", "\"\xE2\x82\"", "\"\xED\xA0\x80\"", "\"\xF4\x90\x80\x80\"",
        "\"\xF8\x88\x80\x80\x80\"", "\"\xFF\"", "\"\xE0\x80\x80\"", "\"\xF0\x80\x80\x80\"", "\"\\ud800\"",
        "\"\\udc00\"", "\"\\ud800\\u0041\"", "\"\\ud800x\"", "\"\\ud800\\ud800\""}) {
    EXPECT_EQ(scan(text), JsonFault::not_utf8) << text;
  }
  EXPECT_EQ(scan("\"\xC3\xA9\xE2\x82\xAC\xF0\x9F\x98\x80\""), JsonFault::none);
}

TEST(JsonScanner, RefusesNul) {
  EXPECT_EQ(scan(std::string_view("\"a\0b\"", 5)), JsonFault::nul);
  EXPECT_EQ(scan("\"\\u0000\""), JsonFault::nul);
  EXPECT_EQ(scan("{\"\\u0000\":1}"), JsonFault::nul);
  EXPECT_EQ(scan(std::string_view("1\0", 2)), JsonFault::syntax);
}

TEST(JsonScanner, BoundsTheDepth) {
  EXPECT_EQ(scan(nested(32, '[', ']')), JsonFault::none);
  EXPECT_EQ(scan(nested(33, '[', ']')), JsonFault::too_deep);
  EXPECT_EQ(scan(std::string(1000000, '[')), JsonFault::too_deep);
  std::string objects;
  for (int i = 0; i < 100000; ++i) objects += "{\"a\":";
  EXPECT_EQ(scan(objects), JsonFault::too_deep);
  EXPECT_EQ(scan("[" + nested(31, '[', ']') + "," + nested(31, '[', ']') + "]"), JsonFault::none);
}

TEST(JsonScanner, RefusesDuplicateNamesAtAnyDepth) {
  EXPECT_EQ(scan(R"({"a":1,"a":2})"), JsonFault::duplicate);
  EXPECT_EQ(scan(R"({"a":1,"\u0061":2})"), JsonFault::duplicate);
  EXPECT_EQ(scan(R"({"\u00e9":1,"é":2})"), JsonFault::duplicate);
  EXPECT_EQ(scan(R"([{"x":{"a":1,"b":2,"a":3}}])"), JsonFault::duplicate);
  EXPECT_EQ(scan(R"({"":1,"":2})"), JsonFault::duplicate);
  EXPECT_EQ(scan(R"({"a":{"a":{"a":1}},"b":[{"a":1},{"a":2}]})"), JsonFault::none);
  EXPECT_EQ(scan(R"({"a":1,"A":2})"), JsonFault::none);
}

TEST(JsonScanner, BoundsTheMembersOfAnObject) {
  std::string text = "{\"m0\":0";
  for (int i = 1; i < 1024; ++i) text += ",\"m" + std::to_string(i) + "\":0";
  EXPECT_EQ(scan(text + "}"), JsonFault::none);
  EXPECT_EQ(scan(text + ",\"m1024\":0}"), JsonFault::too_many);
}

TEST(JsonScanner, BoundsTheElementsOfAnArrayThatItSplits) {
  JsonLimits limits;
  limits.elements = 3;
  JsonScanner scanner(limits);
  std::vector<JsonValue> out;
  EXPECT_EQ(scanner.array("[1,2,3]", out), JsonFault::none);
  EXPECT_EQ(scanner.array("[1,2,3,4]", out), JsonFault::too_many);
  EXPECT_EQ(scanner.array("[[1,2,3,4]]", out), JsonFault::none);
}

// Strings are looked through eight bytes at a time: each byte matters at each place.
TEST(JsonScanner, SeesEveryByteOfAString) {
  JsonScanner scanner;
  JsonValue value;
  for (std::size_t length = 1; length < 20; ++length) {
    for (std::size_t at = 0; at < length; ++at) {
      for (unsigned byte = 0; byte < 256; ++byte) {
        std::string text = '"' + std::string(length, 'a') + '"';
        text[1 + at] = static_cast<char>(byte);
        const bool good = byte >= 0x20 && byte < 0x80 && byte != '"' && byte != '\\';
        EXPECT_EQ(scanner.value(text, value) == JsonFault::none, good) << length << ' ' << at << ' ' << byte;
      }
    }
  }
}

TEST(JsonScanner, SplitsObjectsIntoSpansOfTheText) {
  JsonScanner scanner;
  std::vector<JsonMember> members;
  const std::string text = R"( { "a" : 1.10 , "b":"x\"y","c":{"d":[1, 2]} ,"e":null } )";
  ASSERT_EQ(scanner.object(text, members), JsonFault::none);
  ASSERT_EQ(members.size(), 4U);
  EXPECT_EQ(members[0].name.raw, "a");
  EXPECT_EQ(members[0].value.text, "1.10");
  EXPECT_EQ(members[1].value.text, R"("x\"y")");
  EXPECT_EQ(members[2].value.text, R"({"d":[1, 2]})");
  EXPECT_EQ(members[2].value.kind, JsonKind::object);
  EXPECT_EQ(members[3].value.kind, JsonKind::null);
  EXPECT_EQ(scanner.object("[1]", members), JsonFault::kind);
  EXPECT_EQ(scanner.object("[1", members), JsonFault::syntax);
  EXPECT_EQ(scanner.object("{\"a\":1} x", members), JsonFault::syntax);
}

TEST(JsonScanner, SplitsArrays) {
  JsonScanner scanner;
  std::vector<JsonValue> items;
  ASSERT_EQ(scanner.array(R"([ "a", {"b":1} ,2 ])", items), JsonFault::none);
  ASSERT_EQ(items.size(), 3U);
  EXPECT_EQ(items[1].text, R"({"b":1})");
  ASSERT_EQ(scanner.array("[]", items), JsonFault::none);
  EXPECT_TRUE(items.empty());
  EXPECT_EQ(scanner.array("{}", items), JsonFault::kind);
}

TEST(JsonText, UnescapesAndQuotes) {
  const JsonValue value{R"("\"\\\/\b\f\n\r\té€😀")", JsonKind::string};
  EXPECT_EQ(string_text(value).expose_text(), "\"\\/\b\f\n\r\t\xC3\xA9\xE2\x82\xAC\xF0\x9F\x98\x80");
  SecretBuffer out;
  append_quoted(out, "a\"b\\c\n\x01\x1F\xC3\xA9");
  EXPECT_EQ(out.expose_text(), "\"a\\\"b\\\\c\\u000a\\u0001\\u001f\xC3\xA9\"");
  EXPECT_EQ(scan(out.expose_text()), JsonFault::none);
}

// An independent parser as the judge: whatever Boost.JSON refuses is refused, and what is accepted has its value.
class JsonAgainstBoost : public ::testing::TestWithParam<std::string> {};

enum class Verdict { accepted, refused, too_large_to_say };

Verdict boost_says(std::string_view text, boost::json::value& out) {
  boost::json::error_code error;
  out = boost::json::parse(boost::json::string_view(text.data(), text.size()), error);
  if (error == boost::json::error::exponent_overflow) return Verdict::too_large_to_say;
  return error ? Verdict::refused : Verdict::accepted;
}

TEST(JsonScanner, AgreesWithBoostOnMutatedTexts) {
  const std::string seeds[] = {
      R"({"name":"Zoë \u00e9\ud83d\ude00","n":[1.10,-0,1e5,true,false,null],"o":{"a":{},"b":[]}})",
      R"([{"a":"\\\"\/\b\f\n\r\t"},123456789012345678901234567890,0.5e-10])"};
  const std::string alphabet = "{}[]\",:\\ue0123456789.-+ \tnulltrfas\x80\xC3\xFF";
  std::mt19937 engine(20260101);
  const auto random = [&] { return static_cast<unsigned>(engine()); };
  std::size_t accepted = 0;
  for (int i = 0; i < 200000; ++i) {
    std::string text = seeds[random() % 2];
    for (unsigned edits = 1 + random() % 3; edits > 0; --edits) {
      const std::size_t at = random() % text.size();
      const char with = alphabet[random() % alphabet.size()];
      const unsigned kind = random() % 3;
      if (kind == 0) text[at] = with;
      if (kind == 1) text.insert(at, 1, with);
      if (kind == 2) text.erase(at, 1);
    }
    boost::json::value judged;
    const Verdict verdict = boost_says(text, judged);
    if (verdict == Verdict::too_large_to_say) continue;
    const bool boost_ok = verdict == Verdict::accepted;
    JsonScanner scanner;
    JsonValue value;
    const JsonFault fault = scanner.value(text, value);
    if (fault == JsonFault::none) {
      ++accepted;
      ASSERT_TRUE(boost_ok) << text;
      boost::json::value again;
      ASSERT_EQ(boost_says(value.text, again), Verdict::accepted);
      ASSERT_EQ(judged, again) << text;
      continue;
    }
    // What only Sluis refuses is what it is stricter about.
    const bool stricter = fault == JsonFault::duplicate || fault == JsonFault::nul || fault == JsonFault::not_utf8;
    ASSERT_TRUE(!boost_ok || stricter) << text;
  }
  EXPECT_GT(accepted, 1000U);
}

}  // namespace
}  // namespace sluis::gateway
