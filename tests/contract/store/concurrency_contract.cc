// Many threads on one store.
#include <atomic>
#include <barrier>
#include <thread>

#include "tests/contract/store/store_contract.h"

namespace sluis::store {
namespace {

constexpr std::size_t kThreads = 16;

template <typename Work>
void in_threads(const Work& work) {
  std::vector<std::thread> threads;
  for (std::size_t i = 0; i < kThreads; ++i) threads.emplace_back([&work, i] { work(i); });
  for (std::thread& thread : threads) thread.join();
}

TEST_P(StoreContract, OneWriterWinsEachRound) {
  constexpr std::uint64_t kRounds = 20;
  ASSERT_TRUE(succeeds(store->put(record("hot", 1, {term(1, 1, "start")}), kAbsent)));
  std::array<std::atomic<int>, kRounds> winners{};
  std::barrier round_starts(kThreads);
  in_threads([&](std::size_t thread) {
    for (std::uint64_t round = 0; round < kRounds; ++round) {
      round_starts.arrive_and_wait();
      Record mine = record("hot", round + 2, {term(1, 1, "t" + std::to_string(thread)), term(2, 1, "same")});
      mine.open_fields = "{\"by\":" + std::to_string(thread) + "}";
      const auto done = store->put(mine, at(round + 1));
      if (done) ++winners[round];
      if (!done) {
        EXPECT_TRUE(fails_with(done, Code::conflict));
      }
    }
  });
  for (const auto& count : winners) EXPECT_EQ(count, 1);
  const Record last = *store->get("diplomas", "hot");
  EXPECT_EQ(last.revision, kRounds + 1);
  EXPECT_EQ(place->ask("select count(*) from record_terms"), 2);
}

TEST_P(StoreContract, OneCreatorWins) {
  std::atomic<int> winners{0};
  in_threads([&](std::size_t) {
    for (int i = 0; i < 10; ++i) {
      if (store->put(record("new" + std::to_string(i), 1, {term(1, 1, "x")}), kAbsent)) ++winners;
    }
  });
  EXPECT_EQ(winners, 10);
  EXPECT_EQ(store->search("diplomas", {{{term(1, 1, "x")}}}, "", 99)->records.size(), 10U);
}

// The row and its terms always come from one write, whoever wins.
TEST_P(StoreContract, OverwritingAtOnceLeavesOneWhole) {
  std::atomic<std::uint64_t> revision{1};
  in_threads([&](std::size_t thread) {
    for (int i = 0; i < 10; ++i) {
      const std::uint64_t mine = revision++;
      Record one = record("hot", mine, {term(1, 1, "r" + std::to_string(mine)), term(2, 1, std::to_string(thread))});
      const auto done = store->put(one, kAnything);
      if (!done) {
        EXPECT_TRUE(fails_with(done, Code::conflict)) << "only an overtaken write may fail";
      }
      if (i == 5) static_cast<void>(store->remove("diplomas", "hot", kAnything));
    }
  });
  auto last = store->get("diplomas", "hot");
  if (!last) {
    EXPECT_EQ(place->ask("select count(*) from record_terms"), 0);
    return;
  }
  EXPECT_EQ(place->ask("select count(*) from record_terms"), 2);
  auto found = store->search("diplomas", {{{term(1, 1, "r" + std::to_string(last->revision))}}}, "", 9);
  EXPECT_EQ(found->records.size(), 1U);
}

TEST_P(StoreContract, EveryAcknowledgedWriteIsThere) {
  in_threads([&](std::size_t thread) {
    for (int i = 0; i < 25; ++i) {
      const std::string id = std::to_string(thread) + "-" + std::to_string(i);
      EXPECT_TRUE(succeeds(store->put(record(id, 1, {term(1, 1, id)}), kAbsent)));
      EXPECT_TRUE(succeeds(store->get("diplomas", id))) << "read your own writes";
    }
  });
  EXPECT_EQ(*place->open()->count("diplomas"), kThreads * 25);
}

TEST_P(StoreContract, ReadersGoOnWhileAnImportRuns) {
  std::atomic<bool> importing{true};
  std::atomic<std::uint64_t> reads{0};
  ASSERT_TRUE(succeeds(store->put(record("0"), kAbsent)));
  std::thread reader([&] {
    while (importing || reads == 0) {
      auto page = store->scan("diplomas", "", 10'000);
      ASSERT_TRUE(succeeds(page));
      EXPECT_EQ(page->records.size() % 100, 1U) << "half a chunk is seen";
      ++reads;
    }
  });
  ImportState state;
  state.import_id = "i";
  state.collection = "diplomas";
  state.principal = "p";
  for (int chunk = 0; chunk < 20; ++chunk) {
    std::vector<Record> records;
    for (int i = 0; i < 100; ++i) records.push_back(record(std::to_string(chunk) + "/" + std::to_string(i)));
    state.lines_done += 100;
    EXPECT_TRUE(succeeds(store->import_chunk(records, {}, state, state.lines_done - 100)));
  }
  importing = false;
  reader.join();
  EXPECT_GT(reads, 0U);
}

// Two clients that resume one import at once: each line counts once, each record is there once.
TEST_P(StoreContract, TwoImportersNeverBothMoveOn) {
  std::atomic<int> moved{0};
  std::barrier round_starts(kThreads);
  in_threads([&](std::size_t thread) {
    for (std::uint64_t chunk = 0; chunk < 5; ++chunk) {
      round_starts.arrive_and_wait();
      ImportState state;
      state.import_id = "shared";
      state.collection = "diplomas";
      state.principal = "p";
      state.lines_done = chunk + 1;
      const auto id = std::to_string(chunk) + "/" + std::to_string(thread);
      auto done = store->import_chunk({record(id)}, {}, state, chunk);
      if (done) ++moved;
      if (!done) {
        EXPECT_TRUE(fails_with(done, Code::conflict));
      }
    }
  });
  EXPECT_EQ(moved, 5);
  EXPECT_EQ(*store->count("diplomas"), 5U);
}

// Imports of the same ids under different names race for them; all finish and each id is there once.
TEST_P(StoreContract, ImportsOfTheSameIdsRaceWithoutHarm) {
  std::atomic<std::size_t> written{0};
  in_threads([&](std::size_t thread) {
    if (thread >= 4) return;
    std::vector<Record> records;
    for (int i = 0; i < 200; ++i)
      records.push_back(record("r" + std::to_string((i + static_cast<int>(thread) * 50) % 200)));
    ImportState state;
    state.import_id = "import" + std::to_string(thread);
    state.collection = "diplomas";
    state.principal = "p";
    state.lines_done = 200;
    state.records = 200;
    auto done = store->import_chunk(records, {}, state, 0);
    if (!done) {
      EXPECT_TRUE(fails_with(done, Code::unavailable)) << "the bounded retries may run out";
      return;
    }
    written += 200 - done->existing.size();
  });
  EXPECT_EQ(written, 200U);
  EXPECT_EQ(*store->count("diplomas"), 200U);
}

TEST_P(StoreContract, OneKeyUpdateWinsEachRound) {
  Key key;
  key.name = "k";
  key.id[0] = 1;
  key.attributes = "{}";
  key.revision = 1;
  ASSERT_TRUE(succeeds(store->create_key(key)));
  std::atomic<int> winners{0};
  std::barrier round_starts(kThreads);
  in_threads([&](std::size_t) {
    for (std::uint32_t round = 1; round <= 5; ++round) {
      round_starts.arrive_and_wait();
      Key next = key;
      next.revision = round + 1;
      next.versions = {{key.id, round, KeyState::active, 1, 1, bytes("w"), bytes("m")}};
      if (store->update_key(next, round)) ++winners;
    }
  });
  EXPECT_EQ(winners, 5);
  EXPECT_EQ(store->get_key("k")->versions.size(), 5U);
}

}  // namespace
}  // namespace sluis::store
