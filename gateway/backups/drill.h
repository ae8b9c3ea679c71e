// Restores a generation on trial and looks at all of it. For the holder of the lease on backups.
#pragma once

#include "gateway/backups/generation.h"
#include "gateway/backups/parts.h"

namespace sluis::gateway {

// Brings the generation's files together in a private folder, restores them into a scratch store, and compares: the
// manifest with its signature and with what the gateway knows, the file with the manifest, the restored store's census
// with the manifest's; then opens keys and records. The scratch store is emptied in the end. Errors are of the means,
// and say nothing about the generation: unavailable (HSM, database, disk, stopped), busy, not_found for a program.
struct DrillOutcome {
  DrillResult result;
  // What was found in one whose manifest was not exact: made outside, and now counted.
  std::optional<Census> census{};
  std::int64_t schema = 0;
};
Result<DrillOutcome> drill_generation(const BackupParts& parts, const Generation& generation, BackupProgress& progress,
                                      const std::stop_token& stop);

// Fills an empty database from a generation's file, without its schema's mark (PostgreSQL: store::mark_schema).
Status fill_database(const RestoreMeans& means, const Manifest& manifest, const std::string& file,
                     const Database& target, const std::stop_token& stop);

// The file of a generation, whole and as its signed manifest says, in `staging`'s folder. Errors: corrupt if it is not,
// not_found if it is gone.
class Staging;
Result<std::string> fetch_checked(const BackupParts& parts, const Generation& generation, const Staging& staging,
                                  const std::stop_token& stop);

}  // namespace sluis::gateway
