// Tables of the user's own PostgreSQL with cells that hold ciphertexts: read in the order of their key, and changed by
// compare-and-set on the old cell. That is all the fence there is, and all that is needed: whoever comes late, a
// writer that was frozen too, finds another cell than the one it read. Nothing is made in the database. Values are the
// texts that PostgreSQL writes under fixed settings (DateStyle ISO, time zone UTC, bytea in hex, shortest exact
// floats), so that a row gives the same texts each time.
// Errors: unavailable, as for a store; invalid for a table that is not as it was described, or whose database refuses
// what is asked.
#pragma once

#include <chrono>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "crypto/result.h"

namespace sluis::store {

inline constexpr std::size_t kMaxCipherKeys = 4;   // columns
inline constexpr std::size_t kMaxCipherCells = 6;  // columns
inline constexpr std::size_t kMaxRowSwaps = 10'000;
inline constexpr std::size_t kMaxCipherPage = 10'000;  // rows; larger limits are lowered to this

struct CipherTableOptions {
  std::string dsn;                           // libpq's; see PostgresOptions
  std::chrono::milliseconds lock_wait{100};  // for a row that somebody else is changing
  std::function<void(std::string_view sqlstate, std::string_view text)> on_trouble;
};

struct CipherColumns {
  std::string schema, table;
  std::vector<std::string> keys;    // in the order of a unique index; none of them may be NULL
  std::vector<std::string> cells;   // of type text or character varying
  std::vector<std::string> values;  // read along with them
};

using CellText = std::optional<std::string_view>;  // none: NULL

// Rows, in the order of their keys. The views live as long as the page.
class CipherPage {
 public:
  CipherPage(std::shared_ptr<const void> memory, std::vector<CellText> texts, const CipherColumns& columns)
      : memory_(std::move(memory)),
        texts_(std::move(texts)),
        keys_(columns.keys.size()),
        cells_(columns.cells.size()),
        width_(keys_ + cells_ + columns.values.size()) {}

  std::size_t rows() const noexcept { return texts_.size() / width_; }
  std::span<const CellText> keys(std::size_t row) const { return part(row, 0, keys_); }
  std::span<const CellText> cells(std::size_t row) const { return part(row, keys_, cells_); }
  std::span<const CellText> values(std::size_t row) const { return part(row, keys_ + cells_, width_ - keys_ - cells_); }

 private:
  std::span<const CellText> part(std::size_t row, std::size_t at, std::size_t count) const {
    return std::span(texts_).subspan(row * width_ + at, count);
  }
  std::shared_ptr<const void> memory_;
  std::vector<CellText> texts_;
  std::size_t keys_, cells_, width_;
};

// The cells of one row. All of it outlives the call.
struct RowSwap {
  std::span<const CellText> keys;
  std::span<const CellText> before;         // by place in CipherColumns::cells
  std::span<const std::string_view> after;  // empty: that cell stays, and is not looked at
};

enum class Swapped : std::uint8_t {
  yes,
  overtaken,  // the row is gone, is being changed, or has another cell than the one before
  refused,    // by the table: a constraint, a trigger, a length
};

// Thread-safe.
class CipherTable {
 public:
  CipherTable() = default;
  CipherTable(const CipherTable&) = delete;
  CipherTable& operator=(const CipherTable&) = delete;
  virtual ~CipherTable() = default;

  // Rows after that key (empty: from the first) of which a cell that is not NULL does not begin with `prefix` (empty:
  // all rows with a cell).
  virtual Result<CipherPage> scan(std::span<const std::string> after, std::string_view prefix, std::size_t limit) = 0;
  // Rows after that key (empty: from the first) up to and with `until` of which a cell begins with `prefix`.
  virtual Result<CipherPage> scan_done(std::span<const std::string> after, std::span<const std::string> until,
                                       std::string_view prefix, std::size_t limit) = 0;
  // What became of each, in the order of `swaps`: all cells of a row or none. Those that are `yes` are durable.
  virtual Result<std::vector<Swapped>> swap(std::span<const RowSwap> swaps) = 0;
  // Cells that are not NULL by the version in "vault:v<N>:", 0 for those that do not begin so: a full scan by the
  // server. Version 0 counts as 1.
  virtual Result<std::map<std::uint32_t, std::uint64_t>> count_versions() = 0;
};

// Connects, and looks at the table. Errors: unavailable; invalid, with what is wrong, if it is not a table with these
// columns and a unique index on the keys in that order, if a column has an unfit type, or a right is missing.
Result<std::unique_ptr<CipherTable>> open_cipher_table(CipherTableOptions options, CipherColumns columns);

}  // namespace sluis::store
