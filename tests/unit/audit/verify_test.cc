#include <cstring>

#include "audit/crc32c.h"
#include "tests/unit/audit/fixture.h"

namespace sluis::audit {
namespace {

using tests::contents_of;
using tests::put_contents;

class VerifyTest : public LogTest {
 protected:
  VerifyTest() { config_.segment_bytes = kSmallestSegment; }

  void make_log(std::uint64_t count) {
    const auto log = open();
    ASSERT_NE(log, nullptr);
    append(*log, 0, count);
  }
  Verification verify_with(const VerifyOptions& options) { return std::move(*verify_folder(config_.folder, options)); }

  // Changes a leaf of the segment that starts with `first` and makes its CRC right again: what an intruder would do.
  void forge_leaf(std::uint64_t first, std::string_view from, std::string_view to) {
    std::string contents = contents_of(segment(first));
    const std::size_t at = contents.find(from);
    ASSERT_NE(at, std::string::npos);
    ASSERT_EQ(from.size(), to.size());
    contents.replace(at, from.size(), to);
    const std::size_t start = contents.rfind(std::string("SLB\xB5"), at) + kBatchHeaderSize;
    const ByteView frame = bytes_of(contents).subspan(start);
    const std::size_t size = std::size_t{frame[2]} << 8U | frame[3];
    Bytes crc;
    append_u32(crc, crc32c(frame.first(size - 4)));
    contents.replace(start + size - 4, 4, sluis::text_of(crc));
    put_contents(segment(first), contents);
  }
};

TEST_F(VerifyTest, PassesLogsOfManySizes) {
  for (const std::uint64_t count : {0U, 1U, 2U, 3U, 100U}) {
    std::filesystem::remove_all(config_.folder);
    make_log(count);
    const Verification verification = verify();
    EXPECT_TRUE(verification.good()) << explain(verification);
    EXPECT_EQ(verification.entries, count);
    EXPECT_EQ(verification.payloads_opened, count);
    EXPECT_EQ(verification.signature, Verification::Signature::good);
    EXPECT_TRUE(count == 0 || verification.root == verification.checkpoint->root);
  }
}

TEST_F(VerifyTest, NeedsNeitherKeysNorSigner) {
  make_log(50);
  const Verification verification = verify_with({});
  EXPECT_TRUE(verification.good()) << explain(verification);
  EXPECT_EQ(verification.signature, Verification::Signature::unchecked);
  EXPECT_EQ(verification.payloads_opened, 0U);
}

TEST_F(VerifyTest, RunsBesideTheGateway) {
  const auto log = open();
  ASSERT_NE(log, nullptr);
  append(*log, 0, 60);
  ASSERT_TRUE(log->checkpoint());
  append(*log, 60, 5);
  const Verification verification = verify();
  EXPECT_TRUE(verification.good()) << explain(verification);
  EXPECT_EQ(verification.entries, 65U);
}

TEST_F(VerifyTest, NamesEveryChangedByte) {
  make_log(3);
  const std::string original = contents_of(segment(0));
  const std::size_t end = written_size();
  for (std::size_t at = kHeaderSize; at < end; at += 3) {
    std::string changed = original;
    changed[at] = static_cast<char>(changed[at] ^ (1 << (at % 8)));
    put_contents(segment(0), changed);
    const Verification verification = verify();
    ASSERT_FALSE(verification.good()) << at;
    ASSERT_EQ(verification.first_bad()->file, segment_name(0));
    ASSERT_LE(verification.first_bad()->offset, at);
  }
}

TEST_F(VerifyTest, FindsAForgedEntryByTheTree) {
  make_log(60);
  const auto firsts = *list_segments(config_.folder);
  ASSERT_GT(firsts.size(), 2U);
  forge_leaf(firsts[1], "\"purpose\":\"application\"", "\"purpose\":\"applicatioN\"");
  VerifyOptions options;
  options.public_key = *signer_.public_key();
  const Verification verification = verify_with(options);
  ASSERT_FALSE(verification.good());
  EXPECT_EQ(verification.first_bad()->file, segment_name(firsts[1]));
  EXPECT_EQ(verification.first_bad()->index, firsts[1]);
  EXPECT_EQ(verification.first_bad()->why, "the segment's entries are not those of the tree");
}

TEST_F(VerifyTest, FindsAForgedEntryInTheLastSegmentByTheCheckpoint) {
  make_log(5);
  forge_leaf(0, "\"purpose\":\"application\"", "\"purpose\":\"applicatioN\"");
  const Verification verification = verify();
  ASSERT_FALSE(verification.good());
  EXPECT_EQ(verification.first_bad()->why, "the log does not match its checkpoint");
}

TEST_F(VerifyTest, FindsALineThatIsNotCanonical) {
  make_log(5);
  forge_leaf(0, "\"count\":1,", "\"count\":1 ");
  const Verification verification = verify();
  ASSERT_FALSE(verification.good());
  EXPECT_EQ(verification.first_bad()->index, 0U);
  EXPECT_EQ(verification.first_bad()->why, "an entry's line is not as the log writes it");
}

TEST_F(VerifyTest, FindsAChangedSidecar) {
  make_log(5);
  std::string contents = contents_of(segment(0));
  // The first entry's sidecar: behind its leaf's end and the four bytes of its length.
  const std::size_t start = kHeaderSize + kBatchHeaderSize;
  const std::size_t at = contents.find("\"}", start) + 2 + 4;
  contents[at + 60] = static_cast<char>(contents[at + 60] ^ 1);
  const std::size_t size =
      static_cast<std::size_t>(bytes_of(contents)[start + 2]) << 8U | bytes_of(contents)[start + 3];
  Bytes crc;
  append_u32(crc, crc32c(bytes_of(contents).subspan(start, size - 4)));
  contents.replace(start + size - 4, 4, sluis::text_of(crc));
  put_contents(segment(0), contents);
  const Verification with_keys = verify();
  ASSERT_FALSE(with_keys.good());
  EXPECT_EQ(with_keys.first_bad()->index, 0U);
  EXPECT_EQ(with_keys.first_bad()->why, "a payload of the log does not open");
  EXPECT_TRUE(verify_with({}).good());  // the tree is over leaves: without keys nothing is to be seen
}

TEST_F(VerifyTest, FindsATruncatedTailAgainstASavedCheckpoint) {
  make_log(20);
  VerifyOptions options;
  options.origin = config_.origin;
  options.public_key = *signer_.public_key();
  options.saved_checkpoint = contents_of(file(kCheckpointName));
  EXPECT_TRUE(verify_with(options).good());
  std::filesystem::remove_all(config_.folder);
  make_log(10);  // a younger log, signed by the same key
  const Verification shorter = verify_with(options);
  ASSERT_FALSE(shorter.good());
  EXPECT_EQ(shorter.first_bad()->why, "the log is shorter than the saved checkpoint");
  std::filesystem::remove_all(config_.folder);
  make_log(30);  // a forked history
  const Verification forked = verify_with(options);
  ASSERT_FALSE(forked.good());
  EXPECT_EQ(forked.first_bad()->why, "the log does not match the saved checkpoint");
}

TEST_F(VerifyTest, FindsAWrongKey) {
  make_log(3);
  tests::MemorySigner other("another key");
  VerifyOptions options;
  options.public_key = *other.public_key();
  const Verification verification = verify_with(options);
  EXPECT_FALSE(verification.good());
  EXPECT_EQ(verification.signature, Verification::Signature::bad);
  tests::MemoryPeriodKeys other_keys("other period keys");
  VerifyOptions with_keys;
  with_keys.keys = &other_keys;
  EXPECT_FALSE(verify_with(with_keys).good());
}

TEST_F(VerifyTest, WarnsOfTimesThatGoBackwards) {
  {
    const auto log = open();
    ASSERT_NE(log, nullptr);
    append(*log, 0, 3);
    Event early = event_number(0);
    early.time_us -= 120ULL * 1'000'000;
    ASSERT_TRUE(log->append_and_wait({early}));
  }
  const Verification verification = verify();
  EXPECT_TRUE(verification.good());
  ASSERT_EQ(verification.findings.size(), 1U);
  EXPECT_EQ(verification.findings.front().weight, Finding::Weight::warning);
  EXPECT_EQ(verification.findings.front().index, 3U);
}

TEST_F(VerifyTest, SaysWhenThereIsNoFolder) {
  EXPECT_FALSE(verify_folder(config_.folder + "/none", {}));
}

}  // namespace
}  // namespace sluis::audit
