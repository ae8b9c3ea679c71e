// Puts sealed records into the store under a precondition. Thread-safe; may block.
#pragma once

#include "gateway/records/precondition.h"
#include "store/store.h"

namespace sluis::gateway {

enum class Written : std::uint8_t { created, replaced };

// Chooses the record's revision (the time, or one above the stored revision where that is ahead) and writes it: one
// round trip for a new record. Errors: conflict if the precondition does not hold, or if other writers were faster
// every time; unavailable and busy as the store has them.
Result<Written> write_record(store::Store& store, store::Record& record, const Precondition& precondition,
                             std::uint64_t now_us);

// One above `revision`, or the time where that is later.
std::uint64_t revision_after(std::uint64_t revision, std::uint64_t now_us) noexcept;

}  // namespace sluis::gateway
