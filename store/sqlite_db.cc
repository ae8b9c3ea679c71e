#include "store/sqlite_db.h"

namespace sluis::store {
namespace {

// WAL with full sync: a commit that returned is on disk (https://www.sqlite.org/pragma.html#pragma_synchronous).
// Checkpoints come every 4000 pages, so that an import rewrites hot pages less often; the log shrinks back to 64 MiB.
constexpr const char* kWriterSettings =
    "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA foreign_keys=ON; PRAGMA secure_delete=ON;"
    "PRAGMA journal_size_limit=67108864; PRAGMA wal_autocheckpoint=4000; PRAGMA cache_size=-16384;"
    "PRAGMA temp_store=MEMORY; PRAGMA trusted_schema=OFF; PRAGMA cell_size_check=ON;";
constexpr const char* kReaderSettings =
    "PRAGMA query_only=ON; PRAGMA cache_size=-8192; PRAGMA temp_store=MEMORY; PRAGMA trusted_schema=OFF;"
    "PRAGMA cell_size_check=ON;";
constexpr int kBusyTimeoutMs = 5000;

}  // namespace

Error sqlite_error(int code) noexcept {
  switch (code & 0xff) {
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
      return {Code::busy, "the store's file is locked by another process"};
    case SQLITE_FULL:
      return {Code::unavailable, "the store's disk is full"};
    case SQLITE_IOERR:
      return {Code::unavailable, "the store's disk fails"};
    case SQLITE_CANTOPEN:
    case SQLITE_PERM:
    case SQLITE_AUTH:
    case SQLITE_PROTOCOL:
    case SQLITE_READONLY:
      return {Code::unavailable, "the store's file cannot be opened or written"};
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
      return {Code::corrupt, "the store's file is damaged"};
    case SQLITE_CONSTRAINT:
      return {Code::conflict, "a row with this name exists"};
    case SQLITE_TOOBIG:
      return {Code::too_large, "a value is too large for the store"};
    case SQLITE_NOMEM:
      return {Code::unavailable, "out of memory in the store"};
    default:
      return {Code::internal, "unexpected result from SQLite"};
  }
}

SqliteQuery::~SqliteQuery() {
  if (statement_ == nullptr) return;
  sqlite3_reset(statement_);
  sqlite3_clear_bindings(statement_);
}

void SqliteQuery::keep(int code) noexcept {
  if (code != SQLITE_OK && error_ == SQLITE_OK) error_ = code;
}

SqliteQuery& SqliteQuery::bind(std::string_view text) {
  // A null pointer would bind NULL; an empty text is a value.
  const char* data = text.data() == nullptr ? "" : text.data();
  if (statement_ != nullptr) keep(sqlite3_bind_text64(statement_, next_++, data, text.size(), nullptr, SQLITE_UTF8));
  return *this;
}

SqliteQuery& SqliteQuery::bind(ByteView blob) {
  if (statement_ == nullptr) return *this;
  if (blob.empty()) {
    keep(sqlite3_bind_zeroblob(statement_, next_++, 0));
    return *this;
  }
  keep(sqlite3_bind_blob64(statement_, next_++, blob.data(), blob.size(), nullptr));
  return *this;
}

SqliteQuery& SqliteQuery::bind(std::int64_t number) {
  if (statement_ != nullptr) keep(sqlite3_bind_int64(statement_, next_++, number));
  return *this;
}

Result<bool> SqliteQuery::step() {
  if (error_ == SQLITE_ERROR)
    return Error{Code::unavailable, "the store's schema is not in place: run sluisd --migrate"};
  if (error_ != SQLITE_OK) return sqlite_error(error_);
  const int code = sqlite3_step(statement_);
  if (code == SQLITE_ROW) return true;
  if (code == SQLITE_DONE) return false;
  return sqlite_error(code);
}

Status SqliteQuery::run() {
  for (;;) {
    auto row = step();
    if (!row) return row.error();
    if (!*row) return {};
  }
}

void SqliteQuery::rewind() noexcept {
  if (statement_ != nullptr) sqlite3_reset(statement_);
  next_ = 1;
}

std::string SqliteQuery::text(int column) const {
  return std::string(text_view(column));
}

std::string_view SqliteQuery::text_view(int column) const noexcept {
  const auto* data = reinterpret_cast<const char*>(sqlite3_column_text(statement_, column));
  if (data == nullptr) return {};
  return {data, static_cast<std::size_t>(sqlite3_column_bytes(statement_, column))};
}

Bytes SqliteQuery::blob(int column) const {
  const auto* data = static_cast<const std::uint8_t*>(sqlite3_column_blob(statement_, column));
  if (data == nullptr) return {};
  return {data, data + sqlite3_column_bytes(statement_, column)};
}

Result<std::unique_ptr<SqliteDb>> SqliteDb::open(const std::string& path, Role role) {
  sqlite3* raw = nullptr;
  // Readers open for writing too: in WAL mode they take part in the shared index; query_only keeps them from writing.
  const int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE;
  const int code = sqlite3_open_v2(path.c_str(), &raw, flags, nullptr);
  std::unique_ptr<SqliteDb> db(new SqliteDb(raw));
  if (code != SQLITE_OK) return sqlite_error(code);
  sqlite3_busy_timeout(raw, kBusyTimeoutMs);
  sqlite3_db_config(raw, SQLITE_DBCONFIG_DEFENSIVE, 1, nullptr);
  const char* settings = role == Role::writer ? kWriterSettings : kReaderSettings;
  if (auto ok = db->execute(settings); !ok) return ok.error();
  return db;
}

SqliteDb::~SqliteDb() {
  for (const auto& [sql, statement] : statements_) sqlite3_finalize(statement);
  sqlite3_close_v2(db_);
}

SqliteQuery SqliteDb::query(const char* sql) {
  auto& statement = statements_[sql];
  int code = SQLITE_OK;
  if (statement == nullptr) code = sqlite3_prepare_v3(db_, sql, -1, SQLITE_PREPARE_PERSISTENT, &statement, nullptr);
  return {statement, code};
}

Status SqliteDb::execute(const char* sql) {
  const int code = sqlite3_exec(db_, sql, nullptr, nullptr, nullptr);
  if (code != SQLITE_OK) return sqlite_error(code);
  return {};
}

SqliteSnapshot::~SqliteSnapshot() {
  if (db_.in_transaction()) static_cast<void>(db_.query("COMMIT").run());
}

}  // namespace sluis::store
