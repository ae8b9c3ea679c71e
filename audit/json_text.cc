#include "audit/json_text.h"

#include "crypto/utf8.h"

namespace sluis::audit {
namespace {

constexpr std::array<bool, 256> make_plain() {
  std::array<bool, 256> plain{};
  for (std::size_t c = 0x20; c < 0x80; ++c) plain[c] = c != '"' && c != '\\';
  return plain;
}
constexpr std::array<bool, 256> kPlain = make_plain();

constexpr std::array<std::array<char, 2>, 256> make_hex_pairs() {
  constexpr std::string_view digits = "0123456789abcdef";
  std::array<std::array<char, 2>, 256> pairs{};
  for (std::size_t i = 0; i < pairs.size(); ++i) pairs[i] = {digits[i / 16], digits[i % 16]};
  return pairs;
}
constexpr std::array<std::array<char, 2>, 256> kHexPairs = make_hex_pairs();

}  // namespace

std::size_t plain_run(std::string_view text) noexcept {
  const auto is_plain = [](char c) { return kPlain[static_cast<unsigned char>(c)]; };
  auto at = text.begin();
  while (true) {
    while (at != text.end() && is_plain(*at)) ++at;
    std::string_view rest(at, text.end());
    if (rest.empty() || static_cast<unsigned char>(rest.front()) < 0x80 || !take_code_point(rest)) break;
    at = rest.begin();
  }
  return static_cast<std::size_t>(at - text.begin());
}

Escape escape_of(unsigned char byte) noexcept {
  switch (byte) {
    case '"':
      return {{'\\', '"'}, 2};
    case '\\':
      return {{'\\', '\\'}, 2};
    case '\b':
      return {{'\\', 'b'}, 2};
    case '\f':
      return {{'\\', 'f'}, 2};
    case '\n':
      return {{'\\', 'n'}, 2};
    case '\r':
      return {{'\\', 'r'}, 2};
    case '\t':
      return {{'\\', 't'}, 2};
    default:
      break;
  }
  if (byte >= 0x80) return {{'\xEF', '\xBF', '\xBD'}, 3};
  constexpr std::string_view digits = "0123456789abcdef";
  return {{'\\', 'u', '0', '0', digits[byte >> 4U], digits[byte & 15U]}, 6};
}

std::array<char, 64> hex_of(const std::array<std::uint8_t, 32>& digest) noexcept {
  std::array<char, 64> text;
  for (std::size_t i = 0; i < digest.size(); ++i) std::memcpy(&text[2 * i], &kHexPairs[digest[i]], 2);
  return text;
}

}  // namespace sluis::audit
