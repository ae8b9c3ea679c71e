// The routes of the records API: a table, for the server's router.
#pragma once

#include <vector>

#include "gateway/http/call.h"
#include "gateway/records/service.h"

namespace sluis::gateway {

// `service` must outlive the routes.
std::vector<Route> record_routes(RecordService& service);

}  // namespace sluis::gateway
