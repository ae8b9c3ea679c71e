// RFC 4648 section 4 without tables: every character is computed with masks, so that neither branches nor cache lines
// depend on the bytes. Only lengths and the place of the padding, both public, steer the flow.
#include <algorithm>

#include "crypto/bytes.h"
#include "crypto/secret.h"

namespace sluis {
namespace {

// All ones if low <= value <= high, else zero; all three between 0 and 255.
constexpr int within(int value, int low, int high) noexcept {
  return ~((value - low) | (high - value)) >> 31;
}

// The six-bit values 0-25 are A-Z, 26-51 a-z, 52-61 0-9, 62 +, 63 /.
constexpr char char_of(int value) noexcept {
  int c = within(value, 0, 25) & ('A' + value);
  c |= within(value, 26, 51) & ('a' + value - 26);
  c |= within(value, 52, 61) & ('0' + value - 52);
  c |= within(value, 62, 62) & '+';
  c |= within(value, 63, 63) & '/';
  return static_cast<char>(c);
}

// The six-bit value, or -1 for a character outside the alphabet.
constexpr int value_of(char character) noexcept {
  const int c = static_cast<unsigned char>(character);
  int value = within(c, 'A', 'Z') & (c - 'A' + 1);
  value |= within(c, 'a', 'z') & (c - 'a' + 27);
  value |= within(c, '0', '9') & (c - '0' + 53);
  value |= within(c, '+', '+') & 63;
  value |= within(c, '/', '/') & 64;
  return value - 1;
}

constexpr std::size_t encoded_size(std::size_t bytes) noexcept {
  return (bytes + 2) / 3 * 4;
}

// out has encoded_size(bytes.size()) characters.
void encode(ByteView bytes, char* out) noexcept {
  for (std::size_t i = 0; i < bytes.size(); i += 3) {
    const std::size_t count = std::min<std::size_t>(3, bytes.size() - i);
    unsigned group = 0;
    for (std::size_t j = 0; j < 3; ++j) group = group << 8U | (j < count ? bytes[i + j] : 0U);
    for (std::size_t j = 0; j < 4; ++j) {
      *out++ = j <= count ? char_of(static_cast<int>(group >> (18 - 6 * j) & 63U)) : '=';
    }
  }
}

constexpr std::size_t padding_of(std::string_view text) noexcept {
  if (text.ends_with("==")) return 2;
  return text.ends_with('=') ? 1 : 0;
}

// out has text.size() / 4 * 3 - padding bytes. False if a character or an unused bit is wrong; out is then of no use.
bool decode(std::string_view text, std::size_t padding, std::uint8_t* out) noexcept {
  const std::size_t characters = text.size() - padding;
  int bad = 0;
  for (std::size_t i = 0; i < characters; i += 4) {
    const std::size_t count = std::min<std::size_t>(4, characters - i);
    unsigned group = 0;
    for (std::size_t j = 0; j < 4; ++j) {
      const int value = j < count ? value_of(text[i + j]) : 0;
      bad |= value;
      group = group << 6U | (static_cast<unsigned>(value) & 63U);
    }
    for (std::size_t j = 0; j + 1 < count; ++j) *out++ = static_cast<std::uint8_t>(group >> (16 - 8 * j));
    if (count == 3) bad |= -static_cast<int>(group & 0xffU);
    if (count == 2) bad |= -static_cast<int>(group & 0xffffU);
  }
  return bad >= 0;
}

constexpr Error not_base64() noexcept {
  return {Code::invalid, "not canonical base64"};
}

}  // namespace

std::string to_base64(ByteView bytes) {
  std::string text(encoded_size(bytes.size()), '\0');
  encode(bytes, text.data());
  return text;
}

Result<Bytes> from_base64(std::string_view text) {
  if (text.size() % 4 != 0) return not_base64();
  const std::size_t padding = padding_of(text);
  Bytes bytes(text.size() / 4 * 3 - padding);
  if (!decode(text, padding, bytes.data())) return not_base64();
  return bytes;
}

void append_base64(SecretBuffer& out, ByteView bytes) {
  const std::size_t start = out.size();
  out.resize(start + encoded_size(bytes.size()));
  encode(bytes, reinterpret_cast<char*>(out.expose_secret_mutable().data()) + start);
}

Status append_from_base64(SecretBuffer& out, std::string_view text) {
  if (text.size() % 4 != 0) return not_base64();
  const std::size_t padding = padding_of(text);
  const std::size_t start = out.size();
  out.resize(start + text.size() / 4 * 3 - padding);
  if (decode(text, padding, out.expose_secret_mutable().data() + start)) return {};
  out.resize(start);
  return not_base64();
}

}  // namespace sluis
