// What the calls that write records have in common: their entries, replies and refusals. Pure, but for the entries of
// administrative acts that a write takes along.
#pragma once

#include <vector>

#include "gateway/keys/admin_events.h"
#include "gateway/records/caller.h"
#include "gateway/records/document.h"
#include "gateway/records/precondition.h"
#include "store/store.h"

namespace sluis::gateway {

// A precondition that does not hold is 412; a conflict without one is 409.
Outcome refuse_write(const Error& error, const Precondition& precondition);

// The entry of a record as it was stored; `values` by position, of which the names are told.
audit::Event written_event(const Caller& caller, const store::Record& record, const std::vector<JsonValue>& values);

Outcome written(audit::Event event, AdminEvents& admin_events, unsigned status, std::uint64_t revision);

}  // namespace sluis::gateway
