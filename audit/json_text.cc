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

}  // namespace

std::size_t plain_run(std::string_view text) noexcept {
  std::size_t at = 0;
  while (at < text.size()) {
    const auto byte = static_cast<unsigned char>(text[at]);
    if (kPlain[byte]) {
      ++at;
      continue;
    }
    std::string_view rest = text.substr(at);
    if (byte < 0x80 || !take_code_point(rest)) break;
    at = text.size() - rest.size();
  }
  return at;
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

}  // namespace sluis::audit
