#include "store/pg_params.h"

#include <stdexcept>

namespace sluis::store {

PgParams& PgParams::add(const void* data, std::size_t size) {
  const auto at = static_cast<std::size_t>(count_);
  if (at == kMax) throw std::logic_error("too many parameters");
  // libpq takes a null pointer for NULL; an empty value is a value.
  values_[at] = data == nullptr ? "" : static_cast<const char*>(data);
  lengths_[at] = static_cast<int>(size);
  formats_[at] = 1;
  ++count_;
  return *this;
}

PgParams& PgParams::null() {
  add(nullptr, 0);
  values_[static_cast<std::size_t>(count_) - 1] = nullptr;
  return *this;
}

PgParams& PgParams::number(std::uint64_t value, std::size_t width) {
  auto& bytes = numbers_.at(static_cast<std::size_t>(count_));
  for (std::size_t i = 0; i < width; ++i) {
    bytes[i] = static_cast<std::uint8_t>(value >> (8 * (width - 1 - i)));
  }
  return add(bytes.data(), width);
}

PgParams& PgParams::numbers(std::span<const std::int64_t> values, std::uint32_t type, std::size_t width) {
  Bytes& out = arrays_.emplace_back();
  append_pg_array_header(out, type, values.size());
  for (const std::int64_t value : values) {
    append_u32(out, static_cast<std::uint32_t>(width));
    for (std::size_t i = width; i-- > 0;) {
      out.push_back(static_cast<std::uint8_t>(static_cast<std::uint64_t>(value) >> (8 * i)));
    }
  }
  return bytes(out);
}

PgParams& PgParams::texts(std::span<const std::string> values) {
  Bytes& out = arrays_.emplace_back();
  append_pg_array_header(out, kPgText, values.size());
  for (const std::string& value : values) append_prefixed(out, bytes_of(value));
  return bytes(out);
}

PgParams& PgParams::texts(std::span<const std::string_view> values) {
  Bytes& out = arrays_.emplace_back();
  append_pg_array_header(out, kPgText, values.size());
  for (const std::string_view value : values) append_prefixed(out, bytes_of(value));
  return bytes(out);
}

PgParams& PgParams::byte_strings(std::span<const ByteView> values) {
  Bytes& out = arrays_.emplace_back();
  append_pg_array_header(out, kPgBytea, values.size());
  for (const ByteView value : values) append_prefixed(out, value);
  return bytes(out);
}

PgParams& PgParams::byte_strings(std::span<const Bytes> values) {
  Bytes& out = arrays_.emplace_back();
  append_pg_array(out, values);
  return bytes(out);
}

void append_pg_array_header(Bytes& out, std::uint32_t type, std::size_t count) {
  append_u32(out, count == 0 ? 0 : 1);  // dimensions
  append_u32(out, 0);                   // no nulls
  append_u32(out, type);
  if (count == 0) return;
  append_u32(out, static_cast<std::uint32_t>(count));
  append_u32(out, 1);  // lower bound
}

void append_pg_array(Bytes& out, std::span<const Bytes> values) {
  append_pg_array_header(out, kPgBytea, values.size());
  for (const Bytes& value : values) append_prefixed(out, value);
}

Result<std::vector<Bytes>> pg_array_of(ByteView array) {
  constexpr Error kBad{Code::corrupt, "an array of the database is not one of byte strings"};
  Reader reader(array);
  const auto dimensions = reader.u32(), nulls = reader.u32(), type = reader.u32();
  if (!type || *dimensions > 1 || *nulls != 0 || *type != kPgBytea) return kBad;
  std::vector<Bytes> values;
  if (*dimensions == 0) return values;
  const auto count = reader.u32(), lower = reader.u32();
  if (!count || !lower) return kBad;
  for (std::uint32_t i = 0; i < *count; ++i) {
    const auto value = reader.prefixed(reader.left());
    if (!value) return kBad;
    values.emplace_back(value->begin(), value->end());
  }
  if (!reader.done()) return kBad;
  return values;
}

std::string pg_array_text(std::span<const Bytes> values) {
  std::string text = "{";
  for (const Bytes& value : values) {
    text += text.size() == 1 ? "\"\\\\x" : ",\"\\\\x";
    text += to_hex(value);
    text += '"';
  }
  text += '}';
  return text;
}

}  // namespace sluis::store
