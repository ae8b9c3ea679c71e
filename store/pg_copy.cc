#include "store/pg_copy.h"

namespace sluis::store {
namespace {

constexpr std::size_t kPiece = std::size_t{64} << 10U;
// Signature, flags, length of the header's extension.
constexpr std::string_view kHeader{"PGCOPY\n\377\r\n\0\0\0\0\0\0\0\0\0", 19};
constexpr std::string_view kTrailer{"\377\377", 2};

}  // namespace

PgCopy::PgCopy(PgConnection& connection) : connection_(&connection) {
  buffer_.reserve(kPiece + kPiece / 4);
  buffer_.assign(kHeader.begin(), kHeader.end());
}

Result<PgCopy> PgCopy::begin(PgConnection& connection, const char* sql) {
  if (auto ok = connection.copy_begin(sql); !ok) return ok.error();
  return PgCopy(connection);
}

Status PgCopy::row(std::uint16_t fields) {
  if (buffer_.size() >= kPiece) {
    if (auto ok = connection_->copy_piece(buffer_); !ok) return ok;
    buffer_.clear();
  }
  append_u16(buffer_, fields);
  return {};
}

PgCopy& PgCopy::bytes(ByteView value) {
  append_prefixed(buffer_, value);
  return *this;
}

PgCopy& PgCopy::i32(std::uint32_t value) {
  append_u32(buffer_, 4);
  append_u32(buffer_, value);
  return *this;
}

PgCopy& PgCopy::u64(std::uint64_t value) {
  append_u32(buffer_, 8);
  append_u64(buffer_, value);
  return *this;
}

PgCopy& PgCopy::byte_strings(std::span<const Bytes> values) {
  const std::size_t at = buffer_.size();
  append_u32(buffer_, 0);
  append_pg_array(buffer_, values);
  const std::size_t size = buffer_.size() - at - 4;
  for (std::size_t i = 0; i < 4; ++i) buffer_[at + i] = static_cast<std::uint8_t>(size >> (8 * (3 - i)));
  return *this;
}

Status PgCopy::finish() {
  buffer_.insert(buffer_.end(), kTrailer.begin(), kTrailer.end());
  if (auto ok = connection_->copy_piece(buffer_); !ok) return ok;
  return connection_->copy_end();
}

}  // namespace sluis::store
