#include <gmock/gmock.h>

#include "tests/unit/gateway_records/world.h"

namespace sluis::gateway::test {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

class SearchTest : public World {
 protected:
  void add(const std::string& id, const std::string& name, const std::string& nrn) {
    ASSERT_EQ(put({.id = id, .body = R"({"degree":"BA","name":")" + name + R"(","nrn":")" + nrn + "\"}"}).status, 201U);
  }
  boost::json::value answer_of(const std::string& body) {
    const Reply reply = search({.body = body});
    EXPECT_EQ(reply.status, 200U) << text_of(reply);
    return json_of_reply(reply);
  }
  static std::vector<std::string> ids_of(const boost::json::value& answer) {
    std::vector<std::string> ids;
    for (const auto& record : answer.at("records").as_array()) ids.emplace_back(record.at("id").as_string());
    return ids;
  }
  std::vector<std::string> found(const std::string& match) { return ids_of(answer_of("{\"match\":" + match + "}")); }
};

TEST_F(SearchTest, FindsByEqualityUnderTheFieldsNormaliser) {
  add("d-1", "Zoë Peeters", "85.07.30-033.28");
  add("d-2", "Jan Peeters", "90010112345");
  EXPECT_THAT(found(R"({"nrn":"85073003328"})"), ElementsAre("d-1"));
  EXPECT_THAT(found(R"({"nrn":85073003328})"), ElementsAre("d-1"));
  EXPECT_THAT(found(R"({"name":"  zoe   PEETERS"})"), ElementsAre("d-1"));
  EXPECT_THAT(found(R"({"name":"zoe peeters","nrn":"90010112345"})"), IsEmpty());
  EXPECT_THAT(found(R"({"name":"jan peeters","nrn":"90010112345"})"), ElementsAre("d-2"));
  EXPECT_THAT(found(R"({"name":"peeters"})"), IsEmpty());
}

TEST_F(SearchTest, BeforeTheFirstRecordThereIsNothing) {
  EXPECT_THAT(found(R"({"name":"x"})"), IsEmpty());
  const auto entry = entries_of("records.search").back();
  EXPECT_EQ(entry.at("count"), 0);
}

TEST_F(SearchTest, ASearchThatFindsNothingNamesItsSubject) {
  add("d-1", "A", "85073003328");
  found(R"({"nrn":"85073003328"})");
  const auto subject = entries_of("records.search").back().at("payload").at("subject");
  remove({.id = "d-1"});
  found(R"({"nrn":"85.07.30 033.28"})");
  const auto entry = entries_of("records.search").back();
  EXPECT_EQ(entry.at("count"), 0);
  EXPECT_EQ(entry.at("payload").at("subject"), subject);
  EXPECT_EQ(entry.at("payload").at("fields"), boost::json::parse(R"(["nrn"])"));
}

TEST_F(SearchTest, TruncatedTermsThatCollideAreSortedOutAndLogged) {
  CollectionSchema schema = diplomas();
  schema.fields[1].bits = 8;  // 300 names in 256 terms: some share one
  use_schema(schema);
  for (int i = 0; i < 300; ++i) add("d-" + std::to_string(i), "Name " + std::to_string(i), std::to_string(1000000 + i));
  std::size_t opened_in_vain = 0;
  for (int i = 0; i < 300; i += 10) {
    const std::uint64_t before = log().size();
    const std::string id = "d-" + std::to_string(i);
    EXPECT_THAT(found(R"({"name":"name )" + std::to_string(i) + "\"}"), ElementsAre(id));
    for (const auto& entry : entries(before)) {
      const bool returned = entry.at("payload").at("record").as_string() == id;
      const auto expected = returned ? R"(["degree","name","nrn","awarded","extra"])" : R"(["name"])";
      EXPECT_EQ(entry.at("payload").at("fields"), boost::json::parse(expected));
      EXPECT_NE(entry.at("payload").at("subject"), "");
      opened_in_vain += returned ? 0 : 1;
    }
  }
  EXPECT_GT(opened_in_vain, 0U) << "no collision: the test shows nothing";
}

TEST_F(SearchTest, PagesGoOnAfterTheLastCandidate) {
  for (const char* id : {"d-1", "d-2", "d-3", "d-4", "d-5"}) add(id, "Same", "1");
  std::vector<std::string> all;
  std::string after;
  int pages = 0;
  do {
    const auto answer = answer_of(R"({"match":{"name":"same"},"fields":["degree"],"limit":2)" +
                                  (after.empty() ? "" : ",\"after\":\"" + after + "\"") + "}");
    for (const auto& id : ids_of(answer)) all.push_back(id);
    const auto* const next = answer.as_object().if_contains("next");
    after = next == nullptr ? "" : std::string(next->as_string());
    ++pages;
  } while (!after.empty());
  EXPECT_THAT(all, ElementsAre("d-1", "d-2", "d-3", "d-4", "d-5"));
  EXPECT_EQ(pages, 3);
}

