#include <gmock/gmock.h>

#include "tests/unit/gateway_records/world.h"

namespace sluis::gateway::test {
namespace {

using ::testing::HasSubstr;

class ExportTest : public World {
 protected:
  struct Taken {
    std::string text;
    std::vector<std::size_t> events_of_pieces;
    std::optional<Error> error;
  };
  Streamed start(const std::string& body, const std::string& principal = "backend",
                 const std::string& purpose = "verification") {
    Call one = call({.body = body, .principal = principal, .purpose = purpose}, "records.export");
    return service().export_(one);
  }
  Taken take(BodySource& source) {
    Taken taken;
    for (bool last = false; !last;) {
      auto piece = source.next();
      if (!piece) {
        taken.error = piece.error();
        return taken;
      }
      last = piece->last;
      taken.text += piece->bytes.expose_text();
      taken.events_of_pieces.push_back(piece->events.size());
      if (piece->events.empty()) continue;
      EXPECT_TRUE(log().append_and_wait(std::move(piece->events)));
    }
    return taken;
  }
  Taken all(const std::string& body = "") {
    Streamed streamed = start(body);
    EXPECT_TRUE(streamed.source);
    return take(*streamed.source);
  }
  void fill(int records) {
    for (int i = 0; i < records; ++i) {
      const std::string number = std::to_string(1000 + i);
      put({.id = "d-" + number, .body = R"({"degree":"BA","name":"Name )" + number + "\"}"});
    }
  }
};

TEST_F(ExportTest, IsTheFormThatImportsTake) {
  fill(3);
  put({.id = "e", .body = R"({"name":"Only name"})"});
  Streamed streamed = start("");
  const Reply head = streamed.source->head();
  EXPECT_EQ(head.status, 200U);
  EXPECT_EQ(head.content_type, "application/x-ndjson");
  const std::string text = take(*streamed.source).text;
  EXPECT_EQ(text,
            "{\"id\":\"d-1000\",\"degree\":\"BA\",\"name\":\"Name 1000\"}\n"
            "{\"id\":\"d-1001\",\"degree\":\"BA\",\"name\":\"Name 1001\"}\n"
            "{\"id\":\"d-1002\",\"degree\":\"BA\",\"name\":\"Name 1002\"}\n"
            "{\"id\":\"e\",\"name\":\"Only name\"}\n");
  sql("delete from records; delete from record_terms");
  Call one = call({.headers = {{"Content-Type", "application/x-ndjson"}}}, "records.import");
  auto sink = service().import(one);
  ASSERT_TRUE(sink);
  ASSERT_TRUE((*sink)->feed(text));
  EXPECT_EQ(json_of_reply(released((*sink)->finish())).at("records"), 4);
  EXPECT_EQ(all().text, text);
}

TEST_F(ExportTest, SelectsFieldsAndGoesOnAfterAnId) {
  fill(3);
  EXPECT_EQ(all(R"({"fields":["degree"],"after":"d-1000"})").text,
            "{\"id\":\"d-1001\",\"degree\":\"BA\"}\n{\"id\":\"d-1002\",\"degree\":\"BA\"}\n");
  EXPECT_EQ(all(R"({"fields":["awarded"],"after":"d-1001"})").text, "{\"id\":\"d-1002\"}\n");
  EXPECT_EQ(all(R"({"after":"z"})").text, "");
}

TEST_F(ExportTest, EveryRecordIsAnEntryOfItsPiece) {
  fill(300);
  const std::uint64_t before = log().size();
  const Taken taken = all();
  EXPECT_THAT(taken.events_of_pieces, ::testing::ElementsAre(256, 44));
  EXPECT_EQ(std::count(taken.text.begin(), taken.text.end(), '\n'), 300);
  EXPECT_EQ(log().size(), before + 300);
}

TEST_F(ExportTest, AnEmptyCollectionIsAnEmptyStream) {
  const Taken taken = all();
  EXPECT_TRUE(taken.text.empty());
  EXPECT_FALSE(taken.error);
}

TEST_F(ExportTest, ADamagedRecordIsALineThatSaysSo) {
  fill(2);
  sql("update records set envelope = zeroblob(100) where id = 'd-1000'");
  EXPECT_THAT(all().text, HasSubstr("{\"id\":\"d-1000\",\"$problem\":\"failed\"}\n{\"id\":\"d-1001\","));
}

TEST_F(ExportTest, ABudgetEndsTheStreamWithAWordAndAnEntry) {
  fill(8);
  Streamed streamed = start("", "portal", "citizen");
  const Taken taken = take(*streamed.source);
  EXPECT_EQ(std::count(taken.text.begin(), taken.text.end(), '\n'), 6);
  EXPECT_THAT(taken.text, HasSubstr("{\"$problem\":\"budget spent\",\"retry_after\":"));
  EXPECT_THAT(taken.text, HasSubstr("\"after\":\"d-1004\"}\n"));
  EXPECT_THAT(taken.text, ::testing::Not(HasSubstr("Name")));
  EXPECT_EQ(entries_of("records.export").back().at("outcome"), "refused");
}

TEST_F(ExportTest, RefusalsComeBeforeTheStream) {
  EXPECT_EQ(start(R"({"fields":["shoe"]})").refused->reply.status, 400U);
  EXPECT_EQ(start(R"({"after":"a/b"})").refused->reply.status, 400U);
  EXPECT_EQ(start("[").refused->reply.status, 400U);
  const Streamed denied = start(R"({"fields":["nrn"]})", "portal", "citizen");
  EXPECT_EQ(denied.refused->reply.status, 403U);
  EXPECT_EQ(denied.refused->events.size(), 1U);
}

TEST_F(ExportTest, BreaksOffWhenTheStoreOrTheHsmIsAway) {
  fill(300);
  Streamed streamed = start("");
  auto piece = streamed.source->next();
  ASSERT_TRUE(piece);
  EXPECT_FALSE(piece->last);
  store().away = true;
  EXPECT_EQ(streamed.source->next().error().code, Code::unavailable);
  store().away = false;
  piece = streamed.source->next();
  ASSERT_TRUE(piece);
  EXPECT_TRUE(piece->last);
  EXPECT_EQ(piece->events.size(), 44U);
}

}  // namespace
}  // namespace sluis::gateway::test
