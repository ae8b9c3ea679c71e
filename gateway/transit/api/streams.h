// NDJSON batches (Content-Type: application/x-ndjson): one item a line in, one result a line out, in the order of the
// lines, in constant memory. Empty lines are passed over; the rule that all items or none have a context does not hold.
#pragma once

#include <memory>

#include "gateway/transit/api/service.h"

namespace sluis::gateway::transit {

Filtered encrypt_stream(const Parts& parts, Call& call);
Filtered decrypt_stream(const Parts& parts, Call& call);
Filtered rewrap_stream(const Parts& parts, Call& call);

}  // namespace sluis::gateway::transit
