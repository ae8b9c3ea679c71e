// Names as people write them in the policy: which are well formed, how they are shown, what was probably meant.
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>

namespace sluis::policy {

// 1 to 64 letters, digits, '_', '-', '.' of ASCII, the first a letter, a digit or '_'. Names of principals, grants,
// purposes, collections, keys and fields; so none can be mistaken for "*", "-" or "role:...".
bool well_formed(std::string_view name) noexcept;

// Any text of the file, fit for a message: control characters as \xNN, cut after about `most` bytes.
std::string printable(std::string_view text, std::size_t most);
// The same in single quotes, cut after 64.
std::string quoted(std::string_view text);

// Finds the known word nearest to a mistyped one. The total work of one Suggester is bounded: past it there are no more
// suggestions, so that a file full of mistakes is reported in linear time.
class Suggester {
 public:
  // " (did you mean 'backend'?)", or nothing when no known word is near.
  std::string for_word(std::string_view word, std::span<const std::string_view> known);

 private:
  std::size_t comparisons_left_ = 200'000;
};

}  // namespace sluis::policy
