#include "audit/verify_segment.h"

#include <algorithm>

#include "audit/catalog.h"
#include "audit/folder.h"
#include "audit/leaf.h"

namespace sluis::audit {
namespace {

class SegmentVerifier {
 public:
  SegmentVerifier(const std::string& folder, std::uint64_t first, const VerifyOptions& options, SidecarOpener* opener)
      : folder_(folder), first_(first), options_(options), opener_(opener) {
    report_.name = segment_name(first);
  }

  SegmentReport run(Position position);

 private:
  using Weight = Finding::Weight;
  void find(Weight weight, std::uint64_t offset, std::uint64_t index, std::string_view why) {
    if (report_.findings.size() < Verification::kFindingLimit) {
      report_.findings.push_back({weight, report_.name, offset, index, why});
    }
  }
  bool read_header();
  void take(const FrameView& frame);
  void check_time(const FrameView& frame, std::uint64_t time_us);
  void check_payload(const FrameView& frame, const Leaf& leaf);
  void take_tail(const Tail& tail, Position position);

  const std::string& folder_;
  const std::uint64_t first_;
  const VerifyOptions& options_;
  SidecarOpener* const opener_;
  SegmentReport report_;
};

SegmentReport SegmentVerifier::run(Position position) {
  if (!read_header()) return std::move(report_);
  const SegmentHeader& header = *report_.header;
  const auto image = read_image(path_in(folder_, report_.name), 0, header.bytes);
  if (!image) {
    report_.whole = false;
    find(Weight::bad, 0, first_, "the segment cannot be read");
    return std::move(report_);
  }
  SegmentScanner scanner(header.id, image->view().subspan(kHeaderSize), kHeaderSize, first_);
  while (scanner.next()) {
    for (const FrameView& frame : scanner.frames()) take(frame);
  }
  report_.end = scanner.offset();
  take_tail(classify_tail(header.id, image->view(), scanner), position);
  return std::move(report_);
}

bool SegmentVerifier::read_header() {
  const Digest origin = sha256(bytes_of(options_.origin));
  auto header = read_segment_header(folder_, first_, options_.origin.empty() ? nullptr : &origin);
  if (header && header->bytes <= kLargestSegment) {
    report_.header = std::move(*header);
    return true;
  }
  report_.whole = false;
  find(Weight::bad, 0, first_, header ? "the segment's size is wrong" : header.error().what.view());
  return false;
}

void SegmentVerifier::take(const FrameView& frame) {
  report_.leaf_hashes.push_back(leaf_hash(frame.leaf));
  const auto leaf = parse_leaf(text_of(frame.leaf));
  if (!leaf) return find(Weight::bad, frame.offset, frame.index, leaf.error().what.view());
  check_time(frame, leaf->event.time_us);
  if (opener_ != nullptr) check_payload(frame, *leaf);
}

void SegmentVerifier::check_time(const FrameView& frame, std::uint64_t time_us) {
  if (time_us + options_.backwards_us < report_.latest_us) {
    find(Weight::warning, frame.offset, frame.index, "the entry's time lies before that of an earlier entry");
  }
  report_.earliest_us = std::min(report_.earliest_us, time_us);
  report_.latest_us = std::max(report_.latest_us, time_us);
}

void SegmentVerifier::check_payload(const FrameView& frame, const Leaf& leaf) {
  const auto payload = opener_->open(leaf.event.time_us, leaf.commitment, frame.sidecar);
  if (payload) {
    ++report_.payloads_opened;
  } else if (payload.error().code == Code::not_found) {
    ++report_.payloads_expired;
  } else {
    const Weight weight = payload.error().code == Code::corrupt ? Weight::bad : Weight::warning;
    find(weight, frame.offset, frame.index, payload.error().what.view());
  }
}

void SegmentVerifier::take_tail(const Tail& tail, Position position) {
  if (tail.kind == Tail::Kind::clean) return;
  const Problem& problem = tail.problem;
  if (tail.kind == Tail::Kind::torn && position == Position::last) {
    report_.torn_bytes = tail.torn_bytes;
    return find(Weight::warning, problem.offset, problem.index, "the last write was interrupted, or is going on");
  }
  report_.whole = false;
  find(Weight::bad, problem.offset, problem.index, problem.why);
}

}  // namespace

SegmentReport verify_segment(const std::string& folder, std::uint64_t first, Position position,
                             const VerifyOptions& options, SidecarOpener* opener) {
  SegmentReport report = SegmentVerifier(folder, first, options, opener).run(position);
  if (report.whole || position == Position::inner) return report;
  // A running gateway may have been in the middle of a write: what is still wrong at a second look is damage.
  return SegmentVerifier(folder, first, options, opener).run(position);
}

}  // namespace sluis::audit
