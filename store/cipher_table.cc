#include "store/cipher_table.h"

#include <algorithm>
#include <array>
#include <mutex>
#include <utility>

#include "store/cipher_table_sql.h"
#include "store/pg_connection.h"
#include "store/pg_error.h"

namespace sluis::store {
namespace {

constexpr std::chrono::milliseconds kStatement{60'000};
constexpr std::chrono::milliseconds kCount{std::chrono::hours(12)};  // of all cells of the table
constexpr Error kChanged{Code::invalid, "the adopted table is not there, or not as it was declared"};

// Data exceptions, integrity, and what triggers raise.
bool refuses(std::string_view state) noexcept {
  return state.starts_with("22") || state.starts_with("23") || state.starts_with("P0") || state.starts_with("44");
}

Error error_of(const PgConnection& connection, const Error& error) {
  const std::string_view state = connection.last_state();
  if (state == "42P01" || state == "42703" || state == "3F000" || state == "42883") return kChanged;
  if (state == "42501")
    return {Code::invalid, "a right on the adopted table is missing: SELECT, and UPDATE of its cells"};
  return error;
}

using Connection = std::unique_ptr<PgConnection>;

Result<Connection> connect(const CipherTableOptions& options, std::chrono::milliseconds limit) {
  auto made = PgConnection::connect({options.dsn, limit, options.on_trouble});
  if (!made) return made.error();
  if (const Status set = (*made)->execute(cipher_table_settings(options.lock_wait).c_str()); !set) return set.error();
  return made;
}

// Which column is what, as the catalogue has it.
Result<std::vector<std::string>> key_types(const PgResult& described, const CipherColumns& columns) {
  enum { name, type, holds_text, not_null, may_update, is_table, hides_rows, has_index };
  const auto row_of = [&](const std::string& column) {
    int row = 0;
    while (row < described.rows() && described.text(row, name) != column) ++row;
    return row;
  };
  const auto flag = [&](int row, int column) { return described.bytes(row, column)[0] != 0; };
  for (const auto* list : {&columns.keys, &columns.cells, &columns.values}) {
    for (const std::string& column : *list) {
      if (row_of(column) == described.rows()) {
        return Error{Code::invalid, "the table or one of its columns is not there, or may not be read"};
      }
    }
  }
  if (!flag(0, is_table)) return Error{Code::invalid, "it is no ordinary table"};
  if (flag(0, hides_rows)) return Error{Code::invalid, "row-level security may hide rows from this role"};
  if (!flag(0, has_index)) return Error{Code::invalid, "key_columns are not those of a unique index, in its order"};
  for (const std::string& column : columns.cells) {
    const int row = row_of(column);
    if (!flag(row, holds_text))
      return Error{Code::invalid, "a ciphertext column is neither text nor character varying"};
    if (!flag(row, may_update)) return Error{Code::invalid, "a ciphertext column may not be updated by this role"};
  }
  std::vector<std::string> types;
  for (const std::string& column : columns.keys) {
    if (!flag(row_of(column), not_null)) return Error{Code::invalid, "a key column may be NULL"};
    types.emplace_back(described.text(row_of(column), type));
  }
  return types;
}

class Table final : public CipherTable {
 public:
  Table(CipherTableOptions options, CipherColumns columns, const std::vector<std::string>& types, Connection first)
      : options_(std::move(options)), columns_(std::move(columns)), sql_(columns_, types) {
    idle_.push_back(std::move(first));
  }

  Result<CipherPage> scan(std::span<const std::string> after, std::string_view prefix, std::size_t limit) override {
    PgParams params;
    params.text(prefix).i64(rows(limit));
    for (const std::string& part : after) params.text(part);
    return page(after.empty() ? first_ : next_, params);
  }

  Result<CipherPage> scan_done(std::span<const std::string> after, std::span<const std::string> until,
                               std::string_view prefix, std::size_t limit) override {
    PgParams params;
    params.text(prefix).i64(rows(limit));
    for (const std::string& part : until) params.text(part);
    for (const std::string& part : after) params.text(part);
    return page(after.empty() ? done_ : done_next_, params);
  }

  Result<std::vector<Swapped>> swap(std::span<const RowSwap> swaps) override {
    if (swaps.size() > kMaxRowSwaps) return Error{Code::too_large, "too many cells at a time"};
    std::vector<Swapped> out(swaps.size(), Swapped::overtaken);
    auto connection = take();
    if (!connection) return connection.error();
    if (const Status done = swap(**connection, swaps, out); !done) return done.error();
    give_back(std::move(*connection));
    return out;
  }

  Result<std::map<std::uint32_t, std::uint64_t>> count_versions() override {
    auto connection = connect(options_, kCount);
    if (!connection) return connection.error();
    // A full scan is what is wanted, not a walk by the key's index.
    if (const Status set = (*connection)->execute("set enable_seqscan = on"); !set) return set.error();
    const auto counted = (*connection)->run(count_, PgParams());
    if (!counted) return error_of(**connection, counted.error());
    std::map<std::uint32_t, std::uint64_t> out;
    for (int row = 0; row < counted->rows(); ++row) {
      out[static_cast<std::uint32_t>(counted->number(row, 0))] += counted->size(row, 1);
    }
    return out;
  }

 private:
  static std::int64_t rows(std::size_t limit) { return static_cast<std::int64_t>(std::min(limit, kMaxCipherPage)); }

  Result<Connection> take() {
    {
      const std::lock_guard lock(mutex_);
      while (!idle_.empty()) {
        Connection connection = std::move(idle_.back());
        idle_.pop_back();
        if (connection->healthy()) return connection;
      }
    }
    return connect(options_, kStatement);
  }
  void give_back(Connection connection) {
    if (!connection->at_rest()) return;
    const std::lock_guard lock(mutex_);
    idle_.push_back(std::move(connection));
  }

  Result<CipherPage> page(const PgStatement& statement, const PgParams& params) {
    auto connection = take();
    if (!connection) return connection.error();
    auto read = (*connection)->run(statement, params);
    if (!read) return error_of(**connection, read.error());
    give_back(std::move(*connection));
    auto kept = std::make_shared<const PgResult>(*std::move(read));
    const auto width = static_cast<int>(columns_.keys.size() + columns_.cells.size() + columns_.values.size());
    std::vector<CellText> texts;
    texts.reserve(static_cast<std::size_t>(kept->rows() * width));
    for (int row = 0; row < kept->rows(); ++row) {
      for (int column = 0; column < width; ++column) {
        texts.push_back(kept->null(row, column) ? CellText() : kept->text(row, column));
      }
    }
    return CipherPage(std::move(kept), std::move(texts), columns_);
  }

  // A row that somebody holds, or that the table refuses, fails the statement it is in: halves of it go on without.
  Status swap(PgConnection& connection, std::span<const RowSwap> swaps, std::span<Swapped> out) {
    if (swaps.empty()) return {};
    const Status done = swap_at_once(connection, swaps, out);
    if (done || connection.broken()) return done;
    const std::string state(connection.last_state());
    if (!is_retryable(state) && !refuses(state)) return error_of(connection, done.error());
    if (swaps.size() == 1) {
      out.front() = refuses(state) ? Swapped::refused : Swapped::overtaken;
      return {};
    }
    const std::size_t half = swaps.size() / 2;
    if (const Status left = swap(connection, swaps.first(half), out.first(half)); !left) return left;
    return swap(connection, swaps.subspan(half), out.subspan(half));
  }

  Status swap_at_once(PgConnection& connection, std::span<const RowSwap> swaps, std::span<Swapped> out) {
    PgParams params;
    std::vector<std::string_view> texts(swaps.size());
    const auto add = [&](const auto& text_of) {
      std::transform(swaps.begin(), swaps.end(), texts.begin(), text_of);
      params.texts(std::span<const std::string_view>(texts));
    };
    for (std::size_t i = 0; i < columns_.keys.size(); ++i) {
      add([i](const RowSwap& swap) { return swap.keys[i].value_or(std::string_view()); });
    }
    for (std::size_t i = 0; i < columns_.cells.size(); ++i) {
      add([i](const RowSwap& swap) { return swap.before[i].value_or(std::string_view()); });
      add([i](const RowSwap& swap) { return swap.after[i]; });
    }
    const auto written = connection.run(swap_, params);
    if (!written) return written.error();
    for (int row = 0; row < written->rows(); ++row) out[written->size(row, 0) - 1] = Swapped::yes;
    return {};
  }

  const CipherTableOptions options_;
  const CipherColumns columns_;
  const CipherTableSql sql_;
  // Connections know statements by their place, so they end with the table.
  const PgStatement first_{"cells_first", sql_.first.c_str()};
  const PgStatement next_{"cells_next", sql_.next.c_str()};
  const PgStatement done_{"cells_done", sql_.done.c_str()};
  const PgStatement done_next_{"cells_done_next", sql_.done_next.c_str()};
  const PgStatement swap_{"cells_swap", sql_.swap.c_str()};
  const PgStatement count_{"cells_count", sql_.count.c_str()};
  std::mutex mutex_;
  std::vector<Connection> idle_;
};

bool fits(const CipherColumns& columns) {
  return !columns.keys.empty() && columns.keys.size() <= kMaxCipherKeys && !columns.cells.empty() &&
         columns.cells.size() <= kMaxCipherCells;
}

}  // namespace

Result<std::unique_ptr<CipherTable>> open_cipher_table(CipherTableOptions options, CipherColumns columns) {
  if (!fits(columns))
    return Error{Code::invalid, "an adopted table has 1 to 4 key columns and 1 to 6 with ciphertexts"};
  auto connection = connect(options, kStatement);
  if (!connection) return connection.error();
  std::vector<std::string> all = columns.keys;
  all.insert(all.end(), columns.cells.begin(), columns.cells.end());
  all.insert(all.end(), columns.values.begin(), columns.values.end());
  PgParams params;
  params.text(columns.schema).text(columns.table).texts(all).texts(columns.keys);
  const PgStatement describe{"cells_describe", kDescribeTable};
  const auto described = (*connection)->run(describe, params);
  if (!described) return described.error();
  const auto types = key_types(*described, columns);
  if (!types) return types.error();
  return std::unique_ptr<CipherTable>(
      std::make_unique<Table>(std::move(options), std::move(columns), *types, std::move(*connection)));
}

}  // namespace sluis::store
