#include <fcntl.h>
#include <unistd.h>

#include <filesystem>
#include <utility>

#include "store/backup.h"
#include "store/checks.h"
#include "store/sqlite_db.h"
#include "store/sqlite_keys.h"
#include "store/sqlite_migrate.h"
#include "store/sqlite_records.h"

namespace sluis::store {
namespace {

constexpr int kPagesAtATime = 2048;

class SqliteState final : public Snapshot {
 public:
  explicit SqliteState(std::unique_ptr<SqliteDb> db) : db_(std::move(db)), transaction_(*db_) {}
  const Status& begun() const noexcept { return transaction_.begun(); }

  Result<std::vector<std::string>> collections() override {
    std::vector<std::string> out;
    for (std::string after;;) {
      auto query = db_->query("select collection from records where collection > ? order by collection limit 1");
      const auto row = query.bind(after).step();
      if (!row) return row.error();
      if (!*row) return out;
      out.push_back(after = query.text(0));
    }
  }
  Result<SearchPage> scan(std::string_view collection, std::string_view after, std::size_t limit) override {
    if (auto ok = check_search(collection, {}, after, limit); !ok) return ok.error();
    return sqlite::search(*db_, collection, {}, after, limit);
  }
  Result<std::vector<std::string>> list_keys(std::string_view after, std::size_t limit) override {
    if (auto ok = check_list("", after); !ok) return ok.error();
    return sqlite::list_keys(*db_, "", after, limit);
  }
  Result<Key> get_key(std::string_view name) override { return sqlite::get_key(*db_, name); }
  Result<std::int64_t> schema() override { return sqlite::schema_version(*db_); }
  std::string_view exported() const noexcept override { return {}; }

 private:
  std::unique_ptr<SqliteDb> db_;
  SqliteSnapshot transaction_;
};

struct Closed {
  void operator()(sqlite3* db) const noexcept { sqlite3_close_v2(db); }
};
using Handle = std::unique_ptr<sqlite3, Closed>;

Result<Handle> open_raw(const std::string& path, const char* settings) {
  sqlite3* raw = nullptr;
  const int code = sqlite3_open_v2(path.c_str(), &raw, SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX, nullptr);
  Handle db(raw);
  if (code != SQLITE_OK) return sqlite_error(code);
  sqlite3_busy_timeout(raw, 5000);
  const int set = sqlite3_exec(raw, settings, nullptr, nullptr, nullptr);
  if (set != SQLITE_OK) return sqlite_error(set);
  return db;
}

Status make_file(const std::string& path) {
  const int fd = open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
  if (fd < 0)
    return errno == EEXIST ? Error{Code::conflict, "the file is there already"}
                           : Error{Code::unavailable, "the copy's file cannot be made"};
  close(fd);
  return {};
}

Status copy_pages(sqlite3* from, sqlite3* to, const CopyProgress& progress) {
  sqlite3_backup* const copy = sqlite3_backup_init(to, "main", from, "main");
  if (copy == nullptr) return sqlite_error(sqlite3_errcode(to));
  int code = SQLITE_OK;
  bool wanted = true;
  while (code == SQLITE_OK && wanted) {
    code = sqlite3_backup_step(copy, kPagesAtATime);
    const auto total = static_cast<std::uint64_t>(sqlite3_backup_pagecount(copy));
    wanted = progress(total - static_cast<std::uint64_t>(sqlite3_backup_remaining(copy)), total);
  }
  const int finished = sqlite3_backup_finish(copy);
  if (!wanted) return Error{Code::unavailable, "the copy was stopped"};
  if (code != SQLITE_DONE) return sqlite_error(code);
  return finished == SQLITE_OK ? Status() : sqlite_error(finished);
}

Status sync_file(const std::string& path) {
  const int fd = open(path.c_str(), O_RDONLY | O_CLOEXEC);
  const bool synced = fd >= 0 && fsync(fd) == 0;
  if (fd >= 0) close(fd);
  return synced ? Status() : Error{Code::unavailable, "the copy cannot be brought to the disk"};
}

// True if the table is there and has a row.
Result<bool> has_rows(sqlite3* db, const std::string& table) {
  sqlite3_stmt* raw = nullptr;
  const int prepared = sqlite3_prepare_v2(db, ("select 1 from " + table + " limit 1").c_str(), -1, &raw, nullptr);
  if (prepared == SQLITE_ERROR) return false;  // no such table
  const std::unique_ptr<sqlite3_stmt, int (*)(sqlite3_stmt*)> statement(raw, sqlite3_finalize);
  if (prepared != SQLITE_OK) return sqlite_error(prepared);
  const int code = sqlite3_step(raw);
  if (code != SQLITE_ROW && code != SQLITE_DONE) return sqlite_error(code);
  return code == SQLITE_ROW;
}

}  // namespace

Result<std::unique_ptr<Snapshot>> snapshot_sqlite(const std::string& path) {
  auto db = SqliteDb::open(path, SqliteDb::Role::reader);
  if (!db) return db.error();
  auto state = std::make_unique<SqliteState>(*std::move(db));
  if (!state->begun()) return state->begun().error();
  // The state is fixed by the first read.
  if (const auto fixed = state->collections(); !fixed) return fixed.error();
  return std::unique_ptr<Snapshot>(std::move(state));
}

Status copy_sqlite(const std::string& from, const std::string& to, const CopyProgress& progress) {
  // A read transaction that is open for all of the copy: it never begins anew, however much others write.
  const auto source = open_raw(from, "PRAGMA query_only=ON; BEGIN; SELECT 1 FROM sqlite_schema LIMIT 1;");
  if (!source) return source.error();
  if (const auto made = make_file(to); !made) return made;
  {
    const auto target = open_raw(to, "PRAGMA journal_mode=OFF; PRAGMA synchronous=OFF;");
    if (!target) return target.error();
    if (const auto copied = copy_pages(source->get(), target->get(), progress); !copied) return copied;
  }
  return sync_file(to);
}

Result<bool> sqlite_is_empty(const std::string& path) {
  std::error_code error;
  if (!std::filesystem::exists(path, error) && !error) return true;
  const auto db = open_raw(path, "PRAGMA query_only=ON;");
  if (!db) return db.error();
  for (const std::string& table : table_names()) {
    const auto rows = has_rows(db->get(), table);
    if (!rows) return rows.error();
    if (*rows) return false;
  }
  return true;
}

Status forget_sessions_sqlite(const std::string& path) {
  auto db = SqliteDb::open(path, SqliteDb::Role::writer);
  if (!db) return db.error();
  return (*db)->execute(
      "delete from login_tokens; delete from leases; delete from documents where kind like 'approval%'");
}

}  // namespace sluis::store
