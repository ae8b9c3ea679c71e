// Public byte strings: ciphertext, digests, identifiers. Nothing secret is kept in these; see crypto/secret.h for that.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "crypto/result.h"

namespace sluis {

using Bytes = std::vector<std::uint8_t>;
using ByteView = std::span<const std::uint8_t>;
using ByteSpan = std::span<std::uint8_t>;

// The bytes of a text, without a copy. The view lives as long as the text.
inline ByteView bytes_of(std::string_view text) noexcept {
  return {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()};
}
inline std::string_view text_of(ByteView bytes) noexcept {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

// Big-endian, as every Sluis format has it.
void append_u16(Bytes& out, std::uint16_t value);
void append_u32(Bytes& out, std::uint32_t value);
void append_u64(Bytes& out, std::uint64_t value);
// A 32-bit length followed by the bytes: the unit of every canonical encoding.
void append_prefixed(Bytes& out, ByteView bytes);

// Lower-case hexadecimal. from_hex takes nothing else: an odd length, upper case or white space is invalid.
std::string to_hex(ByteView bytes);
Result<Bytes> from_hex(std::string_view text);

// RFC 4648 section 4, padded; strict: no white space, canonical padding bits; anything else is invalid. For public
// bytes; crypto/secret.h has the pair for secrets. No branch and no table index depends on the bytes in either.
std::string to_base64(ByteView bytes);
Result<Bytes> from_base64(std::string_view text);

// Reads a bounded buffer front to back. Every read checks the length (corrupt if too little is left, or a length is
// over the limit given); after a failure every further read fails too and done() stays false. Not thread-safe; views
// point into the buffer given.
class Reader {
 public:
  explicit Reader(ByteView bytes) noexcept : rest_(bytes) {}
  Result<std::uint8_t> u8();
  Result<std::uint16_t> u16();
  Result<std::uint32_t> u32();
  Result<std::uint64_t> u64();
  Result<ByteView> bytes(std::size_t count);
  Result<ByteView> prefixed(std::size_t limit);  // 32-bit length, at most `limit`
  bool done() const noexcept { return !failed_ && rest_.empty(); }
  std::size_t left() const noexcept { return rest_.size(); }

 private:
  template <typename T>
  Result<T> big_endian();
  Error fail() noexcept;

  ByteView rest_;
  bool failed_ = false;
};

}  // namespace sluis
