// What a rollover asks of the store: sweeping by key version, fenced rewriting, and the floor.
#include <atomic>
#include <thread>

#include "tests/contract/store/store_contract.h"

namespace sluis::store {
namespace {

using namespace std::chrono_literals;

Record sealed_under(std::string_view id, std::uint32_t version, std::uint64_t revision = 1) {
  Record made = record(id, revision, {term(1, version, std::string(id) + "/1"), term(2, version, "common")});
  made.key_version = version;
  made.envelope = bytes("sealed " + std::string(id) + " under " + std::to_string(version));
  return made;
}

std::vector<std::string> found(Store& store, std::uint16_t field, std::uint32_t version, std::string_view text) {
  const auto page = store.search("diplomas", {{{term(field, version, text)}}}, "", 100);
  EXPECT_TRUE(succeeds(page));
  return ids_of(page->records);
}

class RolloverContract : public StoreContract {
 protected:
  void SetUp() override {
    StoreContract::SetUp();
    auto taken = store->take_lease("job/1", "gateway-a", 1min);
    ASSERT_TRUE(succeeds(taken));
    lease = *taken;
  }
  Lease lease;
};

INSTANTIATE_TEST_SUITE_P(Stores, RolloverContract,
                         ::testing::Values(Kind{"sqlite", make_sqlite_place}, Kind{"postgresql", make_postgres_place}),
                         [](const auto& one) { return std::string(one.param.name); });

TEST_P(RolloverContract, ScansByKeyVersion) {
  for (int i = 0; i < 30; ++i) {
    const auto version = static_cast<std::uint32_t>(1 + i % 3);
    ASSERT_TRUE(succeeds(store->put(sealed_under(std::to_string(100 + i), version), kAbsent)));
  }
  const auto old = store->scan_versions("diplomas", 0, 3, "", 100);
  ASSERT_TRUE(succeeds(old));
  EXPECT_EQ(old->records.size(), 20U);
  EXPECT_FALSE(old->more);
  expect_same(old->records[1], sealed_under("101", 2));
  EXPECT_EQ(store->scan_versions("diplomas", 2, 3, "", 100)->records.size(), 10U);
  EXPECT_TRUE(store->scan_versions("diplomas", 4, 9, "", 100)->records.empty());
  EXPECT_TRUE(store->scan_versions("others", 0, 9, "", 100)->records.empty());
  std::size_t seen = 0;
  std::string after;
  for (bool more = true; more;) {
    const auto page = store->scan_versions("diplomas", 2, 4, after, 7);
    ASSERT_TRUE(succeeds(page));
    ASSERT_FALSE(page->records.empty());
    seen += page->records.size();
    after = page->records.back().id;
    more = page->more;
  }
  EXPECT_EQ(seen, 20U);
  EXPECT_TRUE(fails_with(store->scan_versions("diplomas", 0, 9, "", 0), Code::invalid));
}

TEST_P(RolloverContract, PagesAreExactWhereFewOfManyAreOld) {
  const bool sqlite = store->kind() == "sqlite";
  // More rows than one statement of the PostgreSQL store reads, with old ones on both sides of its bounds.
  const std::string numbers = sqlite
                                  ? "(with recursive s(n) as (select 1 union all select n + 1 from s where n < 120000)"
                                    " select n from s)"
                                  : "generate_series(1, 120000) n";
  const std::string id = sqlite ? "printf('%07d', n)" : "lpad(n::text, 7, '0')";
  const std::string old = "case when n in (50000, 50001, 119999) then 1 else 2 end";
  place->run(
      "insert into records (collection, id, revision, key_version, terms, open_fields, envelope) select"
      " 'diplomas', " +
      id + ", 1, " + old + (sqlite ? ", x'', '{}', x'00'" : ", '{}', '{}', '\\x00'") + " from " + numbers);
  const auto first = store->scan_versions("diplomas", 0, 2, "", 2);
  ASSERT_TRUE(succeeds(first));
  EXPECT_EQ(ids_of(first->records), (std::vector<std::string>{"0050000", "0050001"}));
  EXPECT_TRUE(first->more);
  const auto last = store->scan_versions("diplomas", 0, 2, "0050001", 2);
  EXPECT_EQ(ids_of(last->records), (std::vector<std::string>{"0119999"}));
  EXPECT_FALSE(last->more);
  EXPECT_TRUE(store->scan_versions("diplomas", 0, 2, "0119999", 2)->records.empty());
  const std::map<std::uint32_t, std::uint64_t> counts = {{1, 3}, {2, 119'997}};
  EXPECT_EQ(*store->count_versions("diplomas"), counts);
  EXPECT_TRUE(store->count_versions("others")->empty());
}

TEST_P(RolloverContract, RewritesEnvelopeVersionAndTermsAndNothingElse) {
  ASSERT_TRUE(succeeds(store->put(sealed_under("b", 1, 41), kAbsent)));
  ASSERT_TRUE(succeeds(store->put(sealed_under("a", 1, 42), kAbsent)));
  Record b = sealed_under("b", 2, 41), a = sealed_under("a", 2, 42);
  b.open_fields = "{\"not\":\"written\"}";
  const std::vector<Rewrite> both = {{&b, 1}, {&a, 1}};
  const auto overtaken = store->rewrite(lease, both);
  ASSERT_TRUE(succeeds(overtaken));
  EXPECT_TRUE(overtaken->empty());
  b.open_fields = sealed_under("b", 1).open_fields;
  expect_same(*store->get("diplomas", "b"), b);
  expect_same(*store->get("diplomas", "a"), a);
  EXPECT_TRUE(found(*store, 1, 1, "a/1").empty());
  EXPECT_TRUE(found(*store, 2, 1, "common").empty());
  EXPECT_EQ(found(*store, 1, 2, "a/1"), (std::vector<std::string>{"a"}));
  EXPECT_EQ(found(*store, 2, 2, "common"), (std::vector<std::string>{"a", "b"}));
  EXPECT_EQ(place->ask("select count(*) from record_terms"), 4) << "replaced exactly";
  // And the rows know their terms: whoever comes next removes exactly these.
  ASSERT_TRUE(succeeds(store->remove("diplomas", "a", kAnything)));
  Record plain = sealed_under("b", 2, 43);
  plain.terms.clear();
  ASSERT_TRUE(succeeds(store->put(plain, at(41))));
  EXPECT_EQ(place->ask("select count(*) from record_terms"), 0);
}

TEST_P(RolloverContract, TermsThatStayStay) {
  Record before = sealed_under("a", 1);
  before.terms = {term(1, 1, "kept"), term(1, 1, "gone"), term(1, 1, "kept")};
  ASSERT_TRUE(succeeds(store->put(before, kAbsent)));
  Record after = sealed_under("a", 2);
  after.terms = {term(1, 2, "new"), term(1, 1, "kept"), term(1, 2, "new")};
  const Rewrite one{&after, 1};
  ASSERT_TRUE(succeeds(store->rewrite(lease, {&one, 1})));
  EXPECT_EQ(found(*store, 1, 1, "kept").size(), 1U);
  EXPECT_EQ(found(*store, 1, 2, "new").size(), 1U);
  EXPECT_EQ(place->ask("select count(*) from record_terms"), 2);
}

TEST_P(RolloverContract, RecordsWithoutTermsOrEnvelopeAreRewrittenToo) {
  Record empty = record("a");
  empty.envelope.clear();
  ASSERT_TRUE(succeeds(store->put(empty, kAbsent)));
  empty.key_version = 4;
  const Rewrite one{&empty, 3};
  ASSERT_TRUE(store->rewrite(lease, {&one, 1})->empty());
  EXPECT_EQ(store->get("diplomas", "a")->key_version, 4U);
  EXPECT_TRUE(succeeds(store->rewrite(lease, {}))) << "nothing to do";
}

TEST_P(RolloverContract, WhatChangedMeanwhileIsLeftAloneAndTold) {
  for (const char* id : {"changed", "gone", "rewritten", "same"}) {
    ASSERT_TRUE(succeeds(store->put(sealed_under(id, 1), kAbsent)));
  }
  Record changed = sealed_under("changed", 2), gone = sealed_under("gone", 2), same = sealed_under("same", 2);
  Record rewritten = sealed_under("rewritten", 2), never = sealed_under("never", 2);
  ASSERT_TRUE(succeeds(store->put(sealed_under("changed", 1, 2), at(1))));
  ASSERT_TRUE(succeeds(store->remove("diplomas", "gone", kAnything)));
  const Rewrite first{&rewritten, 1};
  ASSERT_TRUE(store->rewrite(lease, {&first, 1})->empty());
  const std::vector<Rewrite> all = {{&same, 1}, {&rewritten, 1}, {&gone, 1}, {&never, 1}, {&changed, 1}};
  const auto overtaken = store->rewrite(lease, all);
  ASSERT_TRUE(succeeds(overtaken));
  EXPECT_EQ(*overtaken, (std::vector<std::size_t>{1, 2, 3, 4}));
  EXPECT_EQ(store->get("diplomas", "same")->key_version, 2U);
  expect_same(*store->get("diplomas", "changed"), sealed_under("changed", 1, 2));
  EXPECT_TRUE(fails_with(store->get("diplomas", "gone"), Code::not_found));
  EXPECT_EQ(found(*store, 2, 1, "common"), (std::vector<std::string>{"changed"}));
  EXPECT_EQ(found(*store, 2, 2, "common"), (std::vector<std::string>{"rewritten", "same"}));
}

TEST_P(RolloverContract, AFrozenHolderIsFenced) {
  ASSERT_TRUE(succeeds(store->put(sealed_under("a", 1), kAbsent)));
  const Record next = sealed_under("a", 2);
  const Rewrite one{&next, 1};
  place->run("update leases set ends_us = 1");  // while it is frozen
  EXPECT_TRUE(fails_with(store->rewrite(lease, {&one, 1}), Code::conflict)) << "ended";
  EXPECT_TRUE(fails_with(store->rewrite(lease, {}), Code::conflict));
  const auto other = place->open();
  const auto theirs = other->take_lease("job/1", "gateway-b", 1min);
  ASSERT_TRUE(succeeds(theirs));
  EXPECT_TRUE(fails_with(store->rewrite(lease, {&one, 1}), Code::conflict)) << "taken by another";
  ASSERT_TRUE(succeeds(other->drop_lease(*theirs)));
  const auto again = store->take_lease("job/1", "gateway-a", 1min);
  ASSERT_TRUE(succeeds(again));
  EXPECT_TRUE(fails_with(store->rewrite(lease, {&one, 1}), Code::conflict)) << "its own of another time";
  EXPECT_TRUE(fails_with(store->rewrite({"job/2", "gateway-a", 1}, {&one, 1}), Code::conflict)) << "never taken";
  expect_same(*store->get("diplomas", "a"), sealed_under("a", 1));
  EXPECT_EQ(place->ask("select count(*) from record_terms"), 2);
  EXPECT_TRUE(succeeds(store->rewrite(*again, {&one, 1})));
}

TEST_P(RolloverContract, RewritesThatCannotBeAreRefused) {
  const Record a = sealed_under("a", 2);
  Record other = sealed_under("b", 2);
  other.collection = "others";
  const std::vector<Rewrite> mixed = {{&a, 1}, {&other, 1}};
  EXPECT_TRUE(fails_with(store->rewrite(lease, mixed), Code::invalid));
  const std::vector<Rewrite> twice = {{&a, 1}, {&a, 1}};
  EXPECT_TRUE(fails_with(store->rewrite(lease, twice), Code::invalid));
  const Rewrite back{&a, 2};
  EXPECT_TRUE(fails_with(store->rewrite(lease, {&back, 1}), Code::invalid));
  const std::vector<Rewrite> many(kMaxRewrites + 1, Rewrite{&a, 1});
  EXPECT_TRUE(fails_with(store->rewrite(lease, many), Code::too_large));
}

TEST_P(RolloverContract, NothingIsStoredBelowTheFloor) {
  ASSERT_TRUE(succeeds(store->put(sealed_under("old", 1), kAbsent)));
  const auto other = place->open();
  ASSERT_TRUE(succeeds(store->raise_floor("diplomas", 2)));
  for (const Expected& expected : {kAbsent, kAnything}) {
    EXPECT_TRUE(fails_with(other->put(sealed_under("new", 1), expected), Code::busy));
  }
  Record plain = sealed_under("new", 1);
  plain.terms.clear();
  EXPECT_TRUE(fails_with(other->put(plain, kAbsent), Code::busy));
  EXPECT_TRUE(fails_with(other->put(sealed_under("old", 1, 2), at(1)), Code::busy));
  EXPECT_TRUE(fails_with(other->put(sealed_under("old", 1, 2), kAnything), Code::busy));
  const ImportState after{"import", "diplomas", "writer", 1, 1, 0, false, 1};
  EXPECT_TRUE(
      fails_with(other->import_chunk({sealed_under("new", 2), sealed_under("late", 1)}, {}, after, 0), Code::busy));
  expect_same(*store->get("diplomas", "old"), sealed_under("old", 1));
  EXPECT_EQ(*store->count("diplomas"), 1U);
  EXPECT_EQ(place->ask("select count(*) from record_terms"), 2);
  EXPECT_TRUE(succeeds(other->put(sealed_under("new", 2), kAbsent)));
  EXPECT_TRUE(succeeds(other->put(sealed_under("old", 2, 2), at(1))));
  EXPECT_TRUE(succeeds(other->import_chunk({sealed_under("late", 3)}, {}, after, 0)));
  EXPECT_TRUE(succeeds(other->remove("diplomas", "old", kAnything)));
}

TEST_P(RolloverContract, ThePutsOfABatchMeetTheFloorEachForItself) {
  ASSERT_TRUE(succeeds(store->put(sealed_under("there", 2), kAbsent)));
  ASSERT_TRUE(succeeds(store->raise_floor("diplomas", 2)));
  const std::vector<Record> records = {sealed_under("a", 2), sealed_under("b", 1), sealed_under("c", 3),
                                       sealed_under("there", 1, 2), sealed_under("d", 2)};
  std::vector<Put> puts;
  for (const Record& one : records) puts.push_back({&one, kAnything});
  const auto done = store->put_many(puts);
  EXPECT_TRUE(succeeds(done[0]));
  EXPECT_TRUE(fails_with(done[1], Code::busy));
  EXPECT_TRUE(succeeds(done[2]));
  EXPECT_TRUE(fails_with(done[3], Code::busy));
  EXPECT_TRUE(succeeds(done[4]));
  EXPECT_EQ(*store->count("diplomas"), 4U);
}

TEST_P(RolloverContract, TheFloorIsACollectionsOwnAndNeverGoesDown) {
  ASSERT_TRUE(succeeds(store->raise_floor("diplomas", 5)));
  ASSERT_TRUE(succeeds(store->raise_floor("diplomas", 2)));
  ASSERT_TRUE(succeeds(store->raise_floor("diplomas", 5)));
  EXPECT_TRUE(fails_with(store->put(sealed_under("a", 4), kAbsent), Code::busy));
  Record other = sealed_under("a", 1);
  other.collection = "others";
  EXPECT_TRUE(succeeds(store->put(other, kAbsent)));
  EXPECT_TRUE(fails_with(store->raise_floor("", 5), Code::invalid));
  EXPECT_TRUE(fails_with(store->raise_floor("diplomas", 0x80000000U), Code::invalid));
}

// Writers that know nothing of it, and a floor that is raised amid them: what is counted once it has returned is all
// that will ever be below it.
TEST_P(RolloverContract, NoWriteUnderWayComesInBelowARaisedFloor) {
  // In SQLite, where a file has one gateway, they share its writer.
  std::vector<std::shared_ptr<Store>> stores;
  for (int i = 0; i < 4; ++i) {
    stores.push_back(store->local() ? std::shared_ptr<Store>(store.get(), [](Store*) {}) : place->open());
  }
  std::atomic<bool> refused{false};
  std::atomic<int> stored{0};
  std::vector<std::thread> writers;
  for (std::size_t t = 0; t < stores.size(); ++t) {
    writers.emplace_back([&, t] {
      for (int i = 0; i < 20000; ++i) {
        const std::string id = std::to_string(t) + "-" + std::to_string(i);
        const Record one = sealed_under(id, 1), two = sealed_under(id + "x", 1);
        const std::vector<Put> puts = {{&one, kAbsent}, {&two, kAnything}};
        const auto done = stores[t]->put_many(puts);
        for (const Status& each : done) {
          if (each) ++stored;
          EXPECT_TRUE(each || fails_with(each, Code::busy));
          if (!each) refused = true;
        }
        if (!done[0]) return;
      }
    });
  }
  while (stored < 40) std::this_thread::yield();
  EXPECT_TRUE(succeeds(store->raise_floor("diplomas", 2)));
  const auto counted = store->count_versions("diplomas");
  for (std::thread& writer : writers) writer.join();
  EXPECT_TRUE(refused);
  EXPECT_EQ(*store->count_versions("diplomas"), *counted);
  EXPECT_EQ(counted->at(1), static_cast<std::uint64_t>(stored));
}

// A sweep among writers, deleters and searchers: nothing is lost, nothing old comes back, no search misses a record.
TEST_P(RolloverContract, ASweepAmongWritersLosesNothing) {
  constexpr int kRecords = 150;
  for (int i = 0; i < kRecords; ++i) ASSERT_TRUE(succeeds(store->put(sealed_under(std::to_string(i), 1), kAbsent)));
  std::atomic<bool> stop{false};
  std::vector<std::uint64_t> revisions(kRecords, 1);
  std::vector<std::thread> threads;
  for (int t = 0; t < 2; ++t) {
    threads.emplace_back([&, t, mine = place->open()] {
      for (int round = 0; !stop || round < 3; ++round) {
        for (int i = t; i < kRecords; i += 6) {
          auto& revision = revisions[static_cast<std::size_t>(i)];
          const Record next = sealed_under(std::to_string(i), 1, revision + 1);
          const auto done = mine->put(next, at(revision));
          EXPECT_TRUE(done || fails_with(done, Code::busy));  // below the floor, once there is one
          if (done) ++revision;
          const Record newer = sealed_under(std::to_string(i), 2, revision + 1);
          EXPECT_TRUE(succeeds(mine->put(newer, at(revision))));
          ++revision;
        }
      }
    });
  }
  threads.emplace_back([&, mine = place->open()] {
    while (!stop) {
      const auto page = mine->search("diplomas", {{{term(2, 1, "common"), term(2, 2, "common")}}}, "", 1000);
      EXPECT_TRUE(succeeds(page));
      EXPECT_EQ(page->records.size(), static_cast<std::size_t>(kRecords));
    }
  });
  ASSERT_TRUE(succeeds(store->raise_floor("diplomas", 2)));
  for (bool left = true; left;) {
    const auto page = store->scan_versions("diplomas", 0, 2, "", 20);
    ASSERT_TRUE(succeeds(page));
    std::vector<Record> next;
    std::vector<Rewrite> rewrites;
    for (const Record& one : page->records) next.push_back(sealed_under(one.id, 2, one.revision));
    for (const Record& one : next) rewrites.push_back({&one, 1});
    EXPECT_TRUE(succeeds(store->rewrite(lease, rewrites)));
    left = !page->records.empty();
  }
  stop = true;
  for (std::thread& thread : threads) thread.join();
  const std::map<std::uint32_t, std::uint64_t> counts = {{2, kRecords}};
  EXPECT_EQ(*store->count_versions("diplomas"), counts);
  EXPECT_EQ(place->ask("select count(*) from record_terms"), 2 * kRecords);
  for (int i = 0; i < kRecords; ++i) {
    const std::string id = std::to_string(i);
    EXPECT_EQ(store->get("diplomas", id)->revision, revisions[static_cast<std::size_t>(i)]);
    EXPECT_EQ(found(*store, 1, 2, id + "/1"), (std::vector<std::string>{id}));
  }
}

}  // namespace
}  // namespace sluis::store
