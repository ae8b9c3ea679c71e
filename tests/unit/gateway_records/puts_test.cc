// PUTs that are handled together.
#include <gmock/gmock.h>

#include <deque>

#include "gateway/records/sealer.h"
#include "tests/unit/gateway_records/world.h"

namespace sluis::gateway::test {
namespace {

using ::testing::ElementsAre;

class PutsTest : public World {
 protected:
  // The status of each.
  std::vector<unsigned> put_together(const std::vector<Ask>& asks) {
    std::deque<Call> calls;
    std::vector<GroupedCall> group;
    for (const Ask& ask : asks) calls.push_back(call(ask, "records.put"));
    for (std::size_t i = 0; i < asks.size(); ++i) {
      headers.push_back(asks[i].headers);
      calls[i].headers.assign(headers.back().begin(), headers.back().end());
      group.push_back({calls[i]});
    }
    service().put(group);
    std::vector<unsigned> statuses;
    for (GroupedCall& one : group) {
      EXPECT_TRUE(one.settled());
      EXPECT_FALSE(one.thrown);
      replies.push_back(released(std::move(one.outcome).value()));
      statuses.push_back(replies.back().status);
    }
    return statuses;
  }
  std::string body_of(const std::string& id) { return text_of(get({.id = id})); }

  std::deque<Pairs> headers;
  std::vector<Reply> replies;
  static constexpr const char* kZoe = R"({"name":"Zo\u00eb Peeters"})";
};

TEST_F(PutsTest, NewRecordsAreOneRoundTrip) {
  put({.id = "d-0", .body = kZoe});
  const int before = store().put_calls;
  EXPECT_THAT(put_together({{.id = "d-1", .body = kZoe}, {.id = "d-2", .body = kZoe}, {.id = "d-3", .body = kZoe}}),
              ElementsAre(201U, 201U, 201U));
  EXPECT_EQ(store().put_calls, before + 1);
  for (const char* id : {"d-1", "d-2", "d-3"}) EXPECT_EQ(body_of(id), kZoe);
}

TEST_F(PutsTest, EachHasAnOutcomeOfItsOwn) {
  const std::string tag = header_of(put({.id = "d-old", .body = kZoe}), "ETag");
  const auto statuses = put_together({{.id = "d-1", .body = kZoe},
                                      {.id = "d-2", .body = "{"},
                                      {.id = "d-3", .body = kZoe, .collection = "other"},
                                      {.id = "d 4", .body = kZoe},
                                      {.id = "d-5", .body = kZoe, .headers = {{"If-Match", "*"}}},
                                      {.id = "d-old", .body = R"({"name":"New"})", .headers = {{"If-Match", tag}}},
                                      {.id = "d-7", .body = R"({"name":")" + std::string(300, 'x') + "\"}"},
                                      {.id = "d-8", .body = kZoe, .headers = {{"If-Match", "1"}}},
                                      {.id = "d-9", .body = R"({"name":"Last"})"}});
  EXPECT_THAT(statuses, ElementsAre(201U, 400U, 404U, 400U, 412U, 204U, 413U, 400U, 201U));
  EXPECT_EQ(body_of("d-old"), R"({"name":"New"})");
  EXPECT_EQ(body_of("d-9"), R"({"name":"Last"})");
  EXPECT_EQ(*store().count("diplomas"), 3U);
}

TEST_F(PutsTest, OfOneRecordEachIsStoredAfterTheOther) {
  EXPECT_THAT(put_together({{.id = "d-1", .body = R"({"name":"One"})"},
                            {.id = "d-1", .body = R"({"name":"Two"})"},
                            {.id = "d-1", .body = R"({"name":"Three"})"}}),
              ::testing::UnorderedElementsAre(201U, 204U, 204U));
  std::vector<std::string> tags;
  for (const Reply& reply : replies) tags.push_back(header_of(reply, "ETag"));
  const Reply last = get({.id = "d-1"});
  EXPECT_THAT(tags, ::testing::Contains(header_of(last, "ETag")));
  std::sort(tags.begin(), tags.end());
  EXPECT_EQ(std::unique(tags.begin(), tags.end()), tags.end()) << "a revision is one write's";
  EXPECT_EQ(tags.back(), header_of(last, "ETag"));
}

TEST_F(PutsTest, OneCreatorWins) {
  const Pairs absent = {{"If-None-Match", "*"}};
  EXPECT_THAT(put_together({{.id = "d-1", .body = kZoe, .headers = absent},
                            {.id = "d-1", .body = kZoe, .headers = absent},
                            {.id = "d-2", .body = kZoe, .headers = absent}}),
              ElementsAre(201U, 412U, 201U));
}

TEST_F(PutsTest, EachIsLoggedAsItWasStored) {
  put_together({{.id = "d-1", .body = kZoe}, {.id = "d-2", .body = "["}, {.id = "d-3", .body = kZoe}});
  const auto entries = entries_of("records.put");
  ASSERT_EQ(entries.size(), 2U);
  for (const auto& entry : entries) {
    const auto& written = entry.at("payload").at("written").at(0);
    const auto record = store().get("diplomas", std::string(written.at("id").as_string()));
    ASSERT_TRUE(record);
    EXPECT_EQ(written.at("revision").to_number<std::uint64_t>(), record->revision);
    EXPECT_EQ(written.at("digest").as_string(), to_hex(digest_of(*record)));
  }
  EXPECT_EQ(entries[0].at("payload").at("record"), "d-1");
  EXPECT_EQ(entries[1].at("payload").at("record"), "d-3");
}

TEST_F(PutsTest, WhileTheStoreIsAwayAllAreUnavailableButThoseThatAreWrong) {
  put({.id = "d-0", .body = kZoe});
  store().away = true;
  EXPECT_THAT(put_together({{.id = "d-1", .body = kZoe}, {.id = "d-2", .body = "{"}, {.id = "d-3", .body = kZoe}}),
              ElementsAre(503U, 400U, 503U));
}

TEST(GroupedCall, WhatIsThrownIsItsOwn) {
  Call call;
  GroupedCall one{call}, other{call};
  one.alone([] { throw std::runtime_error("a bug"); });
  other.alone([&] { other.outcome.emplace(); });
  EXPECT_TRUE(one.thrown);
  EXPECT_TRUE(other.settled());
  EXPECT_FALSE(other.thrown);
  one.alone([&] { one.outcome.emplace(); });
  EXPECT_FALSE(one.outcome) << "it is settled";
}

}  // namespace
}  // namespace sluis::gateway::test
