// Counting and digesting all that a store holds. Thread-safe.
#pragma once

#include <functional>
#include <stop_token>

#include "gateway/backups/generation.h"
#include "store/backup.h"

namespace sluis::gateway {

// Shown each record in passing, and how many of its collection came before it. An error ends the census.
using OnRecord = std::function<Status(const store::Record& record, std::uint64_t before)>;

// The digest is a chain over all records, by collection and then by id, byte by byte: it begins with
// SHA-256("sluis/backup-records/1"), and each record makes SHA-256(digest before || collection || id || revision (8
// bytes) || key version (4 bytes) || digest_of(record)), the two texts with their lengths (4 bytes) before them.
// Errors: the store's, and unavailable after a stop.
Result<Census> take_census(store::Snapshot& snapshot, const std::stop_token& stop, const OnRecord& on_record = {});

}  // namespace sluis::gateway
