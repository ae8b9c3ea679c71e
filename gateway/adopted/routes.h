// /v1/adopted: docs/adopted-tables.md says what each call does. Thread-safe.
#pragma once

#include <vector>

#include "gateway/adopted/tables.h"
#include "gateway/http/call.h"

namespace sluis::gateway::adopted {

// `tables` outlives the routes.
std::vector<Route> adopted_routes(Tables& tables);

}  // namespace sluis::gateway::adopted
