#include <gmock/gmock.h>

#include "gateway/records/sealer.h"
#include "tests/unit/gateway_records/world.h"

namespace sluis::gateway::test {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

class WritesTest : public World {
 protected:
  std::string body_of(const std::string& id) { return text_of(get({.id = id})); }
  static constexpr const char* kZoe =
      R"({"name":"Zo\u00eb Peeters","nrn":"85.07.30-033.28","degree":"Master","awarded":"2007-06-30"})";
};

TEST_F(WritesTest, PutCreatesThenReplaces) {
  const Reply created = put({.id = "d-1", .body = kZoe});
  EXPECT_EQ(created.status, 201U);
  EXPECT_TRUE(created.body.empty());
  const Reply replaced = put({.id = "d-1", .body = R"({"name":"Other"})"});
  EXPECT_EQ(replaced.status, 204U);
  EXPECT_NE(header_of(created, "ETag"), header_of(replaced, "ETag"));
  EXPECT_EQ(body_of("d-1"), R"({"name":"Other"})");
}

TEST_F(WritesTest, ANewRecordIsOneRoundTrip) {
  put({.id = "d-0", .body = kZoe});
  const int before = store().puts;
  put({.id = "d-1", .body = kZoe});
  EXPECT_EQ(store().puts, before + 1);
}

TEST_F(WritesTest, WhatIsReadIsWhatWasWritten) {
  const std::string body =
      R"({"degree":{"en":"Master","n":1.10},"name":"Zo\u00eb","nrn":85073003328,"awarded":null,"extra":[1E2, 12345678901234567890123,  {"a":-0.0}]})";
  ASSERT_EQ(put({.id = "d-1", .body = body}).status, 201U);
  EXPECT_EQ(body_of("d-1"), body);
}

TEST_F(WritesTest, NothingSealedIsInTheStore) {
  put({.id = "d-1", .body = kZoe});
  const auto record = store().get("diplomas", "d-1");
  ASSERT_TRUE(record);
  EXPECT_EQ(record->open_fields, R"({"degree":"Master"})");
  EXPECT_THAT(std::string(sluis::text_of(record->envelope)), Not(HasSubstr("Peeters")));
  EXPECT_THAT(std::string(sluis::text_of(record->envelope)), Not(HasSubstr("2007")));
}

TEST_F(WritesTest, EveryWriteUsesAnotherNonce) {
  put({.id = "d-1", .body = kZoe});
  const auto first = store().get("diplomas", "d-1")->envelope;
  put({.id = "d-1", .body = kZoe});
  EXPECT_NE(parse_envelope(first)->nonce, parse_envelope(store().get("diplomas", "d-1")->envelope)->nonce);
}

TEST_F(WritesTest, BadDocumentsAreRefusedAndNothingIsWritten) {
  const std::pair<std::string, unsigned> cases[] = {{"", 400},
                                                    {"{", 400},
                                                    {"[]", 400},
                                                    {"{}", 400},
                                                    {R"({"name":"A","name":"B"})", 400},
                                                    {R"({"name":"A\u0000"})", 400},
                                                    {"{\"name\":\"\xFF\"}", 400},
                                                    {R"({"name":"A","shoe":44})", 400},
                                                    {R"({"name":"  "})", 400},
                                                    {R"({"name":"A","nrn":"none"})", 400},
                                                    {R"({"name":")" + std::string(300, 'x') + "\"}", 413},
                                                    {R"({"name":"A"})" + std::string(5000, ' '), 413}};
  for (const auto& [body, status] : cases) {
    const Reply reply = put({.id = "d-1", .body = body});
    EXPECT_EQ(reply.status, status) << body;
    EXPECT_EQ(reply.content_type, "application/problem+json");
  }
  EXPECT_EQ(*store().count("diplomas"), 0U);
  EXPECT_THAT(text_of(put({.id = "d-1", .body = R"({"name":"A","shoe":"secret"})"})),
              AllOf(HasSubstr("shoe"), Not(HasSubstr("secret"))));
}

TEST_F(WritesTest, UnknownCollectionsAndMalformedIds) {
  EXPECT_EQ(put({.id = "d-1", .body = kZoe, .collection = "other"}).status, 404U);
  EXPECT_EQ(put({.id = "d 1", .body = kZoe}).status, 400U);
  EXPECT_EQ(put({.id = "..", .body = kZoe}).status, 400U);
  EXPECT_EQ(patch({.id = "d/1", .body = "{}"}).status, 400U);
  EXPECT_EQ(remove({.id = ""}).status, 400U);
}

