// The bytes of a write-ahead log's segment files. All numbers are big-endian. docs/formats.md, section Audit log.
//   segment: header (4096 bytes), batches, zeros up to the size given by the header
//   batch:   start magic (4) offset (8) first index (8) count (4) length of the frames (4) CRC (4) end magic (4),
//            frames, end magic (4)
//   frame:   length of the frame (4) index (8) leaf length (4) leaf, sidecar length (4) sidecar, CRC (4)
// A batch is what one write and one sync made durable; it is only written once all before its own offset is durable.
// Stateless and thread-safe, but for SegmentScanner: one thread at a time.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "audit/merkle.h"
#include "crypto/bytes.h"
#include "crypto/hash.h"
#include "crypto/result.h"

namespace sluis::audit {

inline constexpr std::size_t kHeaderSize = 4096;
inline constexpr std::size_t kBatchHeaderSize = 36;
inline constexpr std::size_t kBatchTrailerSize = 4;
inline constexpr std::size_t kFrameOverhead = 24;
inline constexpr std::uint64_t kSmallestSegment = 16U << 10U;
inline constexpr std::uint64_t kLargestSegment = 1ULL << 30U;
inline constexpr std::size_t kSectorSize = 512;  // what a device writes whole or not at all

using SegmentId = std::array<std::uint8_t, 16>;

struct SegmentHeader {
  std::uint64_t bytes = 0;  // size of the file
  Digest origin{};          // SHA-256 of the log's origin
  SegmentId id{};           // random
  Frontier before;          // the tree over all entries before this segment: its size is the first index
  std::uint64_t first() const noexcept { return before.size(); }
};
Bytes encode(const SegmentHeader& header);
Result<SegmentHeader> parse_segment_header(ByteView bytes);  // strict; corrupt

struct BatchHeader {
  std::uint64_t offset = 0;  // where it stands in the segment
  std::uint64_t first = 0;
  std::uint32_t count = 0;
  std::uint32_t length = 0;
};
std::array<std::uint8_t, kBatchHeaderSize> encode(const BatchHeader& header, const SegmentId& id);
extern const std::array<std::uint8_t, kBatchTrailerSize> kBatchTrailer;

// Appends a frame with room for the sidecar, the index and the CRC; the span is the sidecar's, valid until `out` grows.
ByteSpan append_frame(Bytes& out, std::string_view leaf, std::size_t sidecar_size);
// Gives frames that stand one after another their indexes, and then their CRCs.
void number_frames(ByteSpan frames, std::uint64_t first) noexcept;

struct FrameView {
  std::uint64_t index;
  std::uint64_t offset;  // in the segment
  ByteView leaf;
  ByteView sidecar;
};

struct Problem {
  std::uint64_t offset = 0;  // in the segment
  std::uint64_t index = 0;   // of the first entry that is bad or missing
  std::string_view why;      // a literal; empty: no problem
  explicit operator bool() const noexcept { return !why.empty(); }
};

// Walks batches from front to back, checking all there is to check. Views point into the bytes given.
class SegmentScanner {
 public:
  // `bytes` stand at `base` in the segment; the next batch is expected at `base` with the entry `index`.
  SegmentScanner(const SegmentId& id, ByteView bytes, std::uint64_t base, std::uint64_t index) noexcept
      : id_(id), bytes_(bytes), base_(base), index_(index) {}

  // The next whole batch. False at the end (zeros, or no more bytes), or at a problem.
  bool next();
  const BatchHeader& batch() const noexcept { return batch_; }
  const std::vector<FrameView>& frames() const noexcept { return frames_; }

  // Where the next batch would stand.
  std::uint64_t offset() const noexcept { return base_ + at_; }
  std::uint64_t index() const noexcept { return index_; }
  const Problem& problem() const noexcept { return problem_; }
  // At a problem: the bytes, from offset(), that the batch there takes as far as its header tells.
  std::uint64_t extent() const noexcept { return extent_; }
  // At a problem: bytes say it that no interrupted write can leave.
  bool contradicts() const noexcept { return contradicts_; }

 private:
  bool read_header();
  bool read_frames();
  bool fail(std::uint64_t at, std::uint64_t index, std::string_view why);
  bool contradict(std::string_view why);

  SegmentId id_;
  ByteView bytes_;
  std::uint64_t base_;
  std::uint64_t index_;
  std::size_t at_ = 0;
  BatchHeader batch_;
  std::vector<FrameView> frames_;
  Problem problem_;
  std::uint64_t extent_ = 0;
  bool contradicts_ = false;
};

// What stands after the last whole batch of a segment.
struct Tail {
  enum class Kind : std::uint8_t { clean, torn, damaged };
  Kind kind = Kind::clean;
  std::uint64_t torn_bytes = 0;  // up to the last byte that is not zero
  Problem problem;               // if torn or damaged
};
// `segment` is the whole file; `scanner` has come to its end. Torn is only what an interrupted write of one batch can
// leave in a zeroed file: a batch without its end, or lacking whole sectors, and no batch behind it. All else is
// damage.
Tail classify_tail(const SegmentId& id, ByteView segment, const SegmentScanner& scanner);

}  // namespace sluis::audit
