// The log as static files (C2SP tlog-tiles) under /v1/tlog/, and receipts as C2SP tlog-proof files. What gives entries
// away (bundles, receipts) is an entry of its own; hashes and checkpoints are not.
#pragma once

#include <vector>

#include "audit/log.h"
#include "gateway/http/call.h"

namespace sluis::gateway {

// `log` must outlive the routes.
std::vector<Route> tlog_routes(audit::Log& log);

}  // namespace sluis::gateway
