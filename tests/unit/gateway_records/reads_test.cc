#include <gmock/gmock.h>

#include "tests/unit/gateway_records/world.h"

namespace sluis::gateway::test {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

class ReadsTest : public World {
 protected:
  void SetUp() override {
    World::SetUp();
    if (IsSkipped()) return;
    put({.id = "d-1",
         .body = R"({"degree":"Master","name":"Zoë Peeters","nrn":"85.07.30-033.28","awarded":"2007-06-30"})"});
    put({.id = "d-2", .body = R"({"degree":"Bachelor","name":"Jan Janssens","nrn":"90010112345"})"});
    base_ = log().size();
  }
  std::vector<boost::json::object> new_entries() { return entries(base_); }
  Ask as_portal(Ask ask) {
    ask.principal = "portal";
    ask.purpose = "citizen";
    return ask;
  }
  std::uint64_t base_ = 0;
};

TEST_F(ReadsTest, GetGivesTheFieldsAskedFor) {
  const Reply reply = get({.id = "d-1", .query = {{"fields", "awarded,degree"}}});
  EXPECT_EQ(reply.status, 200U);
  EXPECT_EQ(reply.content_type, "application/json");
  EXPECT_EQ(text_of(reply), R"({"degree":"Master","awarded":"2007-06-30"})");
  EXPECT_EQ(text_of(get({.id = "d-2", .query = {{"fields", "awarded"}}})), "{}");
  EXPECT_EQ(get({.id = "d-1", .query = {{"fields", "awarded,shoe"}}}).status, 400U);
  EXPECT_EQ(get({.id = "d-9"}).status, 404U);
  EXPECT_EQ(get({.id = "d 9"}).status, 400U);
  EXPECT_EQ(get({.id = "d-1", .collection = "other"}).status, 404U);
}

TEST_F(ReadsTest, TheEntryNamesTheFieldsAndThePseudonymOfTheSubject) {
  get({.id = "d-1", .query = {{"fields", "awarded"}}});
  const auto logged = new_entries();
  ASSERT_EQ(logged.size(), 1U);
  EXPECT_EQ(logged[0].at("action"), "records.read");
  EXPECT_EQ(logged[0].at("outcome"), "ok");
  EXPECT_EQ(logged[0].at("count"), 1);
  EXPECT_EQ(logged[0].at("key_version"), 1);
  const auto& payload = logged[0].at("payload");
  EXPECT_EQ(payload.at("record"), "d-1");
  EXPECT_EQ(payload.at("fields"), boost::json::parse(R"(["awarded"])"));
  EXPECT_EQ(payload.at("case"), "case-7");
  EXPECT_EQ(payload.at("client"), "192.0.2.1");
  const std::string pseudonym(payload.at("subject").as_string());
  EXPECT_EQ(pseudonym.size(), 64U);
  put({.id = "d-3", .body = R"({"name":"Same citizen","nrn":"85073003328"})"});
  get({.id = "d-3"});
  EXPECT_EQ(new_entries().back().at("payload").at("subject").as_string(), pseudonym)
      << "however the number was written";
}

TEST_F(ReadsTest, AGrantsFieldsAreAllThatIsGiven) {
  EXPECT_EQ(text_of(get(as_portal({.id = "d-1"}))), R"({"degree":"Master","awarded":"2007-06-30"})");
  const Reply refused = get(as_portal({.id = "d-1", .query = {{"fields", "degree,nrn"}}}));
  EXPECT_EQ(refused.status, 403U);
  EXPECT_THAT(text_of(refused), AllOf(HasSubstr("nrn"), Not(HasSubstr("Master"))));
  const auto entry = new_entries().back();
  EXPECT_EQ(entry.at("outcome"), "denied");
  EXPECT_THAT(std::string(entry.at("payload").at("detail").as_string()), HasSubstr("nrn"));
}

TEST_F(ReadsTest, HeadTellsTheRevisionAndOpensNothing) {
  token().away = true;
  passed = std::chrono::seconds(1000);
  const Reply reply = head({.id = "d-1"});
  EXPECT_EQ(reply.status, 200U);
  EXPECT_TRUE(reply.body.empty());
  EXPECT_EQ(header_of(reply, "ETag"), "\"" + std::to_string(store().get("diplomas", "d-1")->revision) + "\"");
  EXPECT_EQ(head({.id = "d-9"}).status, 404U);
  EXPECT_TRUE(new_entries().empty());
}

TEST_F(ReadsTest, AnUnchangedRecordIsNotOpenedAgain) {
  const std::string tag = header_of(get({.id = "d-1"}), "ETag");
  const std::uint64_t before = log().size();
  const Reply reply = get({.id = "d-1", .headers = {{"If-None-Match", tag}}});
  EXPECT_EQ(reply.status, 304U);
  EXPECT_TRUE(reply.body.empty());
  EXPECT_EQ(header_of(reply, "ETag"), tag);
  EXPECT_EQ(log().size(), before);
  put({.id = "d-1", .body = R"({"name":"A"})"});
  EXPECT_EQ(get({.id = "d-1", .headers = {{"If-None-Match", tag}}}).status, 200U);
}

TEST_F(ReadsTest, TheFirstReadPastABudgetIsRefusedAndLogged) {
  for (int i = 0; i < 5; ++i) EXPECT_EQ(get(as_portal({.id = "d-1"})).status, 200U);
  const Reply refused = get(as_portal({.id = "d-1"}));
  EXPECT_EQ(refused.status, 429U);
  EXPECT_GT(std::stoi(header_of(refused, "Retry-After")), 0);
  EXPECT_THAT(text_of(refused), Not(HasSubstr("Master")));
  const auto entry = new_entries().back();
  EXPECT_EQ(entry.at("outcome"), "refused");
  EXPECT_EQ(entry.at("principal"), "portal");
  EXPECT_EQ(get({.id = "d-1"}).status, 200U) << "others have their own";
}

TEST_F(ReadsTest, WhatIsNotThereCostsNoBudget) {
  for (int i = 0; i < 20; ++i) EXPECT_EQ(get(as_portal({.id = "d-9"})).status, 404U);
  EXPECT_EQ(get(as_portal({.id = "d-1"})).status, 200U);
}

TEST_F(ReadsTest, ATamperedRecordFailsWithoutAWordAboutWhy) {
  for (const char* change :
       {"envelope = zeroblob(length(envelope))", "envelope = cast(x'00' || substr(envelope, 2) as blob)",
        "envelope = (select envelope from records where id = 'd-2')", "key_version = 7", "open_fields = '{'",
        "open_fields = '{\"degree\":1,\"degree\":2}'", "envelope = substr(envelope, 1, length(envelope) - 1)"}) {
    sql("create table if not exists saved as select * from records");
    sql("update records set " + std::string(change) + " where id = 'd-1'");
    const Reply reply = get({.id = "d-1"});
    EXPECT_EQ(reply.status, 500U) << change;
    EXPECT_EQ(text_of(reply), text_of(problem(500, "failed"))) << change;
    const auto entry = new_entries().back();
    EXPECT_EQ(entry.at("outcome"), "failed");
    EXPECT_EQ(entry.at("payload").at("record"), "d-1");
    sql("delete from records; insert into records select * from saved");
    EXPECT_EQ(get({.id = "d-1"}).status, 200U);
  }
}

TEST_F(ReadsTest, ARecordMovedToAnotherIdDoesNotOpen) {
  sql("delete from records where id = 'd-2'; update records set id = 'd-2' where id = 'd-1'");
  EXPECT_EQ(get({.id = "d-2"}).status, 500U);
}

TEST_F(ReadsTest, ATamperedKeyRowFailsAndIsLogged) {
  sql("update key_versions set state = 1");
  passed = std::chrono::seconds(1000);
  EXPECT_EQ(get({.id = "d-1"}).status, 500U);
  admin_events().take();
  sql("update key_versions set state = 0");
  const auto entry = new_entries().back();
  EXPECT_EQ(entry.at("outcome"), "failed");
}

TEST_F(ReadsTest, HsmAwayIs503AfterTheCachedKeysTimeAndNothingIsCounted) {
  token().away = true;
  EXPECT_EQ(get({.id = "d-1"}).status, 200U);
  passed = std::chrono::seconds(1000);
  for (int i = 0; i < 10; ++i) EXPECT_EQ(get(as_portal({.id = "d-1"})).status, 503U);
  token().away = false;
  EXPECT_EQ(get(as_portal({.id = "d-1"})).status, 200U);
  store().away = true;
  EXPECT_EQ(get({.id = "d-1"}).status, 503U);
}

TEST_F(ReadsTest, ManyRecordsAtOnce) {
  const Reply reply = read({.body = R"({"ids":["d-2","d-9","d-1","d-2"],"fields":["degree"]})"});
  EXPECT_EQ(reply.status, 200U);
  const auto answer = json_of_reply(reply);
  ASSERT_EQ(answer.at("records").as_array().size(), 2U);
  EXPECT_EQ(answer.at("records").at(0).at("id"), "d-2");
  EXPECT_EQ(answer.at("records").at(0).at("fields"), boost::json::parse(R"({"degree":"Bachelor"})"));
  EXPECT_EQ(answer.at("records").at(0).at("revision").to_number<std::uint64_t>(),
            store().get("diplomas", "d-2")->revision);
  EXPECT_EQ(answer.at("records").at(1).at("id"), "d-1");
  EXPECT_EQ(answer.at("missing"), boost::json::parse(R"(["d-9"])"));
  EXPECT_EQ(answer.at("failed"), boost::json::parse("[]"));
  const auto logged = new_entries();
  ASSERT_EQ(logged.size(), 2U);
  EXPECT_EQ(logged[1].at("payload").at("record"), "d-1");
}

TEST_F(ReadsTest, ADamagedRecordIsOneOfManyThatFailed) {
  sql("update records set envelope = zeroblob(100) where id = 'd-1'");
  const auto answer = json_of_reply(read({.body = R"({"ids":["d-1","d-2"]})"}));
  EXPECT_EQ(answer.at("records").as_array().size(), 1U);
  EXPECT_EQ(answer.at("failed"), boost::json::parse(R"(["d-1"])"));
  const auto logged = new_entries();
  ASSERT_EQ(logged.size(), 2U);
  EXPECT_EQ(logged[0].at("outcome"), "failed");
  EXPECT_EQ(logged[1].at("outcome"), "ok");
}

TEST_F(ReadsTest, ReadsOfManyCountEachRecordAgainstTheBudget) {
  EXPECT_EQ(read(as_portal({.body = R"({"ids":["d-1","d-2"]})"})).status, 200U);
  EXPECT_EQ(read(as_portal({.body = R"({"ids":["d-1","d-2"]})"})).status, 200U);
  const Reply refused = read(as_portal({.body = R"({"ids":["d-1","d-2"]})"}));
  EXPECT_EQ(refused.status, 429U);
  EXPECT_EQ(new_entries().back().at("count"), 2);
  EXPECT_EQ(read(as_portal({.body = R"({"ids":["d-1"]})"})).status, 200U);
}

TEST_F(ReadsTest, MalformedReadsOfMany) {
  std::string many = R"({"ids":["a0")";
  for (int i = 1; i <= 1000; ++i) many += ",\"a" + std::to_string(i) + "\"";
  EXPECT_EQ(read({.body = many + "]}"}).status, 413U);
  for (const char* body :
       {"", "[]", "{}", R"({"ids":"d-1"})", R"({"ids":[1]})", R"({"ids":["d/1"]})", R"({"ids":["d-1"],"field":["a"]})",
        R"({"ids":["d-1"],"fields":["shoe"]})", R"({"ids":["d-1"],"ids":["d-2"]})"}) {
    EXPECT_EQ(read({.body = body}).status, 400U) << body;
  }
  const auto none = json_of_reply(read({.body = R"({"ids":[]})"}));
  EXPECT_TRUE(none.at("records").as_array().empty());
}

TEST(SubjectText, LiesOnTheHeapHoweverShort) {
  std::string text = subject_text("85073003328");
  EXPECT_EQ(text, "85073003328");
  const char* const where = text.data();
  const std::string moved = std::move(text);
  EXPECT_EQ(moved.data(), where) << "moving it must not leave a copy behind";
}

TEST_F(ReadsTest, AttestationsSayYesOrNo) {
  const auto satisfied = [this](const std::string& claims) {
    const Reply reply = attest({.id = "d-1", .body = "{\"claims\":" + claims + "}"});
    EXPECT_EQ(reply.status, 200U) << text_of(reply);
    return text_of(reply);
  };
  EXPECT_EQ(satisfied(R"({"degree":"Master"})"), R"({"satisfied":true})");
  EXPECT_EQ(satisfied(R"({"degree":"Bachelor"})"), R"({"satisfied":false})");
  EXPECT_EQ(satisfied(R"({"nrn":"850730 033 28","awarded":{"gte":"2007-01-01","lt":"2008-01-01"}})"),
            R"({"satisfied":true})");
  EXPECT_EQ(satisfied(R"({"degree":"Master","awarded":{"gte":"2008-01-01"}})"), R"({"satisfied":false})");
  EXPECT_EQ(satisfied(R"({"extra":"x"})"), R"({"satisfied":false})");
  const auto entry = new_entries().at(2);
  EXPECT_EQ(entry.at("action"), "records.attest");
  EXPECT_EQ(entry.at("payload").at("fields"), boost::json::parse(R"(["nrn","awarded"])"));
  EXPECT_NE(entry.at("payload").at("subject"), "");
}

TEST_F(ReadsTest, AttestationsAreGrantedBudgetedAndChecked) {
  EXPECT_EQ(attest({.id = "d-9", .body = R"({"claims":{"degree":"x"}})"}).status, 404U);
  for (const char* body : {"", "{}", R"({"claims":{}})", R"({"claims":{"shoe":1}})",
                           R"({"claims":{"degree":{"gte":"x"}}})", R"({"claims":{"degree":"a"},"more":1})"}) {
    EXPECT_EQ(attest({.id = "d-1", .body = body}).status, 400U) << body;
  }
  EXPECT_EQ(attest(as_portal({.id = "d-1", .body = R"({"claims":{"nrn":"1"}})"})).status, 403U);
  for (int i = 0; i < 5; ++i) {
    EXPECT_EQ(attest(as_portal({.id = "d-1", .body = R"({"claims":{"degree":"x"}})"})).status, 200U);
  }
  EXPECT_EQ(attest(as_portal({.id = "d-1", .body = R"({"claims":{"degree":"x"}})"})).status, 429U);
  sql("update records set envelope = zeroblob(100) where id = 'd-1'");
  EXPECT_EQ(attest({.id = "d-1", .body = R"({"claims":{"degree":"x"}})"}).status, 500U);
  EXPECT_EQ(new_entries().back().at("outcome"), "failed");
}

}  // namespace
}  // namespace sluis::gateway::test