TEST_F(WritesTest, PreconditionsOfPut) {
  EXPECT_EQ(put({.id = "d-1", .body = kZoe, .headers = {{"If-Match", "*"}}}).status, 412U);
  EXPECT_EQ(put({.id = "d-1", .body = kZoe, .headers = {{"If-Match", "\"1\""}}}).status, 412U);
  const Reply created = put({.id = "d-1", .body = kZoe, .headers = {{"If-None-Match", "*"}}});
  EXPECT_EQ(created.status, 201U);
  EXPECT_EQ(put({.id = "d-1", .body = kZoe, .headers = {{"If-None-Match", "*"}}}).status, 412U);
  const std::string tag = header_of(created, "ETag");
  EXPECT_EQ(put({.id = "d-1", .body = kZoe, .headers = {{"If-Match", "W/" + tag}}}).status, 412U);
  const Reply replaced = put({.id = "d-1", .body = kZoe, .headers = {{"If-Match", tag}}});
  EXPECT_EQ(replaced.status, 204U);
  EXPECT_EQ(put({.id = "d-1", .body = kZoe, .headers = {{"If-Match", tag}}}).status, 412U);
  EXPECT_EQ(put({.id = "d-1", .body = kZoe, .headers = {{"If-Match", "*"}}}).status, 204U);
  EXPECT_EQ(put({.id = "d-1", .body = kZoe, .headers = {{"If-Match", "\"1\", \"2\""}}}).status, 400U);
  EXPECT_EQ(put({.id = "d-1", .body = kZoe, .headers = {{"If-Match", "1"}}}).status, 400U);
  EXPECT_EQ(put({.id = "d-1", .body = kZoe, .headers = {{"If-None-Match", "\"1\""}}}).status, 400U);
  EXPECT_EQ(put({.id = "d-1", .body = kZoe, .headers = {{"If-Match", "*"}, {"If-None-Match", "*"}}}).status, 400U);
}

TEST_F(WritesTest, AClockThatIsBehindTheStoredRevisionDoesNotLoseTheWrite) {
  put({.id = "d-1", .body = kZoe});
  sql("update records set revision = 4000000000000000");
  EXPECT_EQ(put({.id = "d-1", .body = R"({"name":"Later"})"}).status, 204U);
  EXPECT_EQ(store().get("diplomas", "d-1")->revision, 4000000000000001U);
  EXPECT_EQ(patch({.id = "d-1", .body = R"({"degree":"PhD"})"}).status, 204U);
  EXPECT_EQ(store().get("diplomas", "d-1")->revision, 4000000000000002U);
}

TEST_F(WritesTest, ARaceWithAnotherWriterOfTheSameRecord) {
  put({.id = "d-1", .body = kZoe});
  store().before_put = [this] { put({.id = "d-1", .body = R"({"name":"Between"})"}); };
  EXPECT_EQ(patch({.id = "d-1", .body = R"({"degree":"PhD"})"}).status, 204U);
  EXPECT_EQ(body_of("d-1"), R"({"degree":"PhD","name":"Between"})") << "the patch is applied to what came between";

  const std::string tag = header_of(get({.id = "d-1"}), "ETag");
  store().before_put = [this] { put({.id = "d-1", .body = R"({"name":"Again"})"}); };
  EXPECT_EQ(patch({.id = "d-1", .body = R"({"degree":"BA"})", .headers = {{"If-Match", tag}}}).status, 412U);
  EXPECT_EQ(body_of("d-1"), R"({"name":"Again"})");
}

TEST_F(WritesTest, PatchMergesAndKeepsTheRestByteForByte) {
  put({.id = "d-1",
       .body = R"({"name":"Zo\u00eb","degree":"Master","extra":{"n":1.10,"gone":1,"deep":{"x":[1, 2]}}})"});
  const Reply patched =
      patch({.id = "d-1", .body = R"({"degree":null,"awarded":"2008-01-01","extra":{"gone":null,"new":2.50}})"});
  EXPECT_EQ(patched.status, 204U);
  EXPECT_TRUE(patched.body.empty());
  EXPECT_EQ(body_of("d-1"),
            R"({"name":"Zo\u00eb","awarded":"2008-01-01","extra":{"n":1.10,"deep":{"x":[1, 2]},"new":2.50}})");
  EXPECT_EQ(header_of(get({.id = "d-1"}), "ETag"), header_of(patched, "ETag"));
}

TEST_F(WritesTest, PatchMovesTheIndex) {
  put({.id = "d-1", .body = kZoe});
  patch({.id = "d-1", .body = R"({"name":"Zoë Janssens"})"});
  const auto found = [this](const std::string& name) {
    return json_of_reply(search({.body = R"({"match":{"name":")" + name + "\"}}"})).at("records").as_array().size();
  };
  EXPECT_EQ(found("zoe janssens"), 1U);
  EXPECT_EQ(found("zoe peeters"), 0U);
}

TEST_F(WritesTest, PatchesThatAreRefused) {
  EXPECT_EQ(patch({.id = "d-1", .body = "{}"}).status, 404U);
  EXPECT_EQ(patch({.id = "d-1", .body = "{}", .headers = {{"If-Match", "*"}}}).status, 412U);
  put({.id = "d-1", .body = kZoe});
  EXPECT_EQ(patch({.id = "d-1", .body = R"({"name":null})"}).status, 400U);
  EXPECT_EQ(patch({.id = "d-1", .body = R"({"shoe":1})"}).status, 400U);
  EXPECT_EQ(patch({.id = "d-1", .body = "[]"}).status, 400U);
  EXPECT_EQ(patch({.id = "d-1", .body = R"({"nrn":"none"})"}).status, 400U);
  EXPECT_EQ(patch({.id = "d-1", .body = R"({"extra":{"a":")" + std::string(1995, 'x') + "\"}}"}).status, 413U);
  EXPECT_EQ(patch({.id = "d-1", .body = "{}", .headers = {{"If-None-Match", "*"}}}).status, 400U);
  EXPECT_EQ(body_of("d-1"),
            R"({"degree":"Master","name":"Zo\u00eb Peeters","nrn":"85.07.30-033.28","awarded":"2007-06-30"})");
}

