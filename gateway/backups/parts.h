// What making, trying and restoring backups work with. Everything outlives whoever holds it.
#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <string>

#include "audit/log.h"
#include "gateway/backups/databases.h"
#include "gateway/backups/target.h"
#include "gateway/keys/admin_events.h"
#include "gateway/records/schema.h"
#include "hsm/token.h"

namespace sluis::gateway {

// Unix time, microseconds.
using WallClock = std::function<std::uint64_t()>;

// What restoring needs; it works without a gateway.
struct RestoreMeans {
  hsm::Token& token;
  PgPrograms programs;
  OnComplaint on_complaint;
  std::shared_ptr<const Collections> collections;
  WallClock clock;
  std::uint64_t drill_records = 1000;  // opened of each collection; 0: all
};

struct BackupParts {
  RestoreMeans means;
  store::Store& store;  // the gateway's own
  audit::Signer& signer;
  audit::Log& log;
  AdminEvents& admin_events;
  Database source;                  // what `store` is
  std::optional<Database> scratch;  // PostgreSQL, for drills; SQLite needs none
  std::optional<Database> restore_to;
  CommandTarget target;
  std::string folder, gateway, origin, method;
};

// What a task has done so far, for those who watch. Thread-safe.
struct BackupProgress {
  std::atomic<std::uint64_t> done{0}, total{0};  // records or pages; total 0: unknown
  void at(std::uint64_t now, std::uint64_t all) noexcept {
    done = now;
    total = all;
  }
};

}  // namespace sluis::gateway
