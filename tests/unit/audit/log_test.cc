#include <sys/stat.h>

#include <boost/json.hpp>
#include <future>
#include <thread>

#include "audit/leaf.h"
#include "tests/unit/audit/fixture.h"

namespace sluis::audit {
namespace {

mode_t mode_of(const std::filesystem::path& path) {
  struct stat about {};
  EXPECT_EQ(::stat(path.c_str(), &about), 0);
  return about.st_mode & 07777U;
}

TEST_F(LogTest, WhatIsAppendedSoonBecomesOneSyncAtTheStart) {
  const auto log = open();
  ASSERT_NE(log, nullptr);
  const std::uint64_t syncs = log->stats().syncs;
  std::vector<std::promise<std::uint64_t>> promised(20);
  for (std::uint64_t i = 0; i < promised.size(); ++i) {
    log->append_soon({event_number(i)}, [&, i](Result<Receipt> receipt) { promised[i].set_value(receipt->first); });
  }
  EXPECT_EQ(log->size(), 0U);
  log->start();
  for (std::uint64_t i = 0; i < promised.size(); ++i) EXPECT_EQ(promised[i].get_future().get(), i);
  EXPECT_EQ(log->stats().syncs, syncs + 1);
  log->start();  // with nothing queued
  expect_entries(*log, promised.size());
}

TEST_F(LogTest, WhatIsAppendedSoonGoesWithWhatIsAppendedNow) {
  const auto log = open();
  ASSERT_NE(log, nullptr);
  std::promise<std::uint64_t> soon;
  log->append_soon({event_number(0)}, [&](Result<Receipt> receipt) { soon.set_value(receipt->first); });
  EXPECT_EQ(log->append_and_wait({event_number(1)})->first, 1U);
  EXPECT_EQ(soon.get_future().get(), 0U);
}

TEST_F(LogTest, WhatIsAppendedSoonIsWrittenWhenTheLogCloses) {
  bool written = false;
  {
    const auto log = open();
    ASSERT_NE(log, nullptr);
    log->append_soon({event_number(0)}, [&](Result<Receipt> receipt) { written = static_cast<bool>(receipt); });
  }
  EXPECT_TRUE(written);
  expect_entries(*open(), 1);
}

TEST_F(LogTest, KeepsEntriesInOrderWithTheirPayloads) {
  const auto log = open();
  ASSERT_NE(log, nullptr);
  append(*log, 0, 20);
  const auto receipt = log->append_and_wait(events_from(20, 30));
  ASSERT_TRUE(receipt);
  EXPECT_EQ(receipt->first, 20U);
  EXPECT_EQ(receipt->count, 30U);
  expect_entries(*log, 50);
}

TEST_F(LogTest, GoesOnWhereItStoppedAfterARestart) {
  for (std::uint64_t round = 0; round < 5; ++round) {
    const auto log = open();
    ASSERT_NE(log, nullptr);
    EXPECT_EQ(log->recovery().entries, round * 10);
    EXPECT_EQ(log->recovery().torn_bytes, 0U);
    append(*log, round * 10, 10);
    expect_entries(*log, round * 10 + 10);
  }
  EXPECT_TRUE(verify().good()) << explain(verify());
}

TEST_F(LogTest, ReadsPages) {
  const auto log = open();
  ASSERT_NE(log, nullptr);
  ASSERT_TRUE(log->append_and_wait(events_from(0, 40)));
  append(*log, 40, 10);
  EXPECT_EQ(log->read(0, 7, Log::Payloads::closed)->size(), 7U);
  EXPECT_EQ(log->read(0, 0, Log::Payloads::closed)->size(), 0U);
  EXPECT_EQ(log->read(45, 100, Log::Payloads::closed)->size(), 5U);
  EXPECT_TRUE(log->read(50, 100, Log::Payloads::closed)->empty());
  EXPECT_TRUE(log->read(UINT64_MAX, SIZE_MAX, Log::Payloads::closed)->empty());
  for (std::uint64_t i = 0; i < 50; ++i) {
    const auto page = log->read(i, 1, Log::Payloads::closed);
    ASSERT_TRUE(page);
    ASSERT_EQ(page->size(), 1U);
    EXPECT_EQ(page->front().index, i);
    EXPECT_TRUE(page->front().payload.empty());
  }
}

TEST_F(LogTest, WritesWhatAnotherReaderOfJsonUnderstands) {
  const auto log = open();
  ASSERT_NE(log, nullptr);
  Event event = event_number(0);
  event.principal = "\"prin\\cipal\"\n\xff";
  event.payload.detail = "\"detail\"\t\x01";
  event.payload.written = {{"RECORDMARK-9", 4, sha256(bytes_of("envelope"))}};
  std::vector<Event> events;
  events.push_back(event);
  ASSERT_TRUE(log->append_and_wait(std::move(events)));
  const auto page = log->read(0, 1, Log::Payloads::opened);
  ASSERT_TRUE(page);
  const auto leaf = boost::json::parse(page->front().leaf);
  EXPECT_EQ(leaf.at("principal").as_string(), "\"prin\\cipal\"\n\uFFFD");
  EXPECT_EQ(leaf.at("gateway").as_string(), "gateway-1");
  const auto payload = boost::json::parse(boost::json::string_view(page->front().payload.expose_text()));
  EXPECT_EQ(payload.at("detail").as_string(), event.payload.detail);
  EXPECT_EQ(payload.at("written").at(0).at("digest").as_string(), to_hex(sha256(bytes_of("envelope"))));
  const SecretKey pseudonym_key = *keys_.pseudonym_key("2026-11");
  EXPECT_EQ(payload.at("subject").as_string(),
            to_hex(hmac_sha256(pseudonym_key.expose_secret(), {bytes_of("SUBJECTMARK-0")})));
}

TEST_F(LogTest, SetsTheTimeWhereTheCallerLeavesIt) {
  const auto log = open();
  ASSERT_NE(log, nullptr);
  Event event = event_number(0);
  event.time_us = 0;
  ASSERT_TRUE(log->append_and_wait({event}));
  const auto leaf = parse_leaf(log->read(0, 1, Log::Payloads::closed)->front().leaf);
  ASSERT_TRUE(leaf);
  EXPECT_GT(leaf->event.time_us, 1'700'000'000'000'000U);
}

TEST_F(LogTest, HasNoPersonalDataInItsFiles) {
  {
    const auto log = open();
    ASSERT_NE(log, nullptr);
    append(*log, 0, 100);
  }
  std::size_t bytes = 0;
  const SecretKey pseudonym_key = *keys_.pseudonym_key("2026-11");
  const std::string pseudonym = to_hex(hmac_sha256(pseudonym_key.expose_secret(), {bytes_of("SUBJECTMARK-7")}));
  for (const auto& entry : std::filesystem::recursive_directory_iterator(config_.folder)) {
    if (entry.is_directory()) continue;
    const std::string contents = tests::contents_of(entry.path());
    bytes += contents.size();
    EXPECT_EQ(contents.find("MARK"), std::string::npos) << entry.path();
    EXPECT_EQ(contents.find(pseudonym), std::string::npos) << entry.path();
  }
  EXPECT_GE(bytes, config_.segment_bytes);
}

TEST_F(LogTest, IsForItsOwnerAlone) {
  const auto log = open();
  ASSERT_NE(log, nullptr);
  append(*log, 0, 1);
  ASSERT_TRUE(log->checkpoint());
  EXPECT_EQ(mode_of(config_.folder), 0700U);
  ASSERT_TRUE(log->publish(0));
  for (const auto& entry : std::filesystem::recursive_directory_iterator(config_.folder)) {
    EXPECT_EQ(mode_of(entry.path()), entry.is_directory() ? 0700U : 0600U) << entry.path();
  }
}

TEST_F(LogTest, HasOneWriter) {
  auto log = open();
  ASSERT_NE(log, nullptr);
  const auto second = try_open();
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().code, Code::conflict);
  append(*log, 0, 1);
  log.reset();
  EXPECT_TRUE(try_open());
}

TEST_F(LogTest, RefusesABadConfiguration) {
  const LogConfig good = config_;
  config_.origin = "with space";
  EXPECT_EQ(try_open().error().code, Code::invalid);
  config_ = good;
  config_.segment_bytes = 1000;
  EXPECT_EQ(try_open().error().code, Code::invalid);
  config_ = good;
  config_.folder = "";
  EXPECT_EQ(try_open().error().code, Code::invalid);
  config_ = good;
  config_.folder = "/proc/none/log";
  EXPECT_EQ(try_open().error().code, Code::unavailable);
}

TEST_F(LogTest, RefusesWhatDoesNotFit) {
  const auto log = open();
  ASSERT_NE(log, nullptr);
  EXPECT_EQ(log->append_and_wait({}).error().code, Code::invalid);
  EXPECT_EQ(log->append_and_wait(events_from(0, 500)).error().code, Code::too_large);
  Event long_line = event_number(0);
  long_line.principal.assign(70'000, 'p');
  EXPECT_EQ(log->append_and_wait({long_line}).error().code, Code::too_large);
  Event late = event_number(0);
  late.time_us = UINT64_MAX;
  EXPECT_EQ(log->append_and_wait({late}).error().code, Code::invalid);
  append(*log, 0, 3);
  expect_entries(*log, 3);
}

TEST_F(LogTest, SaysWhenItIsBusy) {
  config_.queue_bytes = 1;
  const auto log = open();
  ASSERT_NE(log, nullptr);
  std::promise<void> entered;
  std::promise<void> leave;
  log->append({event_number(0)}, [&](const Result<Receipt>&) {
    entered.set_value();
    leave.get_future().wait();
  });
  entered.get_future().wait();  // the writer is in the callback, so what comes now stays queued
  std::promise<bool> second;
  log->append({event_number(1)}, [&](Result<Receipt> receipt) { second.set_value(static_cast<bool>(receipt)); });
  const auto third = log->append_and_wait({event_number(2)});
  ASSERT_FALSE(third);
  EXPECT_EQ(third.error().code, Code::busy);
  leave.set_value();
  EXPECT_TRUE(second.get_future().get());
}

TEST_F(LogTest, FailsWithoutThePeriodsKeysAndHeals) {
  const auto log = open();
  ASSERT_NE(log, nullptr);
  Event far = event_number(0);  // in a period whose keys nobody has fetched
  far.time_us += 3'653ULL * 86'400 * 1'000'000;
  keys_.set_away(true);
  const auto refused = log->append_and_wait({far});
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, Code::unavailable);
  EXPECT_FALSE(log->halted());
  keys_.set_away(false);
  EXPECT_TRUE(log->append_and_wait({far}));
  keys_.set_away(true);
  EXPECT_TRUE(log->append_and_wait({far}));  // the keys are kept
}

TEST_F(LogTest, LeavesPayloadsOfDestroyedPeriodsEmpty) {
  {
    const auto log = open();
    ASSERT_NE(log, nullptr);
    append(*log, 0, 3);
  }
  keys_.destroy("2026-11");
  const auto log = open();
  ASSERT_NE(log, nullptr);
  const auto page = log->read(0, 3, Log::Payloads::opened);
  ASSERT_TRUE(page);
  for (const Log::Entry& entry : *page) EXPECT_TRUE(entry.payload.empty());
  const Verification verification = verify();
  EXPECT_TRUE(verification.good()) << explain(verification);
  EXPECT_EQ(verification.payloads_expired, 3U);
}

TEST_F(LogTest, CompletesWhatIsQueuedWhenItIsClosed) {
  std::atomic<int> done = 0;
  {
    const auto log = open();
    ASSERT_NE(log, nullptr);
    for (std::uint64_t i = 0; i < 50; ++i) {
      log->append({event_number(i)}, [&](Result<Receipt> receipt) { done += receipt ? 1 : 1000; });
    }
  }
  EXPECT_EQ(done, 50);
  expect_entries(*open(), 50);
}

TEST_F(LogTest, GivesUniqueReceiptsInARowToManyThreads) {
  config_.segment_bytes = 256U << 10U;  // so that segments change too
  constexpr std::uint64_t kThreads = 32;
  constexpr std::uint64_t kCalls = 20;
  std::vector<std::vector<std::pair<std::uint64_t, std::uint64_t>>> given(kThreads);  // index, event's number
  {
    const auto log = open();
    ASSERT_NE(log, nullptr);
    std::vector<std::thread> threads;
    for (std::uint64_t t = 0; t < kThreads; ++t) {
      threads.emplace_back([&, t] {
        for (std::uint64_t i = 0; i < kCalls; ++i) {
          const std::uint64_t number = (t * kCalls + i) * 4;
          const std::uint64_t count = i % 4 + 1;
          const auto receipt = log->append_and_wait(events_from(number, count));
          if (!receipt || receipt->count != count) continue;
          for (std::uint64_t k = 0; k < count; ++k) given[t].emplace_back(receipt->first + k, number + k);
        }
      });
    }
    for (std::thread& thread : threads) thread.join();
  }
  constexpr std::uint64_t kEntries = kThreads * kCalls * 10 / 4;
  std::vector<std::uint64_t> numbers(kEntries, UINT64_MAX);
  for (const auto& of_thread : given) {
    for (const auto& [index, number] : of_thread) {
      ASSERT_LT(index, kEntries);
      ASSERT_EQ(numbers[index], UINT64_MAX) << "an index was given twice";
      numbers[index] = number;
    }
  }
  const auto log = open();
  ASSERT_NE(log, nullptr);
  ASSERT_EQ(log->size(), kEntries);
  for (std::uint64_t next = 0; next < kEntries;) {
    const auto page = log->read(next, 500, Log::Payloads::opened);
    ASSERT_TRUE(page) << page.error().what.view();
    for (const Log::Entry& entry : *page) {
      const std::string request = "\"request-" + std::to_string(numbers[next++]) + "\"";
      ASSERT_NE(entry.leaf.find(request), std::string::npos) << entry.leaf << " " << request;
    }
  }
  EXPECT_TRUE(verify().good()) << explain(verify());
}

TEST_F(LogTest, IsReadWhileItGrows) {
  const auto log = open();
  ASSERT_NE(log, nullptr);
  std::atomic<bool> stop = false;
  std::thread reader([&] {
    while (!stop) {
      std::this_thread::yield();
      const std::uint64_t size = log->size();
      for (std::uint64_t next = 0; next < size;) {
        const auto page = log->read(next, 64, Log::Payloads::opened);
        ASSERT_TRUE(page) << page.error().what.view();
        ASSERT_FALSE(page->empty());
        next += page->size();
      }
    }
  });
  append(*log, 0, 150);
  stop = true;
  reader.join();
  expect_entries(*log, 150);
}

}  // namespace
}  // namespace sluis::audit
