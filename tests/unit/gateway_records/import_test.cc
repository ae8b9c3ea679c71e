#include <gmock/gmock.h>

#include "tests/unit/gateway_records/world.h"

namespace sluis::gateway::test {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

constexpr const char* kNdjson = "application/x-ndjson";

class ImportTest : public World {
 protected:
  Result<std::unique_ptr<BodySink>> start(Pairs query, const std::string& type = kNdjson,
                                          const std::string& principal = "backend") {
    Call one = call({.headers = {{"Content-Type", type}}, .query = std::move(query), .principal = principal},
                    "records.import");
    return service().import(one);
  }
  // The whole text in pieces of `size`; what finish() answers.
  Reply import(std::string_view text, Pairs query = {}, const std::string& type = kNdjson, std::size_t size = 7) {
    auto sink = start(std::move(query), type);
    if (!sink) return problem_of(sink.error());
    for (std::size_t at = 0; at < text.size(); at += size) {
      const Status fed = (*sink)->feed(text.substr(at, size));
      if (!fed) return problem_of(fed.error());
    }
    return released((*sink)->finish());
  }
  Reply state(const std::string& id, const std::string& principal = "backend") {
    Call one = call({.id = id, .principal = principal}, "records.import");
    return released(service().import_state(one));
  }
  std::vector<std::string> errors_of(const std::string& id, Pairs query = {}) {
    Call one = call({.id = id, .query = std::move(query)}, "records.import");
    std::vector<std::string> errors;
    const auto answer = json_of_reply(released(service().import_errors(one)));
    for (const auto& error : answer.at("errors").as_array()) {
      std::string text =
          std::to_string(error.at("line").to_number<std::uint64_t>()) + " " + error.at("code").as_string().c_str();
      if (!error.at("field").as_string().empty()) text += std::string(" ") + error.at("field").as_string().c_str();
      errors.push_back(text);
    }
    return errors;
  }
  static std::string line(int i) {
    return R"({"id":"d-)" + std::to_string(i) + R"(","name":"Name )" + std::to_string(i) + "\"}\n";
  }
  static std::string lines(int from, int to) {
    std::string all;
    for (int i = from; i <= to; ++i) all += line(i);
    return all;
  }
  std::string body_of(const std::string& id) { return text_of(get({.id = id})); }
  std::uint64_t count() { return *store().count("diplomas"); }
};

TEST_F(ImportTest, WritesEveryLineHoweverItArrives) {
  const std::string text = lines(1, 20);
  for (const std::size_t size : {std::size_t{1}, std::size_t{3}, std::size_t{50}, text.size()}) {
    sql("delete from records; delete from record_terms");
    const std::string id = "i-" + std::to_string(size);
    const Reply reply = import(text, {{"import", id}}, kNdjson, size);
    EXPECT_EQ(reply.status, 200U);
    EXPECT_EQ(text_of(reply), R"({"import":")" + id + R"(","lines_done":20,"records":20,"errors":0,"finished":true})");
    EXPECT_EQ(count(), 20U);
    EXPECT_EQ(body_of("d-7"), R"({"name":"Name 7"})");
  }
}

TEST_F(ImportTest, MarksEndsAndEmptyLines) {
  const std::string text = "\xEF\xBB\xBF{\"id\":\"a\",\"name\":\"A\"}\r\n\r\n  \n{\"id\":\"b\",\"name\":\"B\"}";
  for (std::size_t size = 1; size <= 8; ++size) {
    sql("delete from records; delete from record_terms");
    const std::string id = "i-" + std::to_string(size);
    EXPECT_EQ(json_of_reply(import(text, {{"import", id}}, kNdjson, size)).at("records"), 2) << size;
    EXPECT_THAT(errors_of(id), IsEmpty());
    EXPECT_EQ(json_of_reply(state(id)).at("lines_done"), 4);
  }
  EXPECT_EQ(json_of_reply(import("", {{"import", "none"}})).at("lines_done"), 0);
  EXPECT_EQ(json_of_reply(import("\xEF\xBB", {{"import", "half-a-mark"}})).at("errors"), 1);
}

