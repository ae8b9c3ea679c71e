// A generation into an empty store. For people who have lost the other one, so the log goes on where it is while the
// store is of the past. What must not come back to life does not: requests for approval and their consents, logins and
// leases are left behind, and key versions whose master key is gone are marked destroyed again.
#pragma once

#include "gateway/backups/generation.h"
#include "gateway/backups/parts.h"

namespace sluis::gateway {

// Documents of this kind, by the moment of the restore, wait in the restored store until a gateway that starts on it
// has said so in its log.
inline constexpr std::string_view kRestoreKind = "restore";

struct RestoreReport {
  Manifest manifest;
  std::uint64_t records = 0, opened = 0, keys_opened = 0, keys_destroyed = 0;
};

// `manifest_path`: a manifest.json with its note and the generation's file beside it. `who`: for the log. Refuses
// (conflict) a target that is not empty, and (corrupt) whatever does not fit the signed manifest. The target is a store
// only when all of it is there and checked: SQLite by a rename, PostgreSQL by the note of the schema.
Result<RestoreReport> restore_generation(const RestoreMeans& means, const std::string& manifest_path,
                                         const Database& target, const std::string& who, BackupProgress& progress,
                                         const std::stop_token& stop);

// A gateway's start: says in its log what was restored since the last start. Error audit_halted and the like if it
// cannot say so; then the gateway must not start.
Status report_restores(store::Store& store, const class Governance& governance, audit::Log& log);

}  // namespace sluis::gateway
