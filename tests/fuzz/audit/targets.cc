#include "tests/fuzz/audit/targets.h"

#include <boost/json.hpp>
#include <cstdlib>

#include "audit/json_text.h"
#include "audit/leaf.h"
#include "audit/segment.h"
#include "tests/support/audit_keys.h"

namespace sluis::fuzz {
namespace {

using namespace sluis::audit;

void require(bool promise) {
  if (!promise) std::abort();
}

constexpr std::string_view kOrigin = "sluis.example/fuzz";
const SegmentId kId = {'f', 'u', 'z', 'z'};

tests::MemorySigner& signer() {
  static tests::MemorySigner one;
  return one;
}

bool within(ByteView part, ByteView whole) {
  return part.empty() || (part.data() >= whole.data() && part.data() + part.size() <= whole.data() + whole.size());
}

}  // namespace

void segment(ByteView bytes) {
  if (const auto header = parse_segment_header(bytes.first(std::min(bytes.size(), kHeaderSize)))) {
    const Bytes again = encode(*header);
    require(std::equal(again.begin(), again.end(), bytes.begin()));
  }
  if (bytes.size() < kHeaderSize) return;
  const ByteView body = bytes.subspan(kHeaderSize);
  SegmentScanner scanner(kId, body, kHeaderSize, 0);
  std::uint64_t entries = 0;
  while (scanner.next()) {
    require(scanner.frames().size() == scanner.batch().count);
    for (const FrameView& frame : scanner.frames()) {
      require(frame.index == entries++ && within(frame.leaf, body) && within(frame.sidecar, body));
    }
  }
  require(scanner.offset() <= bytes.size());
  const Tail tail = classify_tail(kId, bytes, scanner);
  require((tail.kind == Tail::Kind::clean) == (tail.torn_bytes == 0));
  require(scanner.offset() + tail.torn_bytes <= bytes.size());
}

void checkpoint(ByteView bytes) {
  const std::string_view note = text_of(bytes);
  static const Bytes key = *signer().public_key();
  const auto opened = open_checkpoint(note, kOrigin, key);
  if (opened) require(note.starts_with(checkpoint_text(*opened)));
  const auto text = unverified_text(note);
  if (!text) return;
  const auto parsed = parse_checkpoint_text(*text);
  if (parsed) require(text->starts_with(checkpoint_text(*parsed)));
}

void leaf(ByteView bytes) {
  const std::string_view text = text_of(bytes);
  if (const auto parsed = parse_leaf(text)) {
    std::string again;
    append_leaf(again, parsed->event, parsed->gateway, parsed->commitment);
    require(again == text);
  }
  std::string quoted;
  append_json_text(quoted, text);
  require(quoted.find('\n') == std::string::npos);
  boost::json::error_code failed;
  const auto value = boost::json::parse(quoted, failed);
  require(!failed && value.is_string());
  std::string quoted_again;
  append_json_text(quoted_again, std::string_view(value.get_string().data(), value.get_string().size()));
  require(quoted_again == quoted);
}

Bytes segment_seed() {
  SegmentHeader header;
  header.bytes = 8192;
  header.origin = sha256(bytes_of(kOrigin));
  header.id = kId;
  Bytes out = encode(header);
  std::uint64_t first = 0;
  for (const std::uint32_t count : {1U, 3U, 2U}) {
    Bytes frames;
    for (std::uint32_t i = 0; i < count; ++i) append_frame(frames, "{\"leaf\":1}", 9)[0] = 7;
    number_frames(frames, first);
    const auto start = encode(BatchHeader{out.size(), first, count, static_cast<std::uint32_t>(frames.size())}, kId);
    out.insert(out.end(), start.begin(), start.end());
    out.insert(out.end(), frames.begin(), frames.end());
    out.insert(out.end(), kBatchTrailer.begin(), kBatchTrailer.end());
    first += count;
  }
  out.resize(out.size() + 100);
  return out;
}

Bytes checkpoint_seed() {
  const Checkpoint checkpoint{std::string(kOrigin), 42, sha256(bytes_of("root"))};
  const auto note = sign_note(checkpoint_text(checkpoint), kOrigin, *signer().public_key(), signer());
  const ByteView bytes = bytes_of(*note);
  return {bytes.begin(), bytes.end()};
}

Bytes leaf_seed() {
  Event event;
  event.time_us = 1'793'882'096'123'456;
  event.principal = "\"Zo\u00eb\"\n";
  event.action = "records.read";
  std::string line;
  append_leaf(line, event, "gateway-1", {});
  const ByteView bytes = bytes_of(line);
  return {bytes.begin(), bytes.end()};
}

}  // namespace sluis::fuzz
