#include "gateway/records/json_text.h"

#include <algorithm>
#include <charconv>
#include <iterator>

namespace sluis::gateway {
namespace {

bool digit(char c) noexcept {
  return c >= '0' && c <= '9';
}

// Value of a hexadecimal digit, -1 for anything else.
int hex_value(char c) noexcept {
  if (digit(c)) return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

void append_utf8(SecretBuffer& out, std::uint32_t code) {
  const auto put = [&](std::uint32_t byte) { out.push_back(static_cast<char>(byte)); };
  if (code < 0x80) return put(code);
  if (code < 0x800) {
    put(0xC0U | (code >> 6U));
    return put(0x80U | (code & 0x3FU));
  }
  if (code < 0x10000) {
    put(0xE0U | (code >> 12U));
    put(0x80U | ((code >> 6U) & 0x3FU));
    return put(0x80U | (code & 0x3FU));
  }
  put(0xF0U | (code >> 18U));
  put(0x80U | ((code >> 12U) & 0x3FU));
  put(0x80U | ((code >> 6U) & 0x3FU));
  put(0x80U | (code & 0x3FU));
}

char unescaped(char c) noexcept {
  switch (c) {
    case 'b':
      return '\b';
    case 'f':
      return '\f';
    case 'n':
      return '\n';
    case 'r':
      return '\r';
    case 't':
      return '\t';
    default:
      return c;  // quote, backslash, slash
  }
}

// The code point of "uXXXX" or "uXXXX\uXXXX" at `at`, which has been scanned; moves `at` behind it.
std::uint32_t escaped_code(const char*& at, const char* end) noexcept {
  const auto unit = static_cast<std::uint32_t>(hex_unit(at + 1, end));
  at += 5;
  if (!high_surrogate(static_cast<std::int32_t>(unit))) return unit;
  const auto low = static_cast<std::uint32_t>(hex_unit(at + 2, end));
  at += 6;
  return 0x10000U + ((unit - 0xD800U) << 10U) + (low - 0xDC00U);
}

}  // namespace

std::int32_t hex_unit(const char* at, const char* end) noexcept {
  if (end - at < 4) return -1;
  std::int32_t unit = 0;
  for (int i = 0; i < 4; ++i) {
    const int value = hex_value(at[i]);
    if (value < 0) return -1;
    unit = unit * 16 + value;
  }
  return unit;
}

void append_unescaped(SecretBuffer& out, std::string_view raw) {
  const char* at = raw.data();
  const char* const end = at + raw.size();
  while (at != end) {
    const char* const backslash = std::find(at, end, '\\');
    out.append(std::string_view(at, static_cast<std::size_t>(backslash - at)));
    if (backslash == end) return;
    at = backslash + 1;
    if (*at == 'u') {
      append_utf8(out, escaped_code(at, end));
      continue;
    }
    out.push_back(unescaped(*at++));
  }
}

void append_quoted(SecretBuffer& out, std::string_view text) {
  static constexpr std::string_view kHex = "0123456789abcdef";
  out.push_back('"');
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '"' || c == '\\') out.push_back('\\');
    if (byte >= 0x20) {
      out.push_back(c);
      continue;
    }
    out.append(std::string_view("\\u00"));
    out.push_back(kHex[byte >> 4U]);
    out.push_back(kHex[byte & 0xFU]);
  }
  out.push_back('"');
}

void append_number(SecretBuffer& out, std::uint64_t number) {
  char digits[20];
  const auto end = std::to_chars(std::begin(digits), std::end(digits), number).ptr;
  out.append(std::string_view(digits, static_cast<std::size_t>(end - digits)));
}

}  // namespace sluis::gateway
