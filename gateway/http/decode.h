// Request targets, taken apart strictly (RFC 3986 section 3.3, RFC 9112 section 3.2.1). What is not plainly right is
// refused as a whole: bad percent-encoding, bad UTF-8, control characters (NUL among them), "." and ".." segments,
// empty segments, an encoded slash or backslash, a fragment, and any form but the origin form. Pure functions.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "crypto/result.h"

namespace sluis::gateway {

// One path segment, decoded. `verb` is the offset of the last colon that was written as such, not percent-encoded:
// what follows it may be a verb (":read"); npos if there is none.
struct Segment {
  std::string text;
  std::size_t verb = std::string::npos;
};

struct Target {
  std::string path;  // decoded, without the query
  std::vector<Segment> segments;
  std::vector<std::pair<std::string, std::string>> query;  // decoded, in order; '+' is a space
};

inline constexpr std::size_t kMaxTarget = 8192;  // bytes as received
inline constexpr std::size_t kMaxSegments = 16;
inline constexpr std::size_t kMaxQueryPairs = 64;

// Error invalid, too_large past one of the limits above.
Result<Target> parse_target(std::string_view raw);

// Well-formed UTF-8 (RFC 3629): no overlong forms, no surrogates, nothing past U+10FFFF.
bool is_utf8(std::string_view text) noexcept;
// Only 0x20 to 0x7e.
bool is_printable_ascii(std::string_view text) noexcept;

}  // namespace sluis::gateway
