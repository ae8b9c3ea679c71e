// The log for auditors: GET /v1/audit/entries and /v1/audit/entries/{index}. Reading the log is an entry in it.
#pragma once

#include <vector>

#include "audit/log.h"
#include "gateway/http/call.h"

namespace sluis::gateway {

// `log` must outlive the routes.
std::vector<Route> audit_routes(audit::Log& log);

}  // namespace sluis::gateway
