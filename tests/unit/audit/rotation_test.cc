#include "tests/unit/audit/fixture.h"

namespace sluis::audit {
namespace {

using tests::contents_of;
using tests::put_contents;

class RotationTest : public LogTest {
 protected:
  RotationTest() { config_.segment_bytes = kSmallestSegment; }

  std::vector<std::uint64_t> segments() const { return *list_segments(config_.folder); }
};

TEST_F(RotationTest, SpreadsEntriesOverSegmentsAndFindsThemAgain) {
  {
    const auto log = open();
    ASSERT_NE(log, nullptr);
    append(*log, 0, 150);
    expect_entries(*log, 150);
  }
  EXPECT_GT(segments().size(), 5U);
  const auto log = open();
  ASSERT_NE(log, nullptr);
  EXPECT_EQ(log->recovery().entries, 150U);
  expect_entries(*log, 150);
  append(*log, 150, 50);
  expect_entries(*log, 200);
  const Verification verification = verify();
  EXPECT_TRUE(verification.good()) << explain(verification);
  EXPECT_EQ(verification.entries, 200U);
  EXPECT_EQ(verification.payloads_opened, 200U);
}

TEST_F(RotationTest, KeepsLargeCallsTogether) {
  const auto log = open();
  ASSERT_NE(log, nullptr);
  std::uint64_t next = 0;
  for (std::uint64_t count = 1; count < 14; ++count) {
    const auto receipt = log->append_and_wait(events_from(next, count));
    ASSERT_TRUE(receipt);
    EXPECT_EQ(receipt->first, next);
    next += count;
  }
  expect_entries(*log, next);
}

TEST_F(RotationTest, GoesOnWithOldSegmentsOfAnotherSize) {
  { append(*open(), 0, 60); }
  config_.segment_bytes = 4 * kSmallestSegment;
  { append(*open(), 60, 200); }
  config_.segment_bytes = kSmallestSegment;
  const auto log = open();
  ASSERT_NE(log, nullptr);
  append(*log, 260, 100);
  expect_entries(*log, 360);
  EXPECT_TRUE(verify().good()) << explain(verify());
}

TEST_F(RotationTest, FindsAMissingSegment) {
  { append(*open(), 0, 150); }
  const auto all = segments();
  for (const std::uint64_t first : all) {
    const std::string contents = contents_of(segment(first));
    std::filesystem::remove(segment(first));
    const auto log = try_open();
    const bool under_checkpoint = first != 0 && first != all.back();
    // The checkpoint proves the tree at the last segment's start; that an inner one is there is for verification.
    EXPECT_EQ(static_cast<bool>(log), under_checkpoint) << first;
    EXPECT_FALSE(verify().good()) << first;
    put_contents(segment(first), contents);
  }
}

TEST_F(RotationTest, WalksEverythingBehindTheFirstCheckpoint) {
  {
    const auto log = open();
    signer_.set_away(true);
    append(*log, 0, 150);
  }
  signer_.set_away(false);
  const auto all = segments();
  for (std::size_t i = 0; i < all.size(); ++i) {
    const std::string contents = contents_of(segment(all[i]));
    std::string changed = contents;
    changed[kHeaderSize + 200] = static_cast<char>(changed[kHeaderSize + 200] ^ 4);
    put_contents(segment(all[i]), changed);
    const auto log = try_open();
    ASSERT_FALSE(log);
    EXPECT_EQ(log.error().code, Code::corrupt);
    EXPECT_EQ(damage_.file, segment_name(all[i]));
    EXPECT_EQ(damage_.index, all[i]);
    put_contents(segment(all[i]), contents);
  }
  expect_entries(*open(), 150);
}

TEST_F(RotationTest, RefusesATornTailBeforeTheLastSegment) {
  {
    const auto log = open();
    signer_.set_away(true);
    append(*log, 0, 150);
  }
  signer_.set_away(false);
  const std::uint64_t first = segments()[1];
  std::string contents = contents_of(segment(first));
  const std::size_t end = contents.find_last_not_of('\0') + 1;
  contents[end - 1] = '\0';
  put_contents(segment(first), contents);
  EXPECT_EQ(try_open().error().code, Code::corrupt);
  EXPECT_EQ(damage_.file, segment_name(first));
}

// With a signed tree, a start looks at the last segments alone: damage before them is found when it is read or
// verified.
TEST_F(RotationTest, FindsDamageBeforeTheCheckpointWhenItIsRead) {
  { append(*open(), 0, 150); }
  const auto all = segments();
  std::string contents = contents_of(segment(all[1]));
  contents[kHeaderSize + 200] = static_cast<char>(contents[kHeaderSize + 200] ^ 4);
  put_contents(segment(all[1]), contents);
  const auto log = open();
  ASSERT_NE(log, nullptr);
  EXPECT_EQ(log->read(all[1], 1, Log::Payloads::closed).error().code, Code::corrupt);
  EXPECT_TRUE(log->read(all[2], 1, Log::Payloads::closed));
  const Verification verification = verify();
  ASSERT_NE(verification.first_bad(), nullptr);
  EXPECT_EQ(verification.first_bad()->file, segment_name(all[1]));
  EXPECT_EQ(verification.first_bad()->index, all[1]);
}

// A segment whose header holds another tree than the entries make: the signed root tells.
TEST_F(RotationTest, RefusesAForgedTreeInAHeader) {
  { append(*open(), 0, 150); }
  const std::uint64_t last = segments().back();
  std::string contents = contents_of(segment(last));
  auto header = *parse_segment_header(bytes_of(contents).first(kHeaderSize));
  std::vector<Digest> subtrees(header.before.subtrees().begin(), header.before.subtrees().end());
  subtrees.front()[0] ^= 1U;
  header.before = *Frontier::from(header.first(), subtrees);
  contents.replace(0, kHeaderSize, sluis::text_of(encode(header)));
  put_contents(segment(last), contents);
  const auto log = try_open();
  ASSERT_FALSE(log);
  EXPECT_EQ(damage_.why, "the log does not match its last checkpoint");
}

}  // namespace
}  // namespace sluis::audit
