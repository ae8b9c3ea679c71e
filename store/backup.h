// What backups need of the databases beyond store/store.h: a copy that is consistent while the store is written to, one
// state of a store that can be read for as long as it takes, and whether a store is empty. Errors are the store's.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "store/postgres_store.h"
#include "store/store.h"

namespace sluis::store {

// One state of a store, whatever is written meanwhile. One thread at a time.
class Snapshot {
 public:
  Snapshot() = default;
  Snapshot(const Snapshot&) = delete;
  Snapshot& operator=(const Snapshot&) = delete;
  virtual ~Snapshot() = default;

  // Names of the collections that have records, whether or not the configuration knows them; ordered byte by byte.
  virtual Result<std::vector<std::string>> collections() = 0;
  // Both as the store's own.
  virtual Result<SearchPage> scan(std::string_view collection, std::string_view after, std::size_t limit) = 0;
  virtual Result<std::vector<std::string>> list_keys(std::string_view after, std::size_t limit) = 0;
  virtual Result<Key> get_key(std::string_view name) = 0;
  // Version of the schema; 0: none.
  virtual Result<std::int64_t> schema() = 0;
  // PostgreSQL: what `pg_dump --snapshot` takes, as long as this lives. SQLite: empty.
  virtual std::string_view exported() const noexcept = 0;
};

Result<std::unique_ptr<Snapshot>> snapshot_sqlite(const std::string& path);
Result<std::unique_ptr<Snapshot>> snapshot_postgres(const PostgresOptions& options);

// Told after every piece of a copy: pages copied, pages in all. False stops the copy (error unavailable).
using CopyProgress = std::function<bool(std::uint64_t done, std::uint64_t total)>;

// A copy of the file as it was at one moment, by SQLite's online backup (https://www.sqlite.org/backup.html), while
// others go on writing. `to` is made anew with mode 0600 (conflict if it exists) and is on disk at return, but for the
// entry in its folder; after an error it may be there in part.
Status copy_sqlite(const std::string& from, const std::string& to, const CopyProgress& progress);

// Whether nothing is stored: no file, no tables, or none with a row in it (what the schema itself notes aside).
Result<bool> sqlite_is_empty(const std::string& path);
Result<bool> postgres_is_empty(const PostgresOptions& options);

// The tables of Sluis' own, without the one that notes the schema's version.
std::vector<std::string> table_names();

// A PostgreSQL database for restoring on trial. begin: conflict if it holds a store, which is any table of Sluis' that
// was not put there by a trial; then empties it. end: empties it.
Status begin_scratch(const PostgresOptions& options);
Status end_scratch(const PostgresOptions& options);
// Removes the tables of Sluis' own from a database that postgres_is_empty.
Status drop_empty_tables(const PostgresOptions& options);

// Notes that the schema is at `version`. A dump leaves that out, so that a store that is restored in part is none.
Status mark_schema(const PostgresOptions& options, std::int64_t version);

// A restored store's logins and leases are those of the past: none of them counts any more.
Status forget_sessions_sqlite(const std::string& path);
Status forget_sessions_postgres(const PostgresOptions& options);

}  // namespace sluis::store
