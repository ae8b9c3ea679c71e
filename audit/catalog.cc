#include "audit/catalog.h"

#include <algorithm>
#include <charconv>

namespace sluis::audit {
namespace {

constexpr std::uint64_t kEntriesApart = 128;
constexpr std::uint64_t kBytesApart = 128U << 10U;
constexpr std::string_view kSuffix = ".wal";
constexpr std::size_t kDigits = 20;

}  // namespace

std::string segment_name(std::uint64_t first) {
  std::string digits = std::to_string(first);
  return std::string(kDigits - digits.size(), '0').append(digits).append(kSuffix);
}

std::optional<std::uint64_t> first_of_segment(std::string_view file_name) {
  if (file_name.size() != kDigits + kSuffix.size() || !file_name.ends_with(kSuffix)) return std::nullopt;
  std::uint64_t first = 0;
  const auto parsed = std::from_chars(file_name.data(), file_name.data() + kDigits, first);
  if (parsed.ec != std::errc() || parsed.ptr != file_name.data() + kDigits) return std::nullopt;
  return first;
}

void Places::note(std::uint64_t index, std::uint64_t offset) {
  const bool near =
      !places_.empty() && index - places_.back().index < kEntriesApart && offset - places_.back().offset < kBytesApart;
  if (!near) places_.push_back({index, offset});
}

std::pair<Place, std::uint64_t> Places::around(std::uint64_t index, std::uint64_t end) const {
  const auto after = std::upper_bound(places_.begin(), places_.end(), index,
                                      [](std::uint64_t i, const Place& place) { return i < place.index; });
  return {*(after - 1), after == places_.end() ? end : after->offset};
}

void Catalog::add(SegmentEntry segment) {
  const std::lock_guard lock(mutex_);
  segments_.push_back(std::move(segment));
}

void Catalog::extend(std::uint64_t first, std::uint64_t offset, std::uint64_t end) {
  const std::lock_guard lock(mutex_);
  segments_.back().places.note(first, offset);
  segments_.back().end = end;
}

void Catalog::complete(std::uint64_t first, Places places, std::uint64_t end) {
  const std::lock_guard lock(mutex_);
  for (SegmentEntry& segment : segments_) {
    if (segment.first != first || !segment.places.empty()) continue;
    segment.places = std::move(places);
    segment.end = end;
    return;
  }
}

Catalog::Found Catalog::find(std::uint64_t index) const {
  const std::lock_guard lock(mutex_);
  const auto after = std::upper_bound(segments_.begin(), segments_.end(), index,
                                      [](std::uint64_t i, const SegmentEntry& segment) { return i < segment.first; });
  const SegmentEntry& segment = *(after - 1);
  if (segment.places.empty()) return {std::nullopt, segment};
  const auto [place, to] = segment.places.around(index, segment.end);
  return {Span{segment.name, segment.id, place.offset, to, place.index}, std::nullopt};
}

}  // namespace sluis::audit
