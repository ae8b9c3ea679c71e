// What both stores do with rows alike: values read back, pages within limits, the counting of an import. Pure.
#pragma once

#include "store/store.h"

namespace sluis::store {

// Rows back into values. Error corrupt.
Result<KeyState> key_state_of(std::int64_t number);
Status copy_key_id(ByteView bytes, KeyId& out);

Status copy_digest(ByteView bytes, Digest& out);

// What an import chunk leaves for a record that was there already, and the state that counts it as an error.
ImportError existing_error(const Record& record);
ImportState state_after(ImportState after, const ChunkResult& result);

// The lowest key version among records; the highest number that a store takes where there are none.
std::uint32_t oldest_key(std::span<const Record> records) noexcept;

// In the order of pages, without repeats.
std::vector<std::string> sorted(std::vector<std::string> ids);

// Databases count in 63 bits.
std::uint64_t clamp_line(std::uint64_t line) noexcept;

// The number of rows a page may hold: `limit`, at most kMaxPageRecords.
std::size_t page_rows(std::size_t limit) noexcept;

// Gathers a page of records within the limits of rows and bytes. One thread at a time.
class PageBuilder {
 public:
  // Whether records are left beyond the page.
  enum class Rest : std::uint8_t { none, some };

  explicit PageBuilder(std::size_t limit) : rows_(page_rows(limit)) {}

  // One row more than the page holds: it tells whether there is more.
  std::size_t rows_to_ask() const noexcept { return rows_ + 1; }
  bool wants_more() const noexcept { return page_.records.size() < rows_ && bytes_ < kMaxPageBytes; }
  void add(Record record) {
    bytes_ += record.envelope.size() + record.open_fields.size();
    page_.records.push_back(std::move(record));
  }
  SearchPage finish(Rest rest) {
    page_.more = rest == Rest::some;
    return std::move(page_);
  }

 private:
  std::size_t rows_;
  std::size_t bytes_ = 0;
  SearchPage page_;
};

}  // namespace sluis::store
