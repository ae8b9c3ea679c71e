#include <gmock/gmock.h>

#include "gateway/audit_api/routes.h"
#include "tests/unit/gateway_records/world.h"

namespace sluis::gateway::test {
namespace {

class AuditApiTest : public World {
 protected:
  Reply ask(std::size_t route, Ask question) {
    question.principal = "auditor";
    question.purpose = "";
    Call one = call(question, "audit.read");
    Outcome outcome = audit_routes(log()).at(route).handler(one);
    hold_ = outcome.hold;
    return released(std::move(outcome));
  }
  Reply list(Pairs query) { return ask(0, {.query = std::move(query)}); }
  Reply show(const std::string& index, Pairs query = {}) { return ask(1, {.id = index, .query = std::move(query)}); }
  Hold hold_ = Hold::nothing;
};

TEST_F(AuditApiTest, ListsEntriesWithAndWithoutPayloads) {
  put({.id = "d-1", .body = R"({"name":"A"})"});
  get({.id = "d-1"});
  const std::uint64_t size = log().size();
  const auto closed = json_of_reply(list({{"first", "0"}, {"limit", "100"}}));
  EXPECT_EQ(hold_, Hold::write);
  EXPECT_EQ(closed.at("origin"), "test.example/gateway-1");
  EXPECT_EQ(closed.at("size").to_number<std::uint64_t>(), size);
  ASSERT_EQ(closed.at("entries").as_array().size(), size);
  EXPECT_TRUE(closed.at("entries").at(0).at("payload").is_null());
  EXPECT_EQ(closed.at("entries").at(size - 1).at("leaf").at("action"), "records.read");
  const auto opened = json_of_reply(list({{"last", "2"}, {"payloads", "opened"}}));
  EXPECT_EQ(hold_, Hold::plaintext);
  ASSERT_EQ(opened.at("entries").as_array().size(), 2U);
  EXPECT_EQ(opened.at("entries").at(0).at("payload").at("record"), "d-1");
}

TEST_F(AuditApiTest, ReadingTheLogIsAnEntryInIt) {
  put({.id = "d-1", .body = R"({"name":"A"})"});
  list({{"payloads", "opened"}});
  const auto entry = entries_of("audit.read").back();
  EXPECT_EQ(entry.at("principal"), "auditor");
  EXPECT_EQ(entry.at("payload").at("detail"), "entries from 0, payloads opened");
}

TEST_F(AuditApiTest, ShowsOneEntry) {
  put({.id = "d-1", .body = R"({"name":"A"})"});
  const std::string last = std::to_string(log().size() - 1);
  const auto entry = json_of_reply(show(last, {{"payloads", "opened"}}));
  EXPECT_EQ(entry.at("index").to_number<std::uint64_t>(), log().size() - 2);
  EXPECT_EQ(entry.at("payload").at("record"), "d-1");
  EXPECT_EQ(show("999999").status, 404U);
  EXPECT_EQ(show("x").status, 400U);
  EXPECT_EQ(show("0", {{"payloads", "all"}}).status, 400U);
}

TEST_F(AuditApiTest, RefusesMalformedRanges) {
  for (const Pairs& query : {Pairs{{"first", "x"}}, Pairs{{"limit", "0"}}, Pairs{{"last", "0"}}, Pairs{{"last", "-1"}},
                             Pairs{{"first", "0"}, {"last", "1"}}, Pairs{{"payloads", ""}}}) {
    EXPECT_EQ(list(query).status, 400U);
  }
}

}  // namespace
}  // namespace sluis::gateway::test
