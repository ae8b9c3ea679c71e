// The sweep of a collection, step by step, on a real store and token, with others at work in between.
#include <gmock/gmock.h>

#include <algorithm>

#include "gateway/rollover/record_sweep.h"
#include "gateway/rollover/resealer.h"
#include "tests/unit/gateway_records/world.h"

namespace sluis::gateway::rollover {
namespace {

using test::World;

class SweepTest : public World {
 protected:
  void SetUp() override {
    World::SetUp();
    if (IsSkipped()) return;
    admin_ = std::make_unique<KeyAdmin>(
        store(), token(), keyring(), [this](audit::Event event) { admin_events().add(std::move(event)); },
        [] { return std::uint64_t{1'770'000'000'000'000}; });
    for (int i = 0; i < 30; ++i) put_one(i, "Name " + std::to_string(i));
  }

  static std::string id_of(int i) { return "d-" + std::to_string(100 + i); }
  void put_one(int i, const std::string& name) {
    const std::string body = R"({"degree":"MSc","name":")" + name + R"(","nrn":"85.07.30-0)" + std::to_string(10 + i) +
                             R"(","awarded":null,"extra":{"a":[1,"\u00e9"]}})";
    const unsigned status = put({.id = id_of(i), .body = body}).status;
    ASSERT_TRUE(status == 201 || status == 204) << status;
  }
  std::unique_ptr<RecordSweep> sweep() {
    return std::make_unique<RecordSweep>(
        RecordSweepParts{store(), keyring(), *admin_,
                         [this](std::string_view name) { return service().collection(name); }, 2},
        "diplomas");
  }
  Grip grip(std::size_t items) {
    if (lease_.name.empty()) lease_ = *store().take_lease("job/1", "me", std::chrono::seconds(60));
    return {lease_, items, [] { return false; }, "job-1", "officer-1"};
  }
  // Until every gateway knows the new version.
  Progress prepared(RecordSweep& sweep) {
    Progress progress;
    for (bool ready = false; !ready;) {
      const auto step = sweep.prepare(grip(0), progress);
      EXPECT_TRUE(step);
      if (!step) break;
      ready = step->ready;
      passed = passed.load() + std::chrono::duration_cast<std::chrono::seconds>(step->wait) + std::chrono::seconds(1);
    }
    return progress;
  }
  std::map<std::uint32_t, std::uint64_t> versions() { return *store().count_versions("diplomas"); }
  store::Record stored(int i) { return *store().get("diplomas", id_of(i)); }

