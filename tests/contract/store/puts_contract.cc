// Several puts at once: each is judged by itself, and stands or fails alone.
#include <algorithm>
#include <atomic>
#include <barrier>
#include <random>
#include <thread>

#include "tests/contract/store/store_contract.h"

namespace sluis::store {
namespace {

std::vector<Status> put_all(Store& store, const std::vector<Record>& records, const std::vector<Expected>& expected) {
  std::vector<Put> puts;
  for (std::size_t i = 0; i < records.size(); ++i) puts.push_back({&records[i], expected.at(i)});
  return store.put_many(puts);
}

std::vector<Status> put_all(Store& store, const std::vector<Record>& records, const Expected& expected) {
  return put_all(store, records, std::vector<Expected>(records.size(), expected));
}

TEST_P(StoreContract, NoPutsAreNothing) {
  EXPECT_TRUE(store->put_many({}).empty());
  EXPECT_EQ(*store->count("diplomas"), 0U);
}

TEST_P(StoreContract, ManyNewRecordsAreAllThere) {
  std::vector<Record> records;
  for (int i = 0; i < 64; ++i) {
    const std::string id = "id" + std::to_string((i * 37) % 64);
    records.push_back(record(id, 1, {term(1, 1, id), term(2, 1, "shared")}));
    if (i % 3 == 0) records.back().terms.clear();
    if (i % 5 == 0) records.back().envelope.clear();
    if (i % 7 == 0) records.back().collection = "others";
  }
  for (const Status& status : put_all(*store, records, kAbsent)) EXPECT_TRUE(succeeds(status));
  std::size_t shared = 0;
  for (const Record& written : records) {
    expect_same(*store->get(written.collection, written.id), written);
    if (!written.terms.empty() && written.collection == "diplomas") ++shared;
  }
  EXPECT_EQ(store->search("diplomas", {{{term(2, 1, "shared")}}}, "", 99)->records.size(), shared);
  for (const Status& status : put_all(*store, records, kAbsent)) EXPECT_TRUE(fails_with(status, Code::conflict));
}

TEST_P(StoreContract, EachPutOfManyIsJudgedByItself) {
  ASSERT_TRUE(succeeds(store->put(record("old", 5, {term(1, 1, "before")}), kAbsent)));
  ASSERT_TRUE(succeeds(store->put(record("other", 5), kAbsent)));
  Record broken = record("broken");
  broken.open_fields = "\xff";
  Record huge = record("huge");
  huge.terms.assign(kMaxTerms + 1, term(1, 1, "x"));
  const std::vector<Record> records = {record("new1", 1, {term(1, 1, "n")}),
                                       broken,
                                       record("old", 6, {term(1, 1, "after")}),
                                       record("old", 5),
                                       huge,
                                       record("missing", 9),
                                       record("new2", 1),
                                       record("other", 4),
                                       record("any", 3)};
  const auto done =
      put_all(*store, records, {kAbsent, kAbsent, at(5), kAbsent, kAnything, at(8), kAnything, kAnything, kAnything});
  EXPECT_TRUE(succeeds(done[0]));
  EXPECT_TRUE(fails_with(done[1], Code::invalid));
  EXPECT_TRUE(succeeds(done[2]));
  EXPECT_TRUE(fails_with(done[3], Code::conflict));
  EXPECT_TRUE(fails_with(done[4], Code::too_large));
  EXPECT_TRUE(fails_with(done[5], Code::conflict));
  EXPECT_TRUE(succeeds(done[6]));
  EXPECT_TRUE(fails_with(done[7], Code::conflict));
  EXPECT_TRUE(succeeds(done[8]));
  expect_same(*store->get("diplomas", "old"), records[2]);
  EXPECT_EQ(store->get("diplomas", "other")->revision, 5U);
  EXPECT_EQ(*store->count("diplomas"), 5U);
  EXPECT_EQ(store->search("diplomas", {{{term(1, 1, "before")}}}, "", 9)->records.size(), 0U);
  EXPECT_EQ(store->search("diplomas", {{{term(1, 1, "after")}}}, "", 9)->records.size(), 1U);
}

TEST_P(StoreContract, OneOfManyCreatorsOfARecordWins) {
  std::vector<Record> records;
  for (std::uint64_t i = 1; i <= 8; ++i) records.push_back(record("same", i, {term(1, 1, "t" + std::to_string(i))}));
  const auto done = put_all(*store, records, kAbsent);
  std::size_t winner = done.size();
  for (std::size_t i = 0; i < done.size(); ++i) {
    if (!done[i]) {
      EXPECT_TRUE(fails_with(done[i], Code::conflict));
      continue;
    }
    EXPECT_EQ(winner, done.size()) << "two winners";
    winner = i;
  }
  ASSERT_LT(winner, done.size());
  expect_same(*store->get("diplomas", "same"), records[winner]);
  EXPECT_EQ(place->ask("select count(*) from record_terms"), 1);
}

TEST_P(StoreContract, ARecordPutTwiceAtOnceEndsAsTheNewer) {
  for (const char* start : {"fresh", "there"}) {
    if (std::string(start) == "there") {
      ASSERT_TRUE(succeeds(store->put(record(start, 1, {term(1, 1, start)}), kAbsent)));
    }
    const std::vector<Record> records = {record(start, 7, {term(1, 1, "seven")}), record("between", 7),
                                         record(start, 8, {term(1, 1, "eight")})};
    const auto done = put_all(*store, records, kAnything);
    EXPECT_TRUE(succeeds(done[2])) << start;
    if (!done[0]) {
      EXPECT_TRUE(fails_with(done[0], Code::conflict)) << "only for being overtaken";
    }
    expect_same(*store->get("diplomas", start), records[2]);
    EXPECT_EQ(store->search("diplomas", {{{term(1, 1, "eight")}}}, "", 9)->records.size(), 1U);
    EXPECT_EQ(store->search("diplomas", {{{term(1, 1, "seven")}}}, "", 9)->records.size(), 0U);
    ASSERT_TRUE(succeeds(store->remove("diplomas", start, kAnything)));
    ASSERT_TRUE(succeeds(store->remove("diplomas", "between", kAnything)));
  }
  EXPECT_EQ(place->ask("select count(*) from record_terms"), 0);
}

TEST_P(StoreContract, TooManyPutsAreRefusedWhole) {
  std::vector<Record> records;
  for (std::size_t i = 0; i <= kMaxPuts; ++i) records.push_back(record(std::to_string(i)));
  for (const Status& status : put_all(*store, records, kAbsent)) EXPECT_TRUE(fails_with(status, Code::too_large));
  EXPECT_EQ(*store->count("diplomas"), 0U);
  records.pop_back();
  for (const Status& status : put_all(*store, records, kAbsent)) EXPECT_TRUE(succeeds(status));
}

// Two gateways write the same ids in different orders, created and replaced: nobody stands still, every put is either
// done or overtaken, and each record is one write's, terms and all.
TEST_P(StoreContract, BatchesOfTwoGatewaysOverlap) {
  constexpr std::size_t kIds = 24, kRounds = 15, kWriters = 4;
  std::atomic<std::uint64_t> revision{1};
  std::barrier round_starts(static_cast<std::ptrdiff_t>(kWriters));
  const std::unique_ptr<Store> handles[] = {place->open(), place->open()};
  std::vector<std::thread> writers;
  for (std::size_t writer = 0; writer < kWriters; ++writer) {
    writers.emplace_back([&, writer] {
      std::minstd_rand shuffled(static_cast<unsigned>(writer));
      for (std::size_t round = 0; round < kRounds; ++round) {
        std::vector<Record> records;
        for (std::size_t i = 0; i < kIds; ++i) {
          const std::uint64_t mine = revision++;
          records.push_back(record("id" + std::to_string(i), mine, {term(1, 1, "r" + std::to_string(mine))}));
        }
        std::shuffle(records.begin(), records.end(), shuffled);
        round_starts.arrive_and_wait();
        for (const Status& done : put_all(*handles[writer % 2], records, kAnything)) {
          if (!done) {
            EXPECT_TRUE(fails_with(done, Code::conflict));
          }
        }
      }
    });
  }
  for (std::thread& writer : writers) writer.join();
  EXPECT_EQ(*store->count("diplomas"), kIds);
  EXPECT_EQ(place->ask("select count(*) from record_terms"), static_cast<std::int64_t>(kIds));
  for (std::size_t i = 0; i < kIds; ++i) {
    const Record last = *store->get("diplomas", "id" + std::to_string(i));
    const auto found = store->search("diplomas", {{{term(1, 1, "r" + std::to_string(last.revision))}}}, "", 9);
    EXPECT_EQ(ids_of(found->records), std::vector<std::string>{last.id});
  }
}

}  // namespace
}  // namespace sluis::store
