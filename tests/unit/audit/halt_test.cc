#include <thread>

#include "tests/unit/audit/fixture.h"

namespace sluis::audit {
namespace {

using Kind = tests::BrokenFiles::Kind;
using Lasting = tests::BrokenFiles::Lasting;

struct Fault {
  const char* name;
  Kind kind;
  int error;
};

class HaltTest : public LogTest, public ::testing::WithParamInterface<Fault> {
 protected:
  HaltTest() { config_.files = &files_; }
};

// Many threads append while one operation fails once. Everything acknowledged is there after a restart, nothing is
// acknowledged after the failure, and the log verifies.
TEST_P(HaltTest, HaltsForGoodAndLosesNothingAcknowledged) {
  for (const int after : {0, 1, 7, 40}) {
    std::filesystem::remove_all(config_.folder);
    std::vector<std::vector<std::pair<std::uint64_t, std::uint64_t>>> acknowledged(8);
    {
      const auto log = open();
      ASSERT_NE(log, nullptr);
      // Of a segment in use: one that is prepared ahead is tried again, and halts nothing.
      files_.break_on(GetParam().kind, after, GetParam().error, Lasting::once, ".wal");
      std::vector<std::thread> threads;
      for (std::uint64_t t = 0; t < acknowledged.size(); ++t) {
        threads.emplace_back([&, t] {
          bool refused = false;
          for (std::uint64_t i = 0; i < 5000 && !refused; ++i) {
            const std::uint64_t number = t * 10'000 + i;
            const auto receipt = log->append_and_wait({event_number(number)});
            if (receipt) acknowledged[t].emplace_back(receipt->first, number);
            if (!receipt) {
              EXPECT_EQ(receipt.error().code, Code::audit_halted);
            }
            refused = !receipt;
          }
          EXPECT_TRUE(refused);
        });
      }
      for (std::thread& thread : threads) thread.join();
      EXPECT_TRUE(log->halted());
      EXPECT_EQ(files_.broken(), 1);
      // The disk would work again: it makes no difference.
      EXPECT_EQ(log->append_and_wait({event_number(1)}).error().code, Code::audit_halted);
      std::promise<Code> called;
      log->append({event_number(2)}, [&](Result<Receipt> receipt) { called.set_value(receipt.error().code); });
      EXPECT_EQ(called.get_future().get(), Code::audit_halted);
      EXPECT_TRUE(log->read(0, 10, Log::Payloads::opened));
    }
    files_.break_on(Kind::none, 0, 0);
    const auto log = open();
    ASSERT_NE(log, nullptr);
    EXPECT_FALSE(log->halted());
    for (const auto& of_thread : acknowledged) {
      for (const auto& [index, number] : of_thread) {
        const auto page = log->read(index, 1, Log::Payloads::opened);
        ASSERT_TRUE(page);
        ASSERT_EQ(page->size(), 1U);
        ASSERT_NE(page->front().leaf.find("\"request-" + std::to_string(number) + "\""), std::string::npos);
      }
    }
    EXPECT_TRUE(log->append_and_wait({event_number(3)}));
    const Verification verification = verify();
    EXPECT_TRUE(verification.good()) << explain(verification);
  }
}

INSTANTIATE_TEST_SUITE_P(Faults, HaltTest,
                         ::testing::Values(Fault{"write_eio", Kind::write, EIO},
                                           Fault{"write_enospc", Kind::write, ENOSPC},
                                           Fault{"short_write", Kind::short_write, 0},
                                           Fault{"sync_eio", Kind::sync_data, EIO}),
                         [](const auto& fault) { return std::string(fault.param.name); });

class NextSegmentTest : public LogTest {
 protected:
  NextSegmentTest() {
    config_.files = &files_;
    config_.segment_bytes = kSmallestSegment;
  }

  // Appends until it is refused; gives how many were not.
  std::uint64_t fill(Log& log) {
    for (std::uint64_t i = 0; i < 1000; ++i) {
      const auto receipt = log.append_and_wait({event_number(i)});
      if (receipt) continue;
      EXPECT_EQ(receipt.error().code, Code::audit_halted);
      EXPECT_TRUE(log.halted());
      return i;
    }
    ADD_FAILURE() << "it was never refused";
    return 0;
  }
  void expect_halt_at_the_end_of_a_segment(Kind kind, int error, std::string path_part = {}) {
    std::uint64_t entries = 0;
    {
      const auto log = open();
      ASSERT_NE(log, nullptr);
      ASSERT_TRUE(log->checkpoint());
      files_.break_on(kind, 0, error, Lasting::for_good, std::move(path_part));
      entries = fill(*log);
      EXPECT_GT(entries, 5U);
    }
    files_.break_on(Kind::none, 0, 0);
    {
      const auto log = open();
      ASSERT_NE(log, nullptr);
      expect_entries(*log, entries);
      append(*log, entries, 30);
      expect_entries(*log, entries + 30);
    }
    EXPECT_TRUE(verify().good()) << explain(verify());
  }
};

TEST_F(NextSegmentTest, HaltsWhenItCannotBeAllocated) {
  expect_halt_at_the_end_of_a_segment(Kind::allocate, ENOSPC);
}
TEST_F(NextSegmentTest, HaltsWhenItCannotBeOpened) {
  expect_halt_at_the_end_of_a_segment(Kind::open, EMFILE, std::string(kBlankName));
}
TEST_F(NextSegmentTest, HaltsWhenItCannotBeRenamed) {
  expect_halt_at_the_end_of_a_segment(Kind::rename, EIO, ".wal");
}
TEST_F(NextSegmentTest, HaltsWhenTheFolderCannotBeSynced) {
  expect_halt_at_the_end_of_a_segment(Kind::sync_folder, EIO);
}

TEST_F(NextSegmentTest, IsTriedOnceMoreWhenItIsNeeded) {
  const auto log = open();
  ASSERT_NE(log, nullptr);
  files_.break_on(Kind::allocate, 0, ENOSPC);  // ahead of its use, the file could not be made: then there is room again
  append(*log, 0, 200);
  EXPECT_EQ(files_.broken(), 1);
  expect_entries(*log, 200);
}

// What fails while a log is opened leaves it as it was.
TEST_F(NextSegmentTest, OpensOrSaysWhyNot) {
  for (const Kind kind :
       {Kind::open, Kind::allocate, Kind::write, Kind::short_write, Kind::sync_data, Kind::sync_folder, Kind::rename}) {
    for (int after = 0; after < 4; ++after) {
      std::filesystem::remove_all(config_.folder);
      files_.break_on(kind, after, EIO);
      {
        const auto log = try_open();
        if (!log) {
          EXPECT_EQ(log.error().code, Code::unavailable);
        }
      }
      files_.break_on(Kind::none, 0, 0);
      const auto log = open();
      ASSERT_NE(log, nullptr);
      append(*log, 0, 2);
    }
  }
}

}  // namespace
}  // namespace sluis::audit
