// One SQLite connection and its prepared statements. Used by one thread at a time; the pools see to that.
// Errors: busy (another process holds the lock), unavailable (disk full or failing, file away), corrupt, conflict
// (a constraint), too_large, internal.
#pragma once

#include <sqlite3.h>

#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>

#include "crypto/bytes.h"

namespace sluis::store {

// The Error for a result code of SQLite (https://www.sqlite.org/rescode.html).
Error sqlite_error(int code) noexcept;

// One execution of a prepared statement; resets it when it goes. Values bound are not copied: they outlive the query.
class SqliteQuery {
 public:
  SqliteQuery(sqlite3_stmt* statement, int prepared) noexcept : statement_(statement), error_(prepared) {}
  SqliteQuery(const SqliteQuery&) = delete;
  SqliteQuery& operator=(const SqliteQuery&) = delete;
  ~SqliteQuery();

  SqliteQuery& bind(std::string_view text);
  SqliteQuery& bind(ByteView blob);
  SqliteQuery& bind(std::int64_t number);
  SqliteQuery& bind_size(std::uint64_t number) { return bind(static_cast<std::int64_t>(number)); }

  // True if there is a row to read.
  Result<bool> step();
  // Runs to the end, for statements without rows.
  Status run();
  // Back to before the first row, with the values kept.
  void rewind() noexcept;

  std::int64_t number(int column) const noexcept { return sqlite3_column_int64(statement_, column); }
  std::uint64_t size(int column) const noexcept { return static_cast<std::uint64_t>(number(column)); }
  std::string text(int column) const;
  Bytes blob(int column) const;
  // A view that lives until the next step.
  std::string_view text_view(int column) const noexcept;

 private:
  void keep(int code) noexcept;
  sqlite3_stmt* statement_;
  int next_ = 1;
  int error_;  // the first failure of preparing or binding
};

class SqliteDb {
 public:
  enum class Role : std::uint8_t { writer, reader };

  // Opens a file that exists. The writer may migrate and checkpoint; readers cannot write.
  static Result<std::unique_ptr<SqliteDb>> open(const std::string& path, Role role);
  SqliteDb(const SqliteDb&) = delete;
  SqliteDb& operator=(const SqliteDb&) = delete;
  ~SqliteDb();

  // `sql` is a literal: statements are prepared once and kept by its address.
  SqliteQuery query(const char* sql);
  // One or more statements without parameters or rows.
  Status execute(const char* sql);
  std::int64_t changes() const noexcept { return sqlite3_changes64(db_); }
  bool in_transaction() const noexcept { return sqlite3_get_autocommit(db_) == 0; }

 private:
  explicit SqliteDb(sqlite3* db) noexcept : db_(db) {}
  sqlite3* db_;
  std::unordered_map<const char*, sqlite3_stmt*> statements_;
};

// A read transaction: all queries within see one state of the database.
class SqliteSnapshot {
 public:
  explicit SqliteSnapshot(SqliteDb& db) : db_(db), begun_(db.query("BEGIN").run()) {}
  SqliteSnapshot(const SqliteSnapshot&) = delete;
  SqliteSnapshot& operator=(const SqliteSnapshot&) = delete;
  ~SqliteSnapshot();
  const Status& begun() const noexcept { return begun_; }

 private:
  SqliteDb& db_;
  Status begun_;
};

}  // namespace sluis::store
