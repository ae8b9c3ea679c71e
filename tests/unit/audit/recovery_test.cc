#include <cstring>

#include "audit/recovery.h"
#include "tests/unit/audit/fixture.h"

namespace sluis::audit {
namespace {

using tests::contents_of;
using tests::put_contents;

class RecoveryTest : public LogTest {
 protected:
  RecoveryTest() { config_.segment_bytes = kSmallestSegment; }

  // A log of `calls` calls of one entry each, with the checkpoint of its start alone: as if killed before the next was
  // signed.
  void make_log(std::uint64_t calls) {
    {
      const auto log = open();
      ASSERT_NE(log, nullptr);
      first_checkpoint_ = contents_of(file(kCheckpointName));
      signer_.set_away(true);
      ends_.push_back(kHeaderSize);
      for (std::uint64_t i = 0; i < calls; ++i) {
        append(*log, i, 1);
        ends_.push_back(written_size());
      }
    }
    signer_.set_away(false);
    original_ = contents_of(segment(0));
  }
  // How many entries stand whole in the first `size` bytes.
  std::uint64_t whole_entries(std::size_t size) const {
    std::uint64_t count = 0;
    while (count + 1 < ends_.size() && ends_[count + 1] <= size) ++count;
    return count;
  }
  void start_over(const std::string& contents) {
    put_contents(file(kCheckpointName), first_checkpoint_);
    put_contents(segment(0), contents);
  }

