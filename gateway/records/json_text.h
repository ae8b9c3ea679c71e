// The text inside JSON string literals: reading and writing of escapes. Thread-safe.
#pragma once

#include <cstdint>
#include <string_view>

#include "crypto/secret.h"

namespace sluis::gateway {

// The text of a scanned string literal (`raw` without its quotes), unescaped, appended to `out`.
void append_unescaped(SecretBuffer& out, std::string_view raw);
// A string literal with quotes; escapes what RFC 8259 section 7 says must be.
void append_quoted(SecretBuffer& out, std::string_view text);
void append_number(SecretBuffer& out, std::uint64_t number);

// Four hexadecimal digits as a UTF-16 unit, or -1.
std::int32_t hex_unit(const char* at, const char* end) noexcept;

inline bool high_surrogate(std::int32_t unit) noexcept {
  return unit >= 0xD800 && unit <= 0xDBFF;
}
inline bool low_surrogate(std::int32_t unit) noexcept {
  return unit >= 0xDC00 && unit <= 0xDFFF;
}

}  // namespace sluis::gateway
