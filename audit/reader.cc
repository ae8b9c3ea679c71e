#include "audit/reader.h"

#include <algorithm>

#include "audit/folder.h"
#include "audit/leaf.h"
#include "audit/sidecar.h"

namespace sluis::audit {
namespace {

constexpr Error kDamaged{Code::corrupt, "an entry of the audit log is damaged"};

// What is left of a payload whose key was destroyed is its commitment in the leaf.
Result<SecretBuffer> open_payload(SidecarOpener& opener, const FrameView& frame) {
  const auto leaf = parse_leaf(text_of(frame.leaf));
  if (!leaf) return leaf.error();
  auto payload = opener.open(leaf->event.time_us, leaf->commitment, frame.sidecar);
  if (!payload && payload.error().code == Code::not_found) return SecretBuffer();
  return payload;
}

}  // namespace

struct Reader::Page {
  std::uint64_t next;
  std::uint64_t end;
  Log::Payloads payloads;
  SidecarOpener opener;  // its keys live as long as the page
  std::size_t bytes = 0;
  std::vector<Log::Entry> entries;

  bool full() const noexcept { return next >= end || bytes >= Log::kPageBytes; }
  Status take(const FrameView& frame);
};

Status Reader::Page::take(const FrameView& frame) {
  Log::Entry entry{frame.index, std::string(text_of(frame.leaf)), {}};
  if (payloads == Log::Payloads::opened) {
    auto payload = open_payload(opener, frame);
    if (!payload) return payload.error();
    entry.payload = std::move(*payload);
  }
  bytes += entry.leaf.size() + entry.payload.size();
  entries.push_back(std::move(entry));
  ++next;
  return {};
}

Reader::Reader(std::string folder, Catalog& catalog, PeriodKeys& keys)
    : folder_(std::move(folder)), catalog_(catalog), keys_(keys) {}

Result<std::vector<Log::Entry>> Reader::read(std::uint64_t first, std::size_t limit, std::uint64_t end,
                                             Log::Payloads payloads) {
  const std::uint64_t most = std::min(limit, Log::kPageEntries);
  if (first >= end) return std::vector<Log::Entry>();
  Page page{first, std::min(end, first + most), payloads, SidecarOpener(keys_), 0, {}};
  while (!page.full()) {
    const auto span = find(page.next);
    if (!span) return span.error();
    const Status done = read_span(*span, page);
    if (!done) return done.error();
  }
  return std::move(page.entries);
}

Result<Span> Reader::find(std::uint64_t index) {
  auto found = catalog_.find(index);
  if (found.span) return *found.span;
  const std::lock_guard lock(walking_);
  found = catalog_.find(index);
  if (found.span) return *found.span;
  const Status walked = walk(*found.unwalked);
  if (!walked) return walked.error();
  found = catalog_.find(index);
  if (!found.span) return kDamaged;
  return *found.span;
}

Status Reader::walk(const SegmentEntry& segment) {
  const auto image = read_image(path_in(folder_, segment.name), 0, segment.bytes);
  if (!image) return image.error();
  SegmentScanner scanner(segment.id, image->view().subspan(kHeaderSize), kHeaderSize, segment.first);
  Places places;
  while (scanner.next()) places.note(scanner.batch().first, scanner.batch().offset);
  if (scanner.problem()) return kDamaged;
  catalog_.complete(segment.first, std::move(places), scanner.offset());
  return {};
}

Status Reader::read_span(const Span& span, Page& page) {
  const auto image = read_image(path_in(folder_, span.name), span.from, span.to - span.from);
  if (!image) return image.error();
  SegmentScanner scanner(span.id, image->view(), span.from, span.index);
  const std::uint64_t before = page.next;
  while (!page.full() && scanner.next()) {
    for (const FrameView& frame : scanner.frames()) {
      if (frame.index < page.next) continue;
      if (page.full()) break;
      const Status taken = page.take(frame);
      if (!taken) return taken;
    }
  }
  if (page.next == before) return kDamaged;
  return {};
}

}  // namespace sluis::audit
