#include "audit/leaf.h"
#include "audit/merkle.h"
#include "tests/unit/audit/fixture.h"

namespace sluis::audit {
namespace {

using tests::contents_of;

class CheckpointTest : public LogTest {
 protected:
  Result<Checkpoint> on_disk() {
    return open_checkpoint(contents_of(file(kCheckpointName)), config_.origin, *signer_.public_key());
  }
};

TEST_F(CheckpointTest, CoversWhatIsDurable) {
  const auto log = open();
  ASSERT_NE(log, nullptr);
  append(*log, 0, 7);
  const auto size = log->checkpoint();
  ASSERT_TRUE(size);
  EXPECT_EQ(*size, 7U);
  const auto checkpoint = on_disk();
  ASSERT_TRUE(checkpoint);
  EXPECT_EQ(checkpoint->size, 7U);
  EXPECT_EQ(checkpoint->origin, config_.origin);
  Frontier tree;
  const auto page = log->read(0, 7, Log::Payloads::closed);
  for (const Log::Entry& entry : *page) tree.push(leaf_hash(bytes_of(entry.leaf)));
  EXPECT_EQ(checkpoint->root, tree.root());
  const LogStats stats = log->stats();
  EXPECT_EQ(stats.entries, 7U);
  EXPECT_EQ(stats.checkpoint_size, 7U);
  EXPECT_EQ(stats.root, tree.root());
  EXPECT_EQ(stats.queued_bytes, 0U);
  EXPECT_GT(stats.syncs, 0U);
  EXPECT_GT(stats.checkpoint_time_us, 0U);
}

TEST_F(CheckpointTest, IsSignedByItselfAfterAnEntry) {
  config_.checkpoint_interval_ms = 1;
  const auto log = open();
  ASSERT_NE(log, nullptr);
  append(*log, 0, 3);
  while (log->stats().checkpoint_size < 3) std::this_thread::yield();  // or the suite's limit ends it
  EXPECT_EQ(on_disk()->size, 3U);
}

TEST_F(CheckpointTest, IsSignedWhenTheLogIsClosed) {
  { append(*open(), 0, 4); }
  EXPECT_EQ(on_disk()->size, 4U);
  const auto log = open();
  ASSERT_NE(log, nullptr);
  EXPECT_EQ(log->recovery().checkpoint_size, 4U);
}

TEST_F(CheckpointTest, IsNotSignedAgainForNothing) {
  const auto log = open();
  ASSERT_NE(log, nullptr);
  append(*log, 0, 1);
  ASSERT_TRUE(log->checkpoint());
  const std::uint64_t calls = signer_.calls();
  ASSERT_TRUE(log->checkpoint());
  EXPECT_EQ(signer_.calls(), calls);
}

TEST_F(CheckpointTest, DoesNotHaltTheLogWhereTheSignerFails) {
  const auto log = open();
  ASSERT_NE(log, nullptr);
  append(*log, 0, 2);
  ASSERT_TRUE(log->checkpoint());
  signer_.set_away(true);
  append(*log, 2, 2);
  EXPECT_EQ(log->checkpoint().error().code, Code::unavailable);
  EXPECT_GT(log->stats().checkpoint_failures, 0U);
  signer_.set_away(false);
  signer_.set_wrong(true);
  EXPECT_EQ(log->checkpoint().error().code, Code::corrupt);
  EXPECT_EQ(on_disk()->size, 2U);
  append(*log, 4, 2);
  EXPECT_FALSE(log->halted());
  signer_.set_wrong(false);
  EXPECT_EQ(*log->checkpoint(), 6U);
  EXPECT_EQ(log->stats().checkpoint_failures, 0U);
}

TEST_F(CheckpointTest, DoesNotHaltTheLogWhereItCannotBeWritten) {
  using Kind = tests::BrokenFiles::Kind;
  config_.files = &files_;
  const auto log = open();
  ASSERT_NE(log, nullptr);
  std::uint64_t entries = 0;
  for (const Kind kind : {Kind::rename, Kind::open, Kind::sync_folder}) {
    files_.break_on(kind, 0, EIO, tests::BrokenFiles::Lasting::for_good);
    append(*log, entries, 1);
    EXPECT_EQ(log->checkpoint().error().code, Code::unavailable);
    append(*log, entries + 1, 1);
    EXPECT_FALSE(log->halted());
    entries += 2;
    files_.break_on(Kind::none, 0, 0);
    EXPECT_EQ(*log->checkpoint(), entries);
  }
  EXPECT_EQ(on_disk()->size, entries);
}

}  // namespace
}  // namespace sluis::audit