  std::vector<std::size_t> ends_;  // of each batch
  std::string original_, first_checkpoint_;
};

TEST_F(RecoveryTest, RefusesEntriesWithoutACheckpoint) {
  make_log(3);
  std::filesystem::remove(file(kCheckpointName));
  const auto log = try_open();
  ASSERT_FALSE(log);
  EXPECT_EQ(log.error().code, Code::corrupt);
  EXPECT_EQ(damage_.file, kCheckpointName);
  EXPECT_FALSE(verify().good());
  EXPECT_EQ(contents_of(segment(0)), original_) << "everything is left as it was";
}

TEST_F(RecoveryTest, SignsALogThatHasNoEntryYet) {
  make_log(0);
  std::filesystem::remove(file(kCheckpointName));
  ASSERT_NE(open(), nullptr);
  EXPECT_TRUE(verify().good()) << explain(verify());
}

TEST_F(RecoveryTest, CutsATornTailAtEveryOffsetAndNothingElse) {
  make_log(3);
  for (std::size_t cut = kHeaderSize; cut <= ends_.back(); ++cut) {
    std::string contents = original_.substr(0, cut);
    contents.resize(original_.size());
    start_over(contents);
    const std::uint64_t whole = whole_entries(cut);
    const auto recovered = recover(config_, system_files(), signer_, damage_);
    ASSERT_TRUE(recovered) << cut;
    ASSERT_EQ(recovered->tree.size(), whole) << cut;
    ASSERT_EQ(recovered->offset, ends_[whole]) << cut;
    const std::size_t torn = contents.find_last_not_of('\0') + 1;
    ASSERT_EQ(recovered->report.torn_bytes, torn > ends_[whole] ? torn - ends_[whole] : 0) << cut;
    std::string expected = original_.substr(0, ends_[whole]);
    expected.resize(original_.size());
    ASSERT_TRUE(contents_of(segment(0)) == expected) << cut;
  }
}

TEST_F(RecoveryTest, GoesOnBehindATailThatWasCut) {
  make_log(3);
  for (std::size_t cut = kHeaderSize; cut <= ends_.back(); cut += 61) {
    std::string contents = original_.substr(0, cut);
    contents.resize(original_.size());
    start_over(contents);
    const std::uint64_t whole = whole_entries(cut);
    const auto log = open();
    ASSERT_NE(log, nullptr) << cut;
    ASSERT_EQ(log->recovery().entries, whole) << cut;
    append(*log, whole, 1);
    expect_entries(*log, whole + 1);
  }
}

TEST_F(RecoveryTest, TakesAFileThatWasCutShortAsZeros) {
  make_log(4);
  for (std::size_t cut = kHeaderSize; cut <= ends_.back(); cut += 97) {
    start_over(original_.substr(0, cut));
    const auto log = open();
    ASSERT_NE(log, nullptr) << cut;
    ASSERT_EQ(log->recovery().entries, whole_entries(cut));
    ASSERT_EQ(contents_of(segment(0)).size(), original_.size());
  }
}

TEST_F(RecoveryTest, CutsALastBatchThatLacksAnySector) {
  make_log(3);
  ASSERT_GT(ends_[3] - ends_[2], kSectorSize);
  for (std::size_t sector = ends_[2] / kSectorSize; sector <= (ends_[3] - 1) / kSectorSize; ++sector) {
    std::string contents = original_;
    const std::size_t from = std::max(ends_[2], sector * kSectorSize);
    const std::size_t to = std::min(ends_[3], (sector + 1) * kSectorSize);
    std::memset(contents.data() + from, 0, to - from);
    start_over(contents);
    const auto log = open();
    ASSERT_NE(log, nullptr) << sector;
    ASSERT_EQ(log->recovery().entries, 2U);
    ASSERT_EQ(written_size(), ends_[2]);
  }
}

TEST_F(RecoveryTest, NamesEveryByteThatWasChangedAndLeavesTheFileAlone) {
  make_log(3);
  for (std::size_t at = 0; at < ends_.back(); ++at) {
    std::string contents = original_;
    contents[at] = static_cast<char>(contents[at] ^ (1 << (at % 8)));
    start_over(contents);
    const auto log = try_open();
    ASSERT_FALSE(log) << at;
    ASSERT_EQ(log.error().code, Code::corrupt) << at;
    ASSERT_EQ(damage_.file, segment_name(0)) << at;
    ASSERT_FALSE(damage_.why.empty());
    ASSERT_LE(damage_.offset, at);
    ASSERT_EQ(damage_.index, whole_entries(at)) << at;
    ASSERT_GE(damage_.offset, at < kHeaderSize ? 0 : ends_[whole_entries(at)]);
    ASSERT_TRUE(contents_of(segment(0)) == contents) << at;
  }
}

TEST_F(RecoveryTest, RefusesZerosInTheMiddle) {
  make_log(4);
  for (std::size_t batch = 0; batch < 3; ++batch) {
    std::string contents = original_;
    std::memset(contents.data() + ends_[batch], 0, ends_[batch + 1] - ends_[batch]);
    start_over(contents);
    const auto log = try_open();
    ASSERT_FALSE(log);
    EXPECT_EQ(log.error().code, Code::corrupt);
    EXPECT_EQ(damage_.offset, ends_[batch]);
    EXPECT_EQ(damage_.index, batch);
    EXPECT_TRUE(contents_of(segment(0)) == contents);
  }
}

TEST_F(RecoveryTest, RefusesBatchesThatAreSwappedOrLeftOut) {
  make_log(4);
  const std::string head = original_.substr(0, ends_[1]);
  const std::string second = original_.substr(ends_[1], ends_[2] - ends_[1]);
  const std::string third = original_.substr(ends_[2], ends_[3] - ends_[2]);
  for (std::string contents : {head + third + second, head + third, head + second + second}) {
    contents.resize(original_.size());
    start_over(contents);
    ASSERT_EQ(try_open().error().code, Code::corrupt);
  }
}

TEST_F(RecoveryTest, RefusesALogShorterThanItsCheckpoint) {
  make_log(5);
  put_contents(segment(0), original_);
  { ASSERT_NE(open(), nullptr); }  // signs a checkpoint over five entries
  const std::string checkpoint = contents_of(file(kCheckpointName));
  ASSERT_NE(checkpoint.find("\n5\n"), std::string::npos);
  for (std::size_t kept = 0; kept < 5; ++kept) {
    std::string contents = original_.substr(0, ends_[kept]);
    contents.resize(original_.size());
    put_contents(segment(0), contents);
    const auto log = try_open();
    ASSERT_FALSE(log);
    EXPECT_EQ(log.error().code, Code::corrupt);
    EXPECT_EQ(damage_.why, "the log is shorter than its last checkpoint");
    EXPECT_EQ(damage_.index, kept);
    EXPECT_TRUE(contents_of(segment(0)) == contents);
  }
  std::filesystem::remove(segment(0));
  EXPECT_EQ(try_open().error().code, Code::corrupt);
  put_contents(segment(0), original_);
  EXPECT_NE(open(), nullptr);
}

TEST_F(RecoveryTest, RefusesAnotherLogsEntriesUnderItsCheckpoint) {
  make_log(5);
  put_contents(segment(0), original_);
  { ASSERT_NE(open(), nullptr); }
  const std::string checkpoint = contents_of(file(kCheckpointName));
  std::filesystem::remove_all(config_.folder);
  ends_.clear();
  make_log(6);  // other salts, so other leaves
  put_contents(file(kCheckpointName), checkpoint);
  const auto log = try_open();
  ASSERT_FALSE(log);
  EXPECT_EQ(log.error().code, Code::corrupt);
  EXPECT_EQ(damage_.why, "the log does not match its last checkpoint");
}

TEST_F(RecoveryTest, RefusesACheckpointThatIsDamagedOrAnothers) {
  make_log(2);
  put_contents(segment(0), original_);
  { ASSERT_NE(open(), nullptr); }
  const std::string checkpoint = contents_of(file(kCheckpointName));
  for (std::size_t at = 0; at < checkpoint.size(); ++at) {
    std::string changed = checkpoint;
    changed[at] = static_cast<char>(changed[at] ^ 1);
    put_contents(file(kCheckpointName), changed);
    ASSERT_EQ(try_open().error().code, Code::corrupt) << at;
    ASSERT_EQ(damage_.file, kCheckpointName);
  }
  put_contents(file(kCheckpointName), checkpoint);
  tests::MemorySigner other("another key");
  EXPECT_EQ(Log::open(config_, keys_, other).error().code, Code::corrupt);
  EXPECT_NE(open(), nullptr);
}

TEST_F(RecoveryTest, RefusesAnotherLogsSegment) {
  make_log(2);
  std::filesystem::remove(file(kCheckpointName));
  config_.origin = "sluis.example/gateway-2";
  EXPECT_EQ(try_open().error().code, Code::corrupt);
  EXPECT_EQ(damage_.why, "the segment is of another log");
}

TEST_F(RecoveryTest, SaysSoWhenTheSignerIsAway) {
  { append(*open(), 0, 2); }
  signer_.set_away(true);
  EXPECT_EQ(try_open().error().code, Code::unavailable);
  signer_.set_away(false);
  expect_entries(*open(), 2);
}

TEST_F(RecoveryTest, ThrowsAwayABlankFileOfBefore) {
  { append(*open(), 0, 2); }
  put_contents(file(kBlankName), "half made");
  put_contents(file(kCheckpointTemporary), "half written");
  { expect_entries(*open(), 2); }
  EXPECT_FALSE(std::filesystem::exists(file(kBlankName)));
}

// After a sync that failed the kernel may hold bytes that look written and are not: the last batch is written again.
TEST_F(RecoveryTest, WritesAndSyncsTheLastBatchAgain) {
  make_log(3);
  config_.files = &files_;
  files_.break_on(tests::BrokenFiles::Kind::sync_data, 0, EIO);
  EXPECT_EQ(try_open().error().code, Code::unavailable);
  EXPECT_EQ(files_.broken(), 1);
  files_.break_on(tests::BrokenFiles::Kind::write, 0, EIO);
  EXPECT_EQ(try_open().error().code, Code::unavailable);
  EXPECT_TRUE(contents_of(segment(0)) == original_);
  expect_entries(*open(), 3);
}

}  // namespace
}  // namespace sluis::audit
