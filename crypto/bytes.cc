#include "crypto/bytes.h"

#include <array>

namespace sluis {
namespace {

template <typename T>
void append_big_endian(Bytes& out, T value) {
  std::array<std::uint8_t, sizeof(T)> bytes;
  for (std::size_t i = 0; i < sizeof(T); ++i) bytes[i] = static_cast<std::uint8_t>(value >> (8 * (sizeof(T) - 1 - i)));
  out.insert(out.end(), bytes.begin(), bytes.end());
}

// 0 to 15, or -1 for anything but 0-9 and a-f.
int nibble_of(char c) noexcept {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  return -1;
}

}  // namespace

void append_u16(Bytes& out, std::uint16_t value) {
  append_big_endian(out, value);
}
void append_u32(Bytes& out, std::uint32_t value) {
  append_big_endian(out, value);
}
void append_u64(Bytes& out, std::uint64_t value) {
  append_big_endian(out, value);
}

void append_prefixed(Bytes& out, ByteView bytes) {
  append_u32(out, static_cast<std::uint32_t>(bytes.size()));
  out.insert(out.end(), bytes.begin(), bytes.end());
}

std::string to_hex(ByteView bytes) {
  static constexpr std::string_view digits = "0123456789abcdef";
  std::string text;
  text.reserve(bytes.size() * 2);
  for (const std::uint8_t byte : bytes) {
    text.push_back(digits[byte >> 4U]);
    text.push_back(digits[byte & 15U]);
  }
  return text;
}

Result<Bytes> from_hex(std::string_view text) {
  if (text.size() % 2 != 0) return Error{Code::invalid, "hexadecimal text of odd length"};
  Bytes bytes;
  bytes.reserve(text.size() / 2);
  for (std::size_t i = 0; i < text.size(); i += 2) {
    const int high = nibble_of(text[i]);
    const int low = nibble_of(text[i + 1]);
    if (high < 0 || low < 0) return Error{Code::invalid, "not lower-case hexadecimal"};
    bytes.push_back(static_cast<std::uint8_t>(high * 16 + low));
  }
  return bytes;
}

Error Reader::fail() noexcept {
  failed_ = true;
  return {Code::corrupt, "shorter than its format, or a length over its limit"};
}

Result<ByteView> Reader::bytes(std::size_t count) {
  if (failed_ || count > rest_.size()) return fail();
  const ByteView taken = rest_.first(count);
  rest_ = rest_.subspan(count);
  return taken;
}

template <typename T>
Result<T> Reader::big_endian() {
  const auto taken = bytes(sizeof(T));
  if (!taken) return taken.error();
  std::uint64_t value = 0;
  for (const std::uint8_t byte : *taken) value = value << 8U | byte;
  return static_cast<T>(value);
}

Result<std::uint8_t> Reader::u8() {
  return big_endian<std::uint8_t>();
}
Result<std::uint16_t> Reader::u16() {
  return big_endian<std::uint16_t>();
}
Result<std::uint32_t> Reader::u32() {
  return big_endian<std::uint32_t>();
}
Result<std::uint64_t> Reader::u64() {
  return big_endian<std::uint64_t>();
}

Result<ByteView> Reader::prefixed(std::size_t limit) {
  const auto count = u32();
  if (!count) return count.error();
  if (*count > limit) return fail();
  return bytes(*count);
}

}  // namespace sluis
