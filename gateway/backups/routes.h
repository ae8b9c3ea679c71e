// /v1/backups: making, listing, trying, registering and restoring generations. docs/openapi.yaml describes the bodies.
#pragma once

#include <vector>

#include "gateway/backups/backups.h"
#include "gateway/http/call.h"

namespace sluis::gateway {

// `backups` must outlive the routes.
std::vector<Route> backup_routes(Backups& backups);

}  // namespace sluis::gateway