TEST_F(ImportTest, BadLinesAreCollectedAndNeverHalfWritten) {
  put({.id = "old", .body = R"({"name":"Old"})"});
  const std::string text = line(1) + "{\n" +
                           R"({"id":"x/y","name":"A"})"
                           "\n" +
                           R"({"name":"A"})"
                           "\n" +
                           R"({"id":"n","nrn":"1"})"
                           "\n" +
                           R"({"id":"n","name":"A","shoe":1})"
                           "\n" +
                           R"({"id":"n","name":"A","nrn":"none"})"
                           "\n" +
                           R"({"id":"n","name":"A","name":"B"})"
                           "\n" +
                           "{\"id\":\"n\",\"name\":\"\xFF\"}\n" +
                           R"({"id":"n","name":"\u0000"})"
                           "\n" +
                           "[1]\n" + R"({"id":"n","name":")" + std::string(300, 'x') + "\"}\n" +
                           R"({"id":"n","name":"A","extra":")" + std::string(4000, 'x') + "\"}\n" +
                           std::string(20000, 'x') + "\n" +
                           R"({"id":"old","name":"New"})"
                           "\n" +
                           line(1) + line(2);
  const Reply reply = import(text, {{"import", "bad"}}, kNdjson, 1000);
  EXPECT_EQ(text_of(reply), R"({"import":"bad","lines_done":17,"records":2,"errors":15,"finished":true})");
  EXPECT_THAT(errors_of("bad"),
              ElementsAre("2 json", "3 id", "4 id", "5 required name", "6 unknown_field shoe", "7 not_indexable nrn",
                          "8 duplicate", "9 utf8", "10 nul", "11 kind", "12 field_too_long name", "13 record_too_long",
                          "14 line_too_long", "15 exists id", "16 exists id"));
  EXPECT_EQ(body_of("old"), R"({"name":"Old"})");
  EXPECT_EQ(body_of("d-1"), R"({"name":"Name 1"})");
  EXPECT_EQ(get({.id = "n"}).status, 404U);
}

TEST_F(ImportTest, ErrorsComeInPages) {
  import("1\n2\n3\n4\n5\n", {{ "import", "bad" }});
  EXPECT_THAT(errors_of("bad", {{"limit", "2"}}), ElementsAre("1 kind", "2 kind"));
  EXPECT_THAT(errors_of("bad", {{"limit", "2"}, {"after_line", "2"}}), ElementsAre("3 kind", "4 kind"));
  EXPECT_THAT(errors_of("bad", {{"after_line", "4"}}), ElementsAre("5 kind"));
}

TEST_F(ImportTest, CsvRowsAreRecordsOfStrings) {
  const std::string text =
      "id,name,degree,extra\r\nc-1,\"Zoë \"\"Z\"\" Peeters\",Master,\r\n\r\nc-2,\"two\nlines, and a comma\",,\"\"\r\n"
      "c-3,a\"b,x,y\r\nc-4,only two\r\nc-5,,x,y\r\n,Nobody,,\r\nc-6,Last,x,y";
  for (const std::size_t size : {1U, 5U, 1000U}) {
    sql("delete from records; delete from record_terms");
    const std::string id = "csv-" + std::to_string(size);
    const Reply reply = import(text, {{"import", id}}, "text/csv; charset=utf-8", size);
    EXPECT_EQ(text_of(reply), R"({"import":")" + id + R"(","lines_done":9,"records":3,"errors":4,"finished":true})");
    EXPECT_THAT(errors_of(id), ElementsAre("5 csv_quote", "6 csv_columns", "7 required name", "8 id"));
    EXPECT_EQ(body_of("c-1"), R"({"degree":"Master","name":"Zoë \"Z\" Peeters"})");
    EXPECT_EQ(body_of("c-2"), R"({"name":"two\u000alines, and a comma","extra":""})");
    EXPECT_EQ(body_of("c-6"), R"({"degree":"x","name":"Last","extra":"y"})");
  }
}

TEST_F(ImportTest, CsvHeadersAreChecked) {
  for (const char* text :
       {"id,name,shoe\n", "name\n", "id,id,name\n", "id,name,name\n", "\"id\"x,name\n", "\n", "id,,name\n"}) {
    EXPECT_EQ(import(text, {}, "text/csv").status, 400U) << text;
  }
  EXPECT_EQ(import("\xEF\xBB\xBF\"id\",name\nc-1,A\n", {}, "text/csv").status, 200U);
  EXPECT_EQ(import("id,name\nc-2,\xFF\nc-3,A\n", {{"import", "u"}}, "text/csv").status, 200U);
  EXPECT_THAT(errors_of("u"), ElementsAre("2 utf8 name"));
}

