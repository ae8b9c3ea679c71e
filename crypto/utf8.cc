#include "crypto/utf8.h"

#include <cstdint>

namespace sluis {
namespace {

// What the first byte says: length, its own bits, and the smallest code point that needs this length.
struct Lead {
  std::size_t length;
  char32_t bits;
  char32_t least;
};

constexpr std::optional<Lead> lead_of(std::uint8_t byte) noexcept {
  if (byte < 0x80) return Lead{1, byte, 0};
  if (byte >= 0xc2 && byte <= 0xdf) return Lead{2, byte & 0x1fU, 0x80};
  if (byte >= 0xe0 && byte <= 0xef) return Lead{3, byte & 0x0fU, 0x800};
  if (byte >= 0xf0 && byte <= 0xf4) return Lead{4, byte & 0x07U, 0x10000};
  return std::nullopt;
}

}  // namespace

std::optional<char32_t> take_code_point(std::string_view& text) noexcept {
  const auto lead = lead_of(static_cast<std::uint8_t>(text.front()));
  if (!lead || lead->length > text.size()) return std::nullopt;
  char32_t point = lead->bits;
  for (std::size_t i = 1; i < lead->length; ++i) {
    const auto byte = static_cast<std::uint8_t>(text[i]);
    if ((byte & 0xc0U) != 0x80) return std::nullopt;
    point = point << 6U | (byte & 0x3fU);
  }
  const bool surrogate = point >= 0xd800 && point <= 0xdfff;
  if (point < lead->least || surrogate || point > 0x10ffff) return std::nullopt;
  text.remove_prefix(lead->length);
  return point;
}

bool is_utf8(std::string_view text) noexcept {
  while (!text.empty()) {
    if (!take_code_point(text)) return false;
  }
  return true;
}

}  // namespace sluis
