#include "watched_heap.h"

#include <atomic>
#include <cstdlib>
#include <cstring>
#include <new>

namespace {

// The size stands in front of the block, as operator delete is not always told.
constexpr std::size_t kHeader = alignof(std::max_align_t);

std::string_view marker_watched;
std::size_t seen = 0;
std::size_t marked = 0;

}  // namespace

namespace sluis::test {

WatchFor::WatchFor(std::string_view marker) noexcept {
  marker_watched = marker;
  seen = 0;
  marked = 0;
}
WatchFor::~WatchFor() {
  marker_watched = {};
}
std::size_t WatchFor::blocks_given_back() const noexcept {
  return seen;
}
std::size_t WatchFor::blocks_with_marker() const noexcept {
  return marked;
}

void look_at(const void* block, std::size_t size) noexcept {
  if (marker_watched.empty()) return;
  ++seen;
  if (memmem(block, size, marker_watched.data(), marker_watched.size()) != nullptr) ++marked;
}

}  // namespace sluis::test

void* operator new(std::size_t size) {
  auto* const base = static_cast<char*>(std::malloc(kHeader + size));
  if (base == nullptr) throw std::bad_alloc();
  std::memcpy(base, &size, sizeof size);
  std::memset(base + kHeader, 0, size);  // so that nothing left by an earlier block is taken for this one's
  return base + kHeader;
}

void operator delete(void* block) noexcept {
  if (block == nullptr) return;
  auto* const base = static_cast<char*>(block) - kHeader;
  std::size_t size = 0;
  std::memcpy(&size, base, sizeof size);
  sluis::test::look_at(block, size);
  std::free(base);
}

void operator delete(void* block, std::size_t) noexcept {
  operator delete(block);
}