TEST_F(ImportTest, RefusesWhatItCannotStart) {
  EXPECT_EQ(start({}, "application/json").error().code, Code::invalid);
  EXPECT_EQ(start({}, "").error().code, Code::invalid);
  EXPECT_EQ(start({{"import", "a b"}}).error().code, Code::invalid);
  EXPECT_EQ(start({{"import", std::string(65, 'a')}}).error().code, Code::invalid);
  EXPECT_EQ(start({{"mode", "replace"}}).error().code, Code::invalid);
  EXPECT_EQ(start({{"from_line", "x"}}).error().code, Code::invalid);
  EXPECT_EQ(start({{"from_line", "2"}}).error().code, Code::conflict);
  token().away = true;
  EXPECT_EQ(start({}).error().code, Code::unavailable);
}

TEST_F(ImportTest, AnImportWithoutAnIdGetsOne) {
  const auto answer = json_of_reply(import(line(1)));
  const std::string id(answer.at("import").as_string());
  EXPECT_EQ(id.size(), 32U);
  EXPECT_EQ(json_of_reply(state(id)).at("finished"), true);
}

TEST_F(ImportTest, GoesOnWhereItStoppedHoweverOftenItStops) {
  import_limits.chunk_records = 4;
  constexpr int kLines = 30;
  // Abandoned after every possible number of lines of the first try; then resumed to the end.
  for (int cut = 0; cut <= kLines; ++cut) {
    sql("delete from records; delete from record_terms");
    const std::string id = "cut-" + std::to_string(cut);
    {
      auto sink = start({{"import", id}});
      ASSERT_TRUE(sink);
      ASSERT_TRUE((*sink)->feed(lines(1, cut) + "{\"id\":\"half"));
      (*sink)->abandon();
    }
    int done = 0;
    if (cut >= 4) {
      const auto stopped = json_of_reply(state(id));
      done = static_cast<int>(stopped.at("lines_done").as_int64());
      EXPECT_EQ(stopped.at("finished"), false);
      EXPECT_EQ(done, cut / 4 * 4);
      EXPECT_EQ(count(), static_cast<std::uint64_t>(done));
    }
    const Reply reply = import(lines(done + 1, kLines), {{"import", id}, {"from_line", std::to_string(done + 1)}});
    EXPECT_EQ(text_of(reply), R"({"import":")" + id + R"(","lines_done":30,"records":30,"errors":0,"finished":true})");
    EXPECT_EQ(count(), 30U);
  }
}

TEST_F(ImportTest, CsvGoesOnWithItsHeaderRepeated) {
  import_limits.chunk_records = 2;
  {
    auto sink = start({{"import", "csv"}}, "text/csv");
    ASSERT_TRUE((*sink)->feed("id,name\na,A\nb,B\nc,C\nd"));
    (*sink)->abandon();
  }
  EXPECT_EQ(json_of_reply(state("csv")).at("lines_done"), 3);
  const Reply reply = import("id,name\nc,C\nbad\nd,D\n", {{"import", "csv"}, {"from_line", "4"}}, "text/csv");
  EXPECT_EQ(text_of(reply), R"({"import":"csv","lines_done":6,"records":4,"errors":1,"finished":true})");
  EXPECT_THAT(errors_of("csv"), ElementsAre("5 csv_columns"));
}

TEST_F(ImportTest, OnlyTheRightLineAndTheRightPrincipalGoOn) {
  import_limits.chunk_records = 2;
  {
    auto sink = start({{"import", "i"}});
    ASSERT_TRUE((*sink)->feed(lines(1, 5)));
    (*sink)->abandon();
  }
  EXPECT_EQ(start({{"import", "i"}}).error().code, Code::conflict);
  EXPECT_EQ(start({{"import", "i"}, {"from_line", "4"}}).error().code, Code::conflict);
  EXPECT_EQ(start({{"import", "i"}, {"from_line", "6"}}).error().code, Code::conflict);
  EXPECT_EQ(start({{"import", "i"}, {"from_line", "5"}}, kNdjson, "portal").error().code, Code::denied);
  EXPECT_EQ(state("i", "portal").status, 404U);
  EXPECT_EQ(import(lines(5, 6), {{"import", "i"}, {"from_line", "5"}}).status, 200U);
  EXPECT_EQ(start({{"import", "i"}, {"from_line", "7"}}).error().code, Code::conflict) << "it is finished";
  const auto denied = entries_of("records.import");
  EXPECT_TRUE(std::any_of(denied.begin(), denied.end(), [](const auto& e) { return e.at("outcome") == "denied"; }));
}

