#include "audit/leaf.h"

#include <gtest/gtest.h>

#include <boost/json.hpp>

#include "audit/json_text.h"
#include "audit/payload.h"

namespace sluis::audit {
namespace {

Event example() {
  Event event;
  event.time_us = 1'793'882'096'123'456;
  event.principal = "employment-service";
  event.action = "records.read";
  event.key = "diplomas";
  event.key_version = 3;
  event.collection = "diplomas";
  event.purpose = "application";
  event.outcome = Outcome::ok;
  event.count = 1;
  event.request = "01JC8Y";
  return event;
}

std::string leaf_line(const Event& event, std::string_view gateway = "gateway-1") {
  std::string line;
  append_leaf(line, event, gateway, sha256(bytes_of("salt and payload")));
  return line;
}

TEST(Leaf, HasExactlyTheseBytes) {
  EXPECT_EQ(leaf_line(example()),
            R"({"v":1,"time":"2026-11-05T12:34:56.123456Z","gateway":"gateway-1","principal":"employment-service",)"
            R"("action":"records.read","key":"diplomas","key_version":3,"collection":"diplomas",)"
            R"("purpose":"application","outcome":"ok","count":1,"request":"01JC8Y",)"
            R"("payload":"26ac36e432a15eb7349c7556b54996c1f36a1937498bff215abf51d97f8964ce"})");
}

TEST(Leaf, HasAllMembersWhereThereIsNothingToSay) {
  const std::string line = leaf_line(Event{}, "");
  EXPECT_NE(line.find(R"("time":"1970-01-01T00:00:00.000000Z","gateway":"","principal":"","action":"","key":"",)"
                      R"("key_version":0,"collection":"","purpose":"","outcome":"ok","count":1,"request":"",)"),
            std::string::npos);
}

TEST(Leaf, EscapesWhatJsonAsksFor) {
  std::string out;
  append_json_text(out, std::string_view("a\"b\\c\b\f\n\r\t\x01\x1f\x7f/\0z", 16));
  EXPECT_EQ(out, "\"a\\\"b\\\\c\\b\\f\\n\\r\\t\\u0001\\u001f\x7f/\\u0000z\"");
}

TEST(Leaf, KeepsUtf8AndReplacesWhatIsNone) {
  const auto quoted = [](std::string_view text) {
    std::string out;
    append_json_text(out, text);
    return out;
  };
  EXPECT_EQ(quoted("Zoë \u20ac \U0001F600"), "\"Zoë \u20ac \U0001F600\"");
  EXPECT_EQ(quoted("\xff"), "\"\uFFFD\"");
  EXPECT_EQ(quoted("a\xc3"), "\"a\uFFFD\"");                    // cut short
  EXPECT_EQ(quoted("\xc0\xaf"), "\"\uFFFD\uFFFD\"");            // overlong
  EXPECT_EQ(quoted("\xed\xa0\x80"), "\"\uFFFD\uFFFD\uFFFD\"");  // a surrogate
  EXPECT_EQ(quoted("\xf4\x90\x80\x80"), "\"\uFFFD\uFFFD\uFFFD\uFFFD\"");
}

TEST(Leaf, IsOneLineForAnyBytes) {
  std::string bytes;
  for (int i = 0; i < 256; ++i) bytes.push_back(static_cast<char>(i));
  Event event = example();
  event.principal = event.request = event.collection = bytes;
  const std::string line = leaf_line(event);
  EXPECT_EQ(line.find('\n'), std::string::npos);
  EXPECT_TRUE(parse_leaf(line));
}

TEST(Leaf, MeansTheSameToAnotherReaderOfJson) {
  Event event = example();
  event.principal = "\"quo\\ted\"\n\x02 Zoë \U0001F600";
  event.outcome = Outcome::refused;
  event.count = UINT64_MAX;
  const boost::json::value value = boost::json::parse(leaf_line(event));
  EXPECT_EQ(value.at("principal").as_string(), event.principal);
  EXPECT_EQ(value.at("count").to_number<std::uint64_t>(), event.count);
  EXPECT_EQ(value.at("outcome").as_string(), "refused");
  EXPECT_EQ(value.at("v").as_int64(), 1);
  EXPECT_EQ(value.as_object().size(), 13U);
}

TEST(Leaf, IsReadBack) {
  for (const Outcome outcome : {Outcome::ok, Outcome::denied, Outcome::failed, Outcome::refused}) {
    Event event = example();
    event.outcome = outcome;
    event.count = 1ULL << 63U;
    event.key_version = UINT32_MAX;
    const auto leaf = parse_leaf(leaf_line(event));
    ASSERT_TRUE(leaf);
    EXPECT_EQ(leaf->event.time_us, event.time_us);
    EXPECT_EQ(leaf->gateway, "gateway-1");
    EXPECT_EQ(leaf->event.principal, event.principal);
    EXPECT_EQ(leaf->event.action, event.action);
    EXPECT_EQ(leaf->event.key, event.key);
    EXPECT_EQ(leaf->event.key_version, event.key_version);
    EXPECT_EQ(leaf->event.collection, event.collection);
    EXPECT_EQ(leaf->event.purpose, event.purpose);
    EXPECT_EQ(leaf->event.outcome, outcome);
    EXPECT_EQ(leaf->event.count, event.count);
    EXPECT_EQ(leaf->event.request, event.request);
    EXPECT_EQ(leaf->commitment, sha256(bytes_of("salt and payload")));
  }
}

std::string replaced(std::string text, std::string_view from, std::string_view to) {
  const std::size_t at = text.find(from);
  EXPECT_NE(at, std::string::npos) << from;
  return text.replace(at, from.size(), to);
}

TEST(Leaf, IsRefusedInAnyOtherSpelling) {
  const std::string good = leaf_line(example());
  ASSERT_TRUE(parse_leaf(good));
  for (const std::string& line :
       {good + "\n", " " + good, replaced(good, ",", ", "), replaced(good, "\"v\":1", "\"v\":2"),
        replaced(good, "\"v\":1", "\"v\":1.0"), replaced(good, "\"count\":1", "\"count\":-1"),
        replaced(good, "\"count\":1", "\"count\":1e0"), replaced(good, "\"ok\"", "\"fine\""),
        replaced(good, "\"key_version\":3", "\"key_version\":4294967299"),
        replaced(good, "gateway-1", "\\u0067ateway-1"),
        replaced(good, "\"request\":\"01JC8Y\"", "\"request\":\"01JC8Y\",\"request\":\"01JC8Y\""),
        replaced(good, "\"request\":\"01JC8Y\",", ""), replaced(good, "\"purpose\"", "\"porpoise\""),
        replaced(good, "\"key\":\"diplomas\",\"key_version\":3", "\"key_version\":3,\"key\":\"diplomas\""),
        replaced(good, "\"principal\":\"employment-service\"", "\"principal\":7"), std::string("[]"), std::string()}) {
    EXPECT_FALSE(parse_leaf(line)) << line;
  }
}

TEST(Leaf, IsRefusedWithAnyBitOfAnyMemberNameFlipped) {
  const std::string good = leaf_line(example());
  for (std::size_t i = 0; i < good.size(); ++i) {
    std::string line = good;
    line[i] = '\x01';
    EXPECT_FALSE(parse_leaf(line)) << i;
  }
}

TEST(Payload, HasExactlyTheseBytes) {
  Payload payload;
  payload.record = "rec-\"1\"";
  payload.subject = "85.07.30-033 28";
  payload.fields = {"degree", "grade"};
  payload.case_reference = "C/2026/9";
  payload.client_address = "192.0.2.7";
  payload.detail = "line\nbreak";
  payload.written = {{"rec-1", 7, sha256(bytes_of("x"))}, {"rec-2", 8, {}}};
  Pen out;
  append_payload(out, payload, "abcd");
  EXPECT_EQ(out.expose_text(),
            R"({"record":"rec-\"1\"","subject":"abcd","fields":["degree","grade"],"case":"C/2026/9",)"
            R"("client":"192.0.2.7","detail":"line\nbreak","written":[{"id":"rec-1","revision":7,)"
            R"("digest":"2d711642b726b04401627ca9fbac32f5c8530fb1903cc4db02258717921a4881"},)"
            R"({"id":"rec-2","revision":8,"digest":")" +
                std::string(64, '0') + R"("}]})");
}

TEST(Payload, HasAllMembersWhereThereIsNothingToSay) {
  Pen out;
  append_payload(out, Payload{}, "");
  EXPECT_EQ(out.expose_text(),
            R"({"record":"","subject":"","fields":[],"case":"","client":"","detail":"","written":[]})");
}

TEST(Payload, IsWiped) {
  Payload payload;
  payload.subject = "a subject that is longer than any buffer within a string object";
  const char* const bytes = payload.subject.data();
  wipe_payload(payload);
  EXPECT_TRUE(payload.subject.empty());
  EXPECT_EQ(bytes[0], '\0');
  EXPECT_EQ(std::string_view(bytes + 1, 10), std::string_view("\0\0\0\0\0\0\0\0\0\0", 10));
}

}  // namespace
}  // namespace sluis::audit