TEST_F(SearchTest, SearchFieldsAreGrantedApart) {
  add("d-1", "Zoë", "85073003328");
  const auto as_portal = [this](const std::string& body) {
    return search({.body = body, .principal = "portal", .purpose = "citizen"});
  };
  const Reply allowed = as_portal(R"({"match":{"name":"zoe"}})");
  EXPECT_EQ(json_of_reply(allowed).at("records").at(0).at("fields"), boost::json::parse(R"({"degree":"BA"})"));
  EXPECT_EQ(as_portal(R"({"match":{"nrn":"85073003328"}})").status, 403U);
  EXPECT_EQ(entries_of("records.search").back().at("outcome"), "denied");
  EXPECT_EQ(as_portal(R"({"match":{"name":"zoe"},"fields":["name"]})").status, 403U);
}

TEST_F(SearchTest, CandidatesCountAgainstTheBudget) {
  for (int i = 0; i < 6; ++i) add("d-" + std::to_string(i), "Same", "1");
  const Reply refused = search({.body = R"({"match":{"name":"same"}})", .principal = "portal", .purpose = "citizen"});
  EXPECT_EQ(refused.status, 429U);
  EXPECT_EQ(entries_of("records.search").back().at("count"), 6U);
  // The search itself took one of the five.
  const Reply allowed =
      search({.body = R"({"match":{"name":"same"},"limit":4})", .principal = "portal", .purpose = "citizen"});
  EXPECT_EQ(allowed.status, 200U);
}

TEST_F(SearchTest, ASpentBudgetTellsNothingAboutWhoIsThere) {
  add("d-1", "Zoë", "85073003328");
  const auto ask = [this](const std::string& name) {
    return search({.body = R"({"match":{"name":")" + name + "\"}}", .principal = "portal", .purpose = "citizen"});
  };
  for (int i = 0; i < 5; ++i) EXPECT_EQ(ask("nobody").status, 200U);
  EXPECT_EQ(ask("zoe").status, 429U);
  EXPECT_EQ(ask("nobody").status, 429U);
  EXPECT_EQ(entries_of("records.search").back().at("payload").at("fields"), boost::json::array{"name"});
}

TEST_F(SearchTest, MalformedSearches) {
  for (const char* body :
       {"", "{}", R"({"match":{}})", R"({"match":[]})", R"({"match":{"degree":"BA"}})", R"({"match":{"awarded":"x"}})",
        R"({"match":{"shoe":"x"}})", R"({"match":{"name":""}})", R"({"match":{"name":["a"]}})",
        R"({"match":{"name":null}})", R"({"match":{"nrn":"abc"}})", R"({"match":{"name":"a"},"limit":0})",
        R"({"match":{"name":"a"},"limit":1001})", R"({"match":{"name":"a"},"limit":"5"})",
        R"({"match":{"name":"a"},"limit":1.5})", R"({"match":{"name":"a"},"after":"a/b"})",
        R"({"match":{"name":"a"},"fields":"degree"})", R"({"match":{"name":"a"},"sort":"name"})"}) {
    EXPECT_EQ(search({.body = body}).status, 400U) << body;
  }
}

TEST_F(SearchTest, ATermSwappedInTheStoreGivesNobodyElsesRecord) {
  add("d-1", "Zoë", "1");
  add("d-2", "Jan", "2");
  sql("create table t as select term, id from record_terms; "
      "update or ignore record_terms set id = case id when 'd-1' then 'd-2' else 'd-1' end");
  EXPECT_THAT(found(R"({"name":"zoe"})"), IsEmpty());
  EXPECT_THAT(found(R"({"nrn":"1"})"), IsEmpty());
}

TEST_F(SearchTest, ADamagedCandidateIsListedAsFailed) {
  add("d-1", "Same", "1");
  add("d-2", "Same", "1");
  sql("update records set envelope = zeroblob(100) where id = 'd-1'");
  const auto answer = answer_of(R"({"match":{"name":"same"}})");
  EXPECT_THAT(ids_of(answer), ElementsAre("d-2"));
  EXPECT_EQ(answer.at("failed"), boost::json::parse(R"(["d-1"])"));
}

}  // namespace
}  // namespace sluis::gateway::test