TEST_F(ImportTest, TwoClientsThatResumeTheSameImportDoNotBothWrite) {
  import_limits.chunk_records = 2;
  auto first = start({{"import", "i"}});
  auto second = start({{"import", "i"}});
  ASSERT_TRUE(first && second);
  ASSERT_TRUE((*first)->feed(lines(1, 2)));
  EXPECT_EQ(released((*first)->finish()).status, 200U);
  ASSERT_TRUE((*second)->feed(lines(11, 12)));
  EXPECT_EQ(released((*second)->finish()).status, 409U);
  EXPECT_EQ(count(), 2U);
}

TEST_F(ImportTest, AStoreThatGoesAwayStopsTheImportWhereItWas) {
  import_limits.chunk_records = 2;
  int chunks = 0;
  store().before_chunk = [&]() -> Status {
    if (++chunks == 3) return Error{Code::unavailable, "gone"};
    return {};
  };
  EXPECT_EQ(import(lines(1, 20), {{"import", "i"}}, kNdjson, 40).status, 503U);
  EXPECT_EQ(json_of_reply(state("i")).at("lines_done"), 4);
  EXPECT_EQ(import(lines(5, 20), {{"import", "i"}, {"from_line", "5"}}).status, 200U);
  EXPECT_EQ(count(), 20U);
}

TEST_F(ImportTest, AChunkWhoseAnswerWasLostIsNotWrittenTwice) {
  import_limits.chunk_records = 2;
  int chunks = 0;
  store().after_chunk = [&]() -> Status {
    if (++chunks == 2) return Error{Code::unavailable, "the connection broke"};
    return {};
  };
  EXPECT_EQ(import(lines(1, 20), {{"import", "i"}}, kNdjson, 40).status, 503U);
  store().after_chunk = {};
  EXPECT_EQ(json_of_reply(state("i")).at("lines_done"), 4) << "it had been written";
  EXPECT_EQ(import(lines(5, 20), {{"import", "i"}, {"from_line", "5"}}).status, 200U);
  EXPECT_EQ(text_of(state("i")), R"({"import":"i","lines_done":20,"records":20,"errors":0,"finished":true})");
}

TEST_F(ImportTest, ChunksAreLimitedByBytesToo) {
  import_limits.chunk_bytes = 500;
  int chunks = 0;
  store().before_chunk = [&]() -> Status {
    ++chunks;
    return {};
  };
  EXPECT_EQ(import(lines(1, 20)).status, 200U);
  EXPECT_GT(chunks, 4);
}

TEST_F(ImportTest, StopsAfterTooManyBadLines) {
  import_limits.chunk_records = 4;
  import_limits.errors = 10;
  std::string text;
  for (int i = 0; i < 50; ++i) text += "x\n";
  EXPECT_EQ(import(text, {{"import", "junk"}}).status, 400U);
  const auto stopped = json_of_reply(state("junk"));
  EXPECT_LE(stopped.at("errors").as_int64(), 20);
  EXPECT_GT(stopped.at("errors").as_int64(), 10);
}

TEST_F(ImportTest, EachChunkIsAnEntryWithWhatItWrote) {
  import_limits.chunk_records = 3;
  put({.id = "d-2", .body = R"({"name":"Old"})"});
  import(lines(1, 5), {{ "import", "i" }});
  const auto logged = entries_of("records.import");
  ASSERT_EQ(logged.size(), 2U);
  EXPECT_EQ(logged[0].at("count"), 2);
  EXPECT_EQ(logged[0].at("key_version"), 1);
  const auto& written = logged[0].at("payload").at("written").as_array();
  ASSERT_EQ(written.size(), 2U);
  EXPECT_EQ(written[0].at("id"), "d-1");
  EXPECT_EQ(written[1].at("id"), "d-3");
  EXPECT_EQ(logged[0].at("payload").at("detail"), "import i, lines 1 to 3");
  EXPECT_EQ(logged[1].at("payload").at("detail"), "import i, lines 4 to 5");
}

}  // namespace
}  // namespace sluis::gateway::test
