// The databases that backups are made of and restored into, by kind: the store's own, and others given by a path or a
// connection string. Thread-safe.
#pragma once

#include <memory>
#include <stop_token>
#include <string>

#include "gateway/backups/process.h"
#include "store/backup.h"

namespace sluis::gateway {

// One database of either kind.
struct Database {
  std::string kind;  // "sqlite" or "postgresql"
  std::string path;  // SQLite
  store::PostgresOptions postgres;
};

Result<std::unique_ptr<store::Store>> open_database(const Database& database);
Result<std::unique_ptr<store::Snapshot>> snapshot_of(const Database& database);
Result<bool> is_empty(const Database& database);
Status forget_sessions(const Database& database);

// What PostgreSQL's programs need.
struct PgPrograms {
  std::string folder;          // "/usr/bin"
  std::string private_folder;  // where a password file may lie
  std::chrono::seconds limit{3600};
};

// pg_dump of Sluis' own tables as `exported` sees them (custom format), or pg_basebackup (tar), into `output`.
Status dump(const PgPrograms& programs, const store::PostgresOptions& options, std::string_view exported, int output,
            const std::stop_token& stop, const OnComplaint& on_complaint);
Status base_backup(const PgPrograms& programs, const store::PostgresOptions& options, int output,
                   const std::stop_token& stop, const OnComplaint& on_complaint);
// pg_restore of such a dump into a database without those tables: all of it or nothing.
Status restore_dump(const PgPrograms& programs, const store::PostgresOptions& options, const std::string& file,
                    const std::stop_token& stop, const OnComplaint& on_complaint);

}  // namespace sluis::gateway
