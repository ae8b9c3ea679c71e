// A table of the user's own PostgreSQL whose ciphertext cells are re-encrypted in place ("adopted"): found by a
// connection string, read in pages by its key, written by compare-and-set on the old cell. Sees ciphertext alone.
// Names are quoted for the server, never pasted. A small pool of its own connections. Thread-safe; calls may block.
// Errors: unavailable when the database is away, failing over, or its role lacks a privilege; busy when no connection
// came free in time; invalid for a table that does not fit, with a text that says why.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "crypto/result.h"

namespace sluis::store {

inline constexpr std::size_t kMaxAdoptedColumns = 8;  // of a key, and of associated data
inline constexpr std::size_t kMaxAdoptedNameBytes = 63;
inline constexpr std::size_t kMaxAdoptedRows = 10'000;  // larger limits are lowered to this
inline constexpr std::size_t kMaxAdoptedCellBytes = std::size_t{1} << 20U;
inline constexpr std::size_t kMaxAdoptedPageBytes = std::size_t{16}
                                                    << 20U;  // a page stops after the row that reaches it
inline constexpr std::size_t kMaxCellUpdates = 10'000;

struct AdoptedTable {
  std::string dsn;  // libpq's, with TLS as the store's own must have (require_tls) unless the caller allowed otherwise
  std::string schema;  // empty: along the search path
  std::string table;
  std::vector<std::string> key_columns;   // together unique and not null; of any type that orders and reads as text
  std::string cell_column;                // text or varchar: "vault:v1:…"
  std::vector<std::string> data_columns;  // what associated data is made of: any type, read as text
};

// A row's cell and what is needed to open it and to find it again. Values as PostgreSQL prints them as text.
struct AdoptedRow {
  std::vector<std::string> key;
  std::string cell;
  std::vector<std::string> data;  // NULL reads as the empty text, and `nulls` has its index
  std::vector<std::size_t> nulls;
};

struct AdoptedPage {
  std::vector<AdoptedRow> rows;  // in the order of the key; empty only if nothing is left
  bool more = false;             // exact
};

struct CellUpdate {
  const std::vector<std::string>* key;  // all three outlive the call
  const std::string* before;
  const std::string* after;
};

// What the table holds, by the version that a cell's prefix names.
struct AdoptedCount {
  std::string prefix;  // "vault:v3:", or empty for cells that are no ciphertext
  std::uint64_t cells = 0;
};

class Adopted {
 public:
  struct Options {
    std::size_t connections = 2;
    std::chrono::milliseconds wait{2000};
    std::chrono::milliseconds statement_timeout{30000};
    std::function<void(std::string_view sqlstate, std::string_view text)> on_trouble;
  };

  virtual ~Adopted() = default;

  // Whether the table is there and fits: columns exist, the key is a unique and valid index over columns that are never
  // NULL, the cell is text or varchar, no column serves twice, and the role may read and update it.
  virtual Status validate() = 0;
  // Rows whose cell is not NULL, starts with `scheme` ("vault:v") and does not start with `newest` ("vault:v7:"), with
  // keys greater than `after` (empty: from the start) in the order of the key.
  virtual Result<AdoptedPage> page(std::string_view scheme, std::string_view newest,
                                   const std::vector<std::string>& after, std::size_t limit) = 0;
  // Sets each cell that still is what it was before; gives the ascending indexes of those that are not (changed, or
  // their row is gone). One statement: all the others, or none. invalid for a key twice; too_large past
  // kMaxCellUpdates.
  virtual Result<std::vector<std::size_t>> update(std::span<const CellUpdate> updates) = 0;
  // A full scan, part by part: how many cells stand under each version of the scheme, ordered by prefix.
  virtual Result<std::vector<AdoptedCount>> count(std::string_view scheme) = 0;
};

// Does not connect yet. Error invalid for a connection string or names that cannot be.
Result<std::unique_ptr<Adopted>> open_adopted(AdoptedTable table, Adopted::Options options);

}  // namespace sluis::store
