// A heap that looks at every block when it is given back (operator delete), while the memory is still its own.
#pragma once

#include <cstddef>
#include <string_view>

namespace sluis::test {

// While one exists, counts the blocks that still hold `marker` when they are given back. One at a time, one thread.
class WatchFor {
 public:
  explicit WatchFor(std::string_view marker) noexcept;
  WatchFor(const WatchFor&) = delete;
  WatchFor& operator=(const WatchFor&) = delete;
  ~WatchFor();
  std::size_t blocks_given_back() const noexcept;
  std::size_t blocks_with_marker() const noexcept;
};

// To be called by any other release function, before the memory goes.
void look_at(const void* block, std::size_t size) noexcept;

}  // namespace sluis::test
