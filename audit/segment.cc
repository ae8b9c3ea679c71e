#include "audit/segment.h"

#include <algorithm>
#include <cstring>

#include "audit/crc32c.h"

namespace sluis::audit {

const std::array<std::uint8_t, kBatchTrailerSize> kBatchTrailer = {'S', 'L', 'B', 0xE5};

namespace {

constexpr std::array<std::uint8_t, 8> kSegmentMagic = {'S', 'L', 'U', 'I', 'S', 'W', 'A', 'L'};
constexpr std::array<std::uint8_t, 4> kBatchMagic = {'S', 'L', 'B', 0xB5};
constexpr std::uint32_t kSegmentVersion = 1;
constexpr std::size_t kHeaderCrcAt = kHeaderSize - 4;

std::uint32_t load_u32(ByteView from) noexcept {
  return static_cast<std::uint32_t>(from[0]) << 24U | static_cast<std::uint32_t>(from[1]) << 16U |
         static_cast<std::uint32_t>(from[2]) << 8U | from[3];
}
std::uint64_t load_u64(ByteView from) noexcept {
  return static_cast<std::uint64_t>(load_u32(from)) << 32U | load_u32(from.subspan(4));
}
void store_u32(ByteSpan to, std::uint32_t value) noexcept {
  for (std::size_t i = 4; i > 0; --i, value >>= 8U) to[i - 1] = static_cast<std::uint8_t>(value);
}
void store_u64(ByteSpan to, std::uint64_t value) noexcept {
  store_u32(to, static_cast<std::uint32_t>(value >> 32U));
  store_u32(to.subspan(4), static_cast<std::uint32_t>(value));
}

bool equal(ByteView a, ByteView b) noexcept {
  return std::equal(a.begin(), a.end(), b.begin(), b.end());
}

bool all_zero(ByteView bytes) noexcept {
  return std::all_of(bytes.begin(), bytes.end(), [](std::uint8_t byte) { return byte == 0; });
}

// The header's own CRC, which also binds it to its segment.
std::uint32_t batch_crc(ByteView header, const SegmentId& id) noexcept {
  return crc32c(header.first(28), crc32c(id));
}

struct Decoded {
  bool genuine = false;  // magic numbers, CRC and the offset fit: nobody but the writer put it here
  BatchHeader header;
};
Decoded decode_batch_header(ByteView bytes, std::uint64_t offset, const SegmentId& id) noexcept {
  const bool framed = equal(bytes.first(4), kBatchMagic) && equal(bytes.subspan(32, 4), kBatchTrailer);
  if (!framed || load_u32(bytes.subspan(28)) != batch_crc(bytes, id)) return {};
  const BatchHeader header = {load_u64(bytes.subspan(4)), load_u64(bytes.subspan(12)), load_u32(bytes.subspan(20)),
                              load_u32(bytes.subspan(24))};
  return {header.offset == offset, header};
}

// A batch that was written behind `from` proves that all before it had become durable.
bool has_batch_behind(const SegmentId& id, ByteView segment, std::uint64_t from) noexcept {
  auto at = segment.begin() + static_cast<std::ptrdiff_t>(std::min<std::uint64_t>(from, segment.size()));
  while (true) {
    at = std::search(at, segment.end(), kBatchMagic.begin(), kBatchMagic.end());
    const auto offset = static_cast<std::size_t>(at - segment.begin());
    if (segment.size() - offset < kBatchHeaderSize) return false;
    if (decode_batch_header(segment.subspan(offset, kBatchHeaderSize), offset, id).genuine) return true;
    ++at;
  }
}

// True if bytes [from, from + size) can be the rest of an interrupted write: without their last byte, which is never
// zero, or with a sector in which nothing was written.
bool looks_unfinished(ByteView segment, std::size_t from, std::size_t size) noexcept {
  const std::size_t end = std::min(from + size, segment.size());
  if (end == from || segment[end - 1] == 0) return true;
  for (std::size_t at = from; at < end;) {
    const std::size_t sector_end = std::min(end, (at / kSectorSize + 1) * kSectorSize);
    if (all_zero(segment.subspan(at, sector_end - at))) return true;
    at = sector_end;
  }
  return false;
}

// Behind the last byte from `from` on that is not zero; `from` if there is none.
std::size_t end_of_written(ByteView segment, std::size_t from) noexcept {
  static constexpr std::array<std::uint8_t, 4096> zeros{};
  std::size_t end = segment.size();
  while (end - from >= zeros.size() && std::memcmp(&segment[end - zeros.size()], zeros.data(), zeros.size()) == 0) {
    end -= zeros.size();
  }
  while (end > from && segment[end - 1] == 0) --end;
  return end;
}

}  // namespace

Bytes encode(const SegmentHeader& header) {
  Bytes out(kSegmentMagic.begin(), kSegmentMagic.end());
  append_u32(out, kSegmentVersion);
  append_u64(out, header.bytes);
  out.insert(out.end(), header.origin.begin(), header.origin.end());
  out.insert(out.end(), header.id.begin(), header.id.end());
  append_u64(out, header.first());
  append_u32(out, static_cast<std::uint32_t>(header.before.subtrees().size()));
  for (const Digest& subtree : header.before.subtrees()) out.insert(out.end(), subtree.begin(), subtree.end());
  out.resize(kHeaderCrcAt);
  append_u32(out, crc32c(out));
  return out;
}

Result<SegmentHeader> parse_segment_header(ByteView bytes) {
  constexpr Error bad{Code::corrupt, "the segment's header is damaged"};
  if (bytes.size() != kHeaderSize || load_u32(bytes.subspan(kHeaderCrcAt)) != crc32c(bytes.first(kHeaderCrcAt))) {
    return bad;
  }
  if (!equal(bytes.first(8), kSegmentMagic)) return bad;
  if (load_u32(bytes.subspan(8)) != kSegmentVersion) return Error{Code::corrupt, "the segment is of another version"};
  SegmentHeader header;
  header.bytes = load_u64(bytes.subspan(12));
  std::copy_n(bytes.begin() + 20, header.origin.size(), header.origin.begin());
  std::copy_n(bytes.begin() + 52, header.id.size(), header.id.begin());
  const std::uint64_t first = load_u64(bytes.subspan(68));
  const std::uint32_t count = load_u32(bytes.subspan(76));
  if (count > 64 || header.bytes < kHeaderSize) return bad;
  std::vector<Digest> subtrees(count);
  for (std::size_t i = 0; i < count; ++i) {
    std::copy_n(bytes.begin() + 80 + static_cast<std::ptrdiff_t>(i * 32), 32, subtrees[i].begin());
  }
  if (!all_zero(bytes.subspan(80 + count * 32UL, kHeaderCrcAt - 80 - count * 32UL))) return bad;
  auto before = Frontier::from(first, subtrees);
  if (!before) return bad;
  header.before = std::move(*before);
  return header;
}

std::array<std::uint8_t, kBatchHeaderSize> encode(const BatchHeader& header, const SegmentId& id) {
  std::array<std::uint8_t, kBatchHeaderSize> out{};
  const ByteSpan bytes(out);
  std::copy(kBatchMagic.begin(), kBatchMagic.end(), out.begin());
  store_u64(bytes.subspan(4), header.offset);
  store_u64(bytes.subspan(12), header.first);
  store_u32(bytes.subspan(20), header.count);
  store_u32(bytes.subspan(24), header.length);
  store_u32(bytes.subspan(28), batch_crc(out, id));
  std::copy(kBatchTrailer.begin(), kBatchTrailer.end(), out.begin() + 32);
  return out;
}

ByteSpan append_frame(Bytes& out, std::string_view leaf, std::size_t sidecar_size) {
  const std::size_t start = out.size();
  const std::size_t size = kFrameOverhead + leaf.size() + sidecar_size;
  out.resize(start + size);
  const ByteSpan frame = ByteSpan(out).subspan(start);
  store_u32(frame, static_cast<std::uint32_t>(size));
  store_u32(frame.subspan(12), static_cast<std::uint32_t>(leaf.size()));
  std::copy(leaf.begin(), leaf.end(), frame.begin() + 16);
  store_u32(frame.subspan(16 + leaf.size()), static_cast<std::uint32_t>(sidecar_size));
  return frame.subspan(20 + leaf.size(), sidecar_size);
}

void number_frames(ByteSpan frames, std::uint64_t first) noexcept {
  while (!frames.empty()) {
    const ByteSpan frame = frames.first(load_u32(frames));
    store_u64(frame.subspan(4), first++);
    const ByteSpan checked = frame.first(frame.size() - 4);
    store_u32(frame.subspan(checked.size()), crc32c(checked));
    frames = frames.subspan(frame.size());
  }
}

bool SegmentScanner::fail(std::uint64_t at, std::uint64_t index, std::string_view why) {
  problem_ = {base_ + at, index, why};
  frames_.clear();
  return false;
}

bool SegmentScanner::contradict(std::string_view why) {
  contradicts_ = true;
  return fail(at_, index_, why);
}

bool SegmentScanner::next() {
  if (problem_ || !read_header() || !read_frames()) return false;
  at_ += kBatchHeaderSize + batch_.length + kBatchTrailerSize;
  index_ += batch_.count;
  return true;
}

bool SegmentScanner::read_header() {
  const ByteView rest = bytes_.subspan(at_);
  if (rest.size() < kBatchHeaderSize) return false;
  const ByteView bytes = rest.first(kBatchHeaderSize);
  if (all_zero(bytes)) return false;
  extent_ = kBatchHeaderSize;
  const Decoded decoded = decode_batch_header(bytes, offset(), id_);
  if (!decoded.genuine) return fail(at_, index_, "a batch's header is damaged");
  batch_ = decoded.header;
  const std::uint64_t size = kBatchHeaderSize + std::uint64_t{batch_.length} + kBatchTrailerSize;
  if (batch_.first != index_) return contradict("entries are missing or out of order");
  if (size > rest.size()) return contradict("a batch is longer than its segment");
  extent_ = size;
  return true;
}

bool SegmentScanner::read_frames() {
  frames_.clear();
  std::size_t at = at_ + kBatchHeaderSize;
  const std::size_t end = at + batch_.length;
  for (std::uint64_t i = 0; i < batch_.count; ++i) {
    const std::uint64_t index = index_ + i;
    const std::size_t size = end - at < kFrameOverhead ? 0 : load_u32(bytes_.subspan(at));
    if (size < kFrameOverhead || size > end - at) return fail(at, index, "an entry's length is damaged");
    const ByteView frame = bytes_.subspan(at, size);
    if (load_u32(frame.subspan(size - 4)) != crc32c(frame.first(size - 4)))
      return fail(at, index, "an entry's bytes are damaged");
    const std::size_t leaf = load_u32(frame.subspan(12));
    const bool fits =
        leaf <= size - kFrameOverhead && load_u32(frame.subspan(16 + leaf)) == size - kFrameOverhead - leaf;
    if (!fits || load_u64(frame.subspan(4)) != index) return fail(at, index, "an entry's lengths or index are wrong");
    frames_.push_back(
        {index, base_ + at, frame.subspan(16, leaf), frame.subspan(20 + leaf, size - kFrameOverhead - leaf)});
    at += size;
  }
  if (at != end || batch_.count == 0) return fail(at, index_, "a batch's count is wrong");
  if (!equal(bytes_.subspan(end, kBatchTrailerSize), kBatchTrailer))
    return fail(end, index_, "a batch's end is damaged");
  return true;
}

Tail classify_tail(const SegmentId& id, ByteView segment, const SegmentScanner& scanner) {
  const auto from = static_cast<std::size_t>(scanner.offset());
  const std::size_t end = end_of_written(segment, from);
  if (end == from) return {};
  Tail tail{Tail::Kind::damaged, end - from, scanner.problem()};
  if (!tail.problem) tail.problem = {from, scanner.index(), "bytes stand where no entry is"};
  if (scanner.contradicts() || has_batch_behind(id, segment, from + 1)) return tail;
  const std::size_t extent = scanner.problem() ? static_cast<std::size_t>(scanner.extent()) : kBatchHeaderSize;
  if (looks_unfinished(segment, from, extent)) tail.kind = Tail::Kind::torn;
  return tail;
}

}  // namespace sluis::audit