  std::unique_ptr<KeyAdmin> admin_;
  store::Lease lease_;
};

TEST_F(SweepTest, EverythingComesUnderTheNewVersion) {
  const auto before = stored(3);
  const std::string seen = test::text_of(get({.id = id_of(3)}));
  const auto it = sweep();
  const Progress progress = prepared(*it);
  EXPECT_EQ(progress.to, 2U);
  EXPECT_EQ(progress.total, 30U);
  ASSERT_TRUE(it->begin(grip(7), progress));
  std::uint64_t done = 0;
  std::string last;
  for (bool end = false; !end;) {
    const auto chunk = it->next(grip(7));
    ASSERT_TRUE(chunk);
    end = chunk->end;
    done += chunk->rewritten;
    EXPECT_GT(chunk->cursor, last);
    EXPECT_GE(chunk->ahead, chunk->cursor);
    last = chunk->cursor;
    ASSERT_EQ(chunk->events.size(), 1U);
    EXPECT_EQ(chunk->events[0].count, chunk->rewritten);
    EXPECT_EQ(chunk->events[0].payload.written.size(), chunk->rewritten);
    EXPECT_EQ(chunk->events[0].payload.written[0].digest,
              digest_of(*store().get("diplomas", chunk->events[0].payload.written[0].id)));
  }
  EXPECT_EQ(done, 30U);
  EXPECT_THAT(versions(), ::testing::ElementsAre(std::pair(2U, 30U)));
  const auto after = stored(3);
  EXPECT_EQ(after.revision, before.revision);
  EXPECT_EQ(after.open_fields, before.open_fields);
  EXPECT_NE(after.envelope, before.envelope);
  EXPECT_EQ(test::text_of(get({.id = id_of(3)})), seen);
  const auto verdict = it->verify(grip(0), progress);
  ASSERT_TRUE(verdict);
  EXPECT_EQ(verdict->left, 0U);
  const auto facts = admin_->show("records/diplomas");
  ASSERT_TRUE(facts);
  EXPECT_NE(facts->find(1)->emptied_us, 0U);
}

TEST_F(SweepTest, WhoWritesMeanwhileWins) {
  const auto it = sweep();
  const Progress progress = prepared(*it);
  ASSERT_TRUE(it->begin(grip(30), progress));  // all are read, and sealed as they were
  put_one(5, "Another");
  ASSERT_EQ(remove({.id = id_of(6)}).status, 204U);
  const auto written = stored(5);
  const auto chunk = it->next(grip(30));
  ASSERT_TRUE(chunk);
  EXPECT_EQ(chunk->rewritten, 28U);
  EXPECT_EQ(chunk->changed, 2U);
  EXPECT_EQ(stored(5).envelope, written.envelope);
  EXPECT_EQ(store().get("diplomas", id_of(6)).error().code, Code::not_found);
  EXPECT_THAT(versions(), ::testing::ElementsAre(std::pair(2U, 29U)));
}

TEST_F(SweepTest, WhoHasLostTheLeaseWritesNothing) {
  const auto it = sweep();
  const Progress progress = prepared(*it);
  ASSERT_TRUE(it->begin(grip(30), progress));
  ASSERT_TRUE(store().drop_lease(lease_));
  ASSERT_TRUE(store().take_lease("job/1", "another", std::chrono::seconds(60)));
  const auto chunk = it->next(grip(30));
  ASSERT_FALSE(chunk);
  EXPECT_EQ(chunk.error().code, Code::conflict);
  EXPECT_THAT(versions(), ::testing::ElementsAre(std::pair(1U, 30U)));
}

TEST_F(SweepTest, WhatAKillKeptFromTheLogIsToldLater) {
  Progress progress;
  {
    const auto killed = sweep();
    progress = prepared(*killed);
    progress.ahead = killed->begin(grip(10), progress)->ahead;
    ASSERT_TRUE(killed->next(grip(10)));  // written; neither the log nor the job knows of it
  }
  const auto it = sweep();
  const auto begun = it->begin(grip(10), progress);
  ASSERT_TRUE(begun);
  ASSERT_EQ(begun->events.size(), 1U);
  EXPECT_EQ(begun->events[0].count, 10U);
  EXPECT_EQ(begun->events[0].payload.written[9].digest, digest_of(stored(9)));
  const auto chunk = it->next(grip(10));
  ASSERT_TRUE(chunk);
  EXPECT_EQ(chunk->events[0].payload.written[0].id, id_of(10));
}

TEST_F(SweepTest, WhatDoesNotOpenIsLeftAloneAndNamed) {
  const auto before = stored(4);
  sql("update records set envelope = zeroblob(200) where id = 'd-103'");
  sql("update records set id = 'd-104x' where id = 'd-104'");
  sql("update records set key_version = 0 where id = 'd-105'");
  const auto it = sweep();
  const Progress progress = prepared(*it);
  ASSERT_TRUE(it->begin(grip(100), progress));
  const auto chunk = it->next(grip(100));
  ASSERT_TRUE(chunk);
  EXPECT_EQ(chunk->faults, 3U);
  EXPECT_EQ(chunk->rewritten, 27U);
  ASSERT_EQ(chunk->events.size(), 2U);
  EXPECT_EQ(chunk->events[1].outcome, audit::Outcome::failed);
  for (const char* id : {"d-103", "d-104x", "d-105"}) {
    EXPECT_NE(chunk->events[1].payload.detail.find(id), std::string::npos) << id;
  }
  EXPECT_EQ(store().get("diplomas", "d-104x")->envelope, before.envelope);
  EXPECT_EQ(it->verify(grip(0), progress)->left, 3U);
}

TEST_F(SweepTest, AFieldThatIsNotInTheSchemaIsNotLost) {
  const auto before = stored(2);
  CollectionSchema less = diplomas();
  less.fields.pop_back();
  use_schema(less);
  const auto it = sweep();
  const Progress progress = prepared(*it);
  ASSERT_TRUE(it->begin(grip(100), progress));
  EXPECT_EQ(it->next(grip(100))->faults, 30U);
  EXPECT_EQ(stored(2).envelope, before.envelope);
  use_schema(diplomas());
  ASSERT_TRUE(it->begin(grip(100), progress));
  EXPECT_EQ(it->next(grip(100))->rewritten, 30U);
}

TEST_F(SweepTest, SearchesFindEverythingAllTheWay) {
  const auto found = [&](int i) {
    const std::string body = R"({"match":{"nrn":"85073001)" + std::to_string(i % 10) + R"("}})";
    return test::text_of(search({.body = body})).find(id_of(i)) != std::string::npos;
  };
  const auto it = sweep();
  Progress progress;
  for (bool ready = false; !ready;) {
    const auto step = it->prepare(grip(0), progress);
    ASSERT_TRUE(step);
    ready = step->ready;
    for (int i = 0; i < 10; ++i) ASSERT_TRUE(found(i)) << i;
    passed = passed.load() + std::chrono::seconds(10);
  }
  ASSERT_TRUE(it->begin(grip(3), progress));
  for (bool end = false; !end;) {
    const auto chunk = it->next(grip(3));
    ASSERT_TRUE(chunk);
    end = chunk->end;
    for (int i = 0; i < 10; ++i) ASSERT_TRUE(found(i)) << i;
  }
}

}  // namespace
}  // namespace sluis::gateway::rollover
