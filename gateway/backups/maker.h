// Makes one generation: a consistent copy, its census, its manifest with the HSM's signature, then its place. Killed at
// any instant it leaves nothing that looks whole. For the holder of the lease on backups.
#pragma once

#include "gateway/backups/generation.h"
#include "gateway/backups/parts.h"

namespace sluis::gateway {

// `id` and the time of the generation are the caller's. Errors: unavailable (disk full, HSM, database or program away,
// stopped), not_found for a program that is not there.
Result<Manifest> make_generation(const BackupParts& parts, const std::string& id, std::uint64_t time_us,
                                 BackupProgress& progress, const std::stop_token& stop);

}  // namespace sluis::gateway
