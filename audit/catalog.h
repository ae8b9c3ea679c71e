// Where entries stand: the segments of a log, and in each the place of a batch every so many entries. Thread-safe.
#pragma once

#include <cstdint>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "audit/segment.h"

namespace sluis::audit {

// A file name within the log's folder: the first index in 20 digits and ".wal".
std::string segment_name(std::uint64_t first);
// The first index, if the name is a segment's.
std::optional<std::uint64_t> first_of_segment(std::string_view file_name);

struct Place {
  std::uint64_t index = 0;  // first entry of the batch that stands there
  std::uint64_t offset = 0;
};

// Places of batches, sparse enough for a few bytes an entry even where each batch holds one.
class Places {
 public:
  void note(std::uint64_t index, std::uint64_t offset);
  // The last place at or before the entry, and the offset of the place after it (or `end`).
  std::pair<Place, std::uint64_t> around(std::uint64_t index, std::uint64_t end) const;
  bool empty() const noexcept { return places_.empty(); }

 private:
  std::vector<Place> places_;
};

struct SegmentEntry {
  std::string name;
  SegmentId id{};
  std::uint64_t first = 0;
  std::uint64_t bytes = 0;  // size of the file
  std::uint64_t end = 0;    // behind the last durable batch; 0: not known before the segment is walked
  Places places;            // empty: the segment was not walked yet
};

// Durable bytes that hold an entry: batches from `from` on, the first of which starts with entry `index`.
struct Span {
  std::string name;
  SegmentId id{};
  std::uint64_t from = 0;
  std::uint64_t to = 0;
  std::uint64_t index = 0;
};

class Catalog {
 public:
  explicit Catalog(std::vector<SegmentEntry> segments) : segments_(std::move(segments)) {}
  void add(SegmentEntry segment);
  // The batch at `offset` of the last segment has become durable.
  void extend(std::uint64_t first, std::uint64_t offset, std::uint64_t end);
  // Fills in a segment that was not walked.
  void complete(std::uint64_t first, Places places, std::uint64_t end);

  struct Found {
    std::optional<Span> span;  // empty: walk this segment, complete it, and ask again
    std::optional<SegmentEntry> unwalked;
  };
  // The entry is durable.
  Found find(std::uint64_t index) const;

 private:
  mutable std::mutex mutex_;
  std::vector<SegmentEntry> segments_;
};

}  // namespace sluis::audit