TEST_F(WritesTest, APatchCannotGrowARecordPastItsLimits) {
  put({.id = "d-1", .body = R"({"name":"A","extra":{"a":")" + std::string(1500, 'x') + "\"}}"});
  EXPECT_EQ(patch({.id = "d-1", .body = R"({"extra":{"b":")" + std::string(1500, 'x') + "\"}}"}).status, 413U);
}

TEST_F(WritesTest, ARecordThatDoesNotOpenIsNotPatched) {
  put({.id = "d-1", .body = kZoe});
  sql("update records set envelope = zeroblob(200)");
  EXPECT_EQ(patch({.id = "d-1", .body = R"({"degree":"PhD"})"}).status, 500U);
  const auto entry = entries_of("records.patch").back();
  EXPECT_EQ(entry.at("outcome"), "failed");
  EXPECT_EQ(entry.at("payload").at("record"), "d-1");
}

TEST_F(WritesTest, Deleting) {
  EXPECT_EQ(remove({.id = "d-1"}).status, 404U);
  EXPECT_EQ(remove({.id = "d-1", .headers = {{"If-Match", "*"}}}).status, 412U);
  const std::string tag = header_of(put({.id = "d-1", .body = kZoe}), "ETag");
  EXPECT_EQ(remove({.id = "d-1", .headers = {{"If-Match", "\"1\""}}}).status, 412U);
  EXPECT_EQ(remove({.id = "d-1", .headers = {{"If-Match", tag}}}).status, 204U);
  EXPECT_EQ(get({.id = "d-1"}).status, 404U);
  const Reply again = put({.id = "d-1", .body = kZoe});
  EXPECT_EQ(again.status, 201U);
  EXPECT_NE(header_of(again, "ETag"), tag) << "a revision never comes back";
}

TEST_F(WritesTest, WritesAreLoggedWithWhatWasWritten) {
  const Reply created = put({.id = "d-1", .body = kZoe});
  const auto record = store().get("diplomas", "d-1");
  const auto entry = entries_of("records.put").back();
  EXPECT_EQ(entry.at("principal"), "backend");
  EXPECT_EQ(entry.at("collection"), "diplomas");
  EXPECT_EQ(entry.at("key"), "records/diplomas");
  EXPECT_EQ(entry.at("key_version"), 1);
  EXPECT_EQ(entry.at("outcome"), "ok");
  EXPECT_EQ(entry.at("purpose"), "verification");
  EXPECT_EQ(entry.at("request"), "req-1");
  const auto& payload = entry.at("payload");
  EXPECT_EQ(payload.at("record"), "d-1");
  EXPECT_EQ(payload.at("fields"), boost::json::parse(R"(["degree","name","nrn","awarded"])"));
  EXPECT_NE(payload.at("subject"), "");
  const auto& written = payload.at("written").at(0);
  EXPECT_EQ(written.at("id"), "d-1");
  EXPECT_EQ(written.at("revision").to_number<std::uint64_t>(), record->revision);
  EXPECT_EQ(written.at("digest").as_string(), to_hex(digest_of(*record)));
  const auto made = entries_of("keys.create");
  EXPECT_TRUE(std::any_of(made.begin(), made.end(), [](const auto& e) { return e.at("key") == "records/diplomas"; }));
  remove({.id = "d-1"});
  const auto removal = entries_of("records.delete").back().at("payload").at("written").at(0);
  EXPECT_EQ(removal.at("digest").as_string(), std::string(64, '0'));
}

TEST_F(WritesTest, TheLogHoldsNoValues) {
  put({.id = "d-1", .body = kZoe});
  get({.id = "d-1"});
  for (const auto& entry : entries(0)) {
    EXPECT_THAT(boost::json::serialize(entry), AllOf(Not(HasSubstr("Peeters")), Not(HasSubstr("85073003328"))));
  }
}

TEST_F(WritesTest, WithoutTheHsmOrTheStoreWritesAreUnavailable) {
  token().away = true;
  EXPECT_EQ(put({.id = "d-1", .body = kZoe}).status, 503U);
  token().away = false;
  EXPECT_EQ(put({.id = "d-1", .body = kZoe}).status, 201U);
  token().away = true;
  EXPECT_EQ(put({.id = "d-2", .body = kZoe}).status, 201U) << "the key is cached";
  store().away = true;
  EXPECT_EQ(put({.id = "d-3", .body = kZoe}).status, 503U);
  EXPECT_EQ(patch({.id = "d-1", .body = "{}"}).status, 503U);
  EXPECT_EQ(remove({.id = "d-1"}).status, 503U);
}

}  // namespace
}  // namespace sluis::gateway::test
