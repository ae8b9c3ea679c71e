#include "audit/segment.h"

#include <gtest/gtest.h>

#include "audit/crc32c.h"

namespace sluis::audit {
namespace {

SegmentHeader example_header() {
  SegmentHeader header;
  header.bytes = 1U << 16U;
  header.origin = sha256(bytes_of("sluis.example/gateway-1"));
  for (std::size_t i = 0; i < header.id.size(); ++i) header.id[i] = static_cast<std::uint8_t>(i + 1);
  for (int i = 0; i < 11; ++i) header.before.push(leaf_hash(bytes_of(std::to_string(i))));
  return header;
}

TEST(SegmentHeader, IsReadBack) {
  const SegmentHeader header = example_header();
  const Bytes bytes = encode(header);
  ASSERT_EQ(bytes.size(), kHeaderSize);
  EXPECT_EQ(to_hex(ByteView(bytes).first(20)), "534c55495357414c000000010000000000010000");
  EXPECT_EQ(to_hex(ByteView(bytes).subspan(68, 12)), "000000000000000b00000003");
  const auto parsed = parse_segment_header(bytes);
  ASSERT_TRUE(parsed);
  EXPECT_EQ(parsed->bytes, header.bytes);
  EXPECT_EQ(parsed->origin, header.origin);
  EXPECT_EQ(parsed->id, header.id);
  EXPECT_EQ(parsed->before, header.before);
}

TEST(SegmentHeader, IsRefusedWithAnyByteChangedEvenUnderARightCrc) {
  const Bytes good = encode(example_header());
  for (std::size_t i = 0; i < good.size(); ++i) {
    Bytes changed = good;
    changed[i] ^= 0x10U;
    EXPECT_FALSE(parse_segment_header(changed)) << i;
  }
  const auto with_crc = [&](std::size_t at) {
    Bytes changed = good;
    changed[at] ^= 0x40U;
    changed.resize(kHeaderSize - 4);
    append_u32(changed, crc32c(changed));
    return changed;
  };
  for (const std::size_t at : {0U, 8U, 11U, 68U, 75U, 76U, 79U, 80U + 3U * 32U, 4091U}) {
    EXPECT_FALSE(parse_segment_header(with_crc(at))) << at;
  }
  EXPECT_FALSE(parse_segment_header(ByteView(good).first(kHeaderSize - 1)));
}

TEST(Frames, HaveExactlyTheseBytes) {
  Bytes frames;
  const ByteSpan sidecar = append_frame(frames, "{leaf}", 3);
  sidecar[0] = 0xAA;
  sidecar[2] = 0xCC;
  number_frames(frames, 258);
  const std::string body =
      "00000021"
      "0000000000000102"
      "00000006"
      "7b6c6561667d"
      "00000003"
      "aa00cc";
  Bytes expected = *from_hex(body);
  append_u32(expected, crc32c(expected));
  EXPECT_EQ(to_hex(frames), to_hex(expected));
}

class ScannerTest : public ::testing::Test {
 protected:
  void add_batch(std::uint64_t first, std::uint32_t count) {
    Bytes frames;
    for (std::uint32_t i = 0; i < count; ++i) append_frame(frames, "leaf " + std::to_string(first + i), 40)[7] = 9;
    number_frames(frames, first);
    const BatchHeader header{bytes_.size(), first, count, static_cast<std::uint32_t>(frames.size())};
    const auto start = encode(header, id_);
    bytes_.insert(bytes_.end(), start.begin(), start.end());
    bytes_.insert(bytes_.end(), frames.begin(), frames.end());
    bytes_.insert(bytes_.end(), kBatchTrailer.begin(), kBatchTrailer.end());
  }
  SegmentScanner scanner() const { return {id_, ByteView(bytes_).subspan(kHeaderSize), kHeaderSize, 100}; }

  SegmentId id_ = {1, 2, 3};
  Bytes bytes_ = Bytes(kHeaderSize, 0x55);
};

TEST_F(ScannerTest, WalksBatches) {
  add_batch(100, 3);
  add_batch(103, 1);
  add_batch(104, 2);
  const std::size_t end = bytes_.size();
  bytes_.resize(8192);
  SegmentScanner walk = scanner();
  std::uint64_t expected = 100;
  while (walk.next()) {
    for (const FrameView& frame : walk.frames()) {
      EXPECT_EQ(frame.index, expected);
      EXPECT_EQ(text_of(frame.leaf), "leaf " + std::to_string(expected++));
      EXPECT_EQ(frame.sidecar.size(), 40U);
      EXPECT_EQ(frame.sidecar[7], 9);
    }
  }
  EXPECT_EQ(expected, 106U);
  EXPECT_FALSE(walk.problem());
  EXPECT_EQ(walk.offset(), end);
  EXPECT_EQ(walk.index(), 106U);
  EXPECT_EQ(classify_tail(id_, bytes_, walk).kind, Tail::Kind::clean);
}

TEST_F(ScannerTest, RefusesABatchOfAnotherSegmentOrPlace) {
  add_batch(100, 1);
  SegmentScanner of_another({9}, ByteView(bytes_).subspan(kHeaderSize), kHeaderSize, 100);
  EXPECT_FALSE(of_another.next());
  EXPECT_TRUE(of_another.problem());
  SegmentScanner elsewhere(id_, ByteView(bytes_).subspan(kHeaderSize), kHeaderSize + 1, 100);
  EXPECT_FALSE(elsewhere.next());
  SegmentScanner later(id_, ByteView(bytes_).subspan(kHeaderSize), kHeaderSize, 101);
  EXPECT_FALSE(later.next());
  EXPECT_TRUE(later.contradicts());
}

TEST_F(ScannerTest, TellsStrayBytesBehindTheEndFromDamage) {
  add_batch(100, 1);
  const std::size_t end = bytes_.size();
  bytes_.resize(8192);
  bytes_[end + 1000] = 7;  // a later sector of a write whose first did not arrive
  SegmentScanner walk = scanner();
  ASSERT_TRUE(walk.next());
  ASSERT_FALSE(walk.next());
  const Tail tail = classify_tail(id_, bytes_, walk);
  EXPECT_EQ(tail.kind, Tail::Kind::torn);
  EXPECT_EQ(tail.torn_bytes, 1001U);
}

}  // namespace
}  // namespace sluis::audit
