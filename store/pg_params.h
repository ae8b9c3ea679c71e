// Parameters of a prepared statement in PostgreSQL's binary format. Texts and byte strings are not copied: they outlive
// the call. Numbers and arrays are encoded here. One thread at a time.
#pragma once

#include <array>
#include <deque>
#include <span>
#include <string>
#include <vector>

#include "crypto/bytes.h"

namespace sluis::store {

class PgParams {
 public:
  PgParams() = default;
  PgParams(const PgParams&) = delete;
  PgParams& operator=(const PgParams&) = delete;

  PgParams& text(std::string_view value) { return add(value.data(), value.size()); }
  PgParams& bytes(ByteView value) { return add(value.data(), value.size()); }
  PgParams& i16(std::int64_t value) { return number(static_cast<std::uint64_t>(value), 2); }
  PgParams& i32(std::int64_t value) { return number(static_cast<std::uint64_t>(value), 4); }
  PgParams& i64(std::int64_t value) { return number(static_cast<std::uint64_t>(value), 8); }
  PgParams& u64(std::uint64_t value) { return number(value, 8); }
  PgParams& null();

  // One-dimensional arrays without nulls.
  PgParams& texts(std::span<const std::string> values);
  PgParams& texts(std::span<const std::string_view> values);
  PgParams& byte_strings(std::span<const Bytes> values);
  PgParams& byte_strings(std::span<const ByteView> values);
  PgParams& i16s(std::span<const std::int64_t> values) { return numbers(values, 21, 2); }
  PgParams& i32s(std::span<const std::int64_t> values) { return numbers(values, 23, 4); }
  PgParams& i64s(std::span<const std::int64_t> values) { return numbers(values, 20, 8); }

  int count() const noexcept { return count_; }
  const char* const* values() const noexcept { return values_.data(); }
  const int* lengths() const noexcept { return lengths_.data(); }
  const int* formats() const noexcept { return formats_.data(); }

 private:
  static constexpr std::size_t kMax = 16;
  PgParams& add(const void* data, std::size_t size);
  PgParams& number(std::uint64_t value, std::size_t width);
  PgParams& numbers(std::span<const std::int64_t> values, std::uint32_t type, std::size_t width);

  int count_ = 0;
  std::array<const char*, kMax> values_{};
  std::array<int, kMax> lengths_{};
  std::array<int, kMax> formats_{};
  std::array<std::array<std::uint8_t, 8>, kMax> numbers_{};
  std::deque<Bytes> arrays_;  // a deque keeps the addresses of what it holds
};

// The binary form of an array, as array_recv reads it: dimensions, flags, element type, length, lower bound, elements.
inline constexpr std::uint32_t kPgBytea = 17;
inline constexpr std::uint32_t kPgText = 25;
void append_pg_array_header(Bytes& out, std::uint32_t type, std::size_t count);
void append_pg_array(Bytes& out, std::span<const Bytes> values);

// The byte strings of an array in binary form. Error corrupt for any other array.
Result<std::vector<Bytes>> pg_array_of(ByteView array);

// Byte strings as the text that array_in reads: {"\\x6162","\\x63"}.
std::string pg_array_text(std::span<const Bytes> values);

}  // namespace sluis::store
