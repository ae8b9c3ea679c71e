// RFC 4648 section 4 without tables: every character is computed with masks, so that neither branches nor cache lines
// depend on the bytes. Only lengths and the place of the padding, both public, steer the flow.
#include <algorithm>
#include <array>

#include "crypto/bytes.h"
#include "crypto/secret.h"

namespace sluis {
namespace {

using Sextet = std::int8_t;  // 0 to 63, or negative for "no such character"

// All ones if a > b, else zero. Written so that a compiler makes a vector compare of it.
constexpr int over(int a, int b) noexcept {
  return -static_cast<int>(a > b);
}

// 0-25 are A-Z, 26-51 a-z, 52-61 0-9, 62 +, 63 /: each step over a boundary adds the distance between the runs.
constexpr char char_of(Sextet value) noexcept {
  return static_cast<char>(value + 'A' + (over(value, 25) & ('a' - 'A' - 26)) - (over(value, 51) & ('a' - '0' + 26)) -
                           (over(value, 61) & ('0' + 10 - '+')) + (over(value, 62) & ('/' - '+' - 1)));
}

constexpr Sextet value_of(char character) noexcept {
  const int c = static_cast<signed char>(character);
  int value = over(c, 'A' - 1) & over('Z' + 1, c) & (c - 'A' + 1);
  value |= over(c, 'a' - 1) & over('z' + 1, c) & (c - 'a' + 27);
  value |= over(c, '0' - 1) & over('9' + 1, c) & (c - '0' + 53);
  value |= over(c, '+' - 1) & over('+' + 1, c) & 63;
  value |= over(c, '/' - 1) & over('/' + 1, c) & 64;
  return static_cast<Sextet>(value - 1);
}

constexpr std::size_t encoded_size(std::size_t bytes) noexcept {
  return (bytes + 2) / 3 * 4;
}

// A piece at a time, so that characters are computed in bulk: 16 groups of 3 bytes or 4 characters.
constexpr std::size_t kGroups = 16;
using Sextets = std::array<Sextet, 4 * kGroups>;

// Up to 48 bytes into sextets; what is missing in the last group counts as zeros.
void split(ByteView bytes, Sextets& out) noexcept {
  std::array<std::uint8_t, 3 * kGroups> whole{};
  std::copy(bytes.begin(), bytes.end(), whole.begin());
  for (std::size_t i = 0; i < kGroups; ++i) {
    const unsigned group =
        static_cast<unsigned>(whole[3 * i]) << 16U | static_cast<unsigned>(whole[3 * i + 1]) << 8U | whole[3 * i + 2];
    for (std::size_t j = 0; j < 4; ++j) out[4 * i + j] = static_cast<Sextet>(group >> (18 - 6 * j) & 63U);
  }
  wipe(whole.data(), whole.size());
}

// out has encoded_size(bytes.size()) characters.
void encode(ByteView bytes, char* out) noexcept {
  Sextets sextets;
  std::array<char, 4 * kGroups> characters;
  for (std::size_t at = 0; at < bytes.size(); at += 3 * kGroups) {
    const ByteView piece = bytes.subspan(at, std::min(3 * kGroups, bytes.size() - at));
    split(piece, sextets);
    std::transform(sextets.begin(), sextets.end(), characters.begin(), char_of);
    const std::size_t size = encoded_size(piece.size());
    const std::size_t padding = (3 - piece.size() % 3) % 3;
    out = std::copy_n(characters.begin(), size - padding, out);
    out = std::fill_n(out, padding, '=');
  }
  wipe(sextets.data(), sextets.size());
  wipe(characters.data(), characters.size());
}

constexpr std::size_t padding_of(std::string_view text) noexcept {
  if (text.ends_with("==")) return 2;
  return text.ends_with('=') ? 1 : 0;
}

// Whole groups of sextets into bytes.
void join(const Sextets& sextets, std::array<std::uint8_t, 3 * kGroups>& out) noexcept {
  for (std::size_t i = 0; i < kGroups; ++i) {
    unsigned group = 0;
    for (std::size_t j = 0; j < 4; ++j) group = group << 6U | (static_cast<unsigned>(sextets[4 * i + j]) & 63U);
    for (std::size_t j = 0; j < 3; ++j) out[3 * i + j] = static_cast<std::uint8_t>(group >> (16 - 8 * j));
  }
}

// out has text.size() / 4 * 3 - padding bytes. False if a character or an unused bit is wrong; out is then of no use.
bool decode(std::string_view text, std::size_t padding, std::uint8_t* out) noexcept {
  std::size_t left = text.size() / 4 * 3 - padding;
  text.remove_suffix(padding);
  unsigned bad = 0;
  std::array<char, 4 * kGroups> characters;
  Sextets sextets;
  std::array<std::uint8_t, 3 * kGroups> bytes;
  while (!text.empty()) {
    characters.fill('A');  // zeros, where the text ends
    text.remove_prefix(text.copy(characters.data(), characters.size()));
    std::transform(characters.begin(), characters.end(), sextets.begin(), value_of);
    for (const Sextet sextet : sextets) bad |= static_cast<unsigned>(sextet) & 0x80U;
    join(sextets, bytes);
    const std::size_t count = std::min(left, bytes.size());
    out = std::copy_n(bytes.begin(), count, out);
    left -= count;
    for (std::size_t i = count; i < bytes.size(); ++i) bad |= bytes[i];  // unused bits must be zero
  }
  wipe(characters.data(), characters.size());
  wipe(sextets.data(), sextets.size());
  wipe(bytes.data(), bytes.size());
  return bad == 0;
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
