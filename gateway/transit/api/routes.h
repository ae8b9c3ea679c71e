// The rows of the Transit interface in the route table.
#pragma once

#include <memory>
#include <vector>

#include "gateway/approvals/guard.h"
#include "gateway/transit/api/service.h"

namespace sluis::gateway::transit {

// Below "/v1/<mount>". POST and PUT mean the same everywhere.
std::vector<Route> transit_routes(const std::shared_ptr<const Parts>& parts);

// How calls that let key material out or in are looked at before they are put up for approval.
std::vector<approvals::GuardedAction> guarded_actions(const std::shared_ptr<const Parts>& parts);

// Whether a call of a Runs::local route will not block now: its key is cached and has what the call needs, and neither
// its size nor the type of its key makes it slow.
bool may_run_inline(const Parts& parts, const Route& route, const Call& call);

}  // namespace sluis::gateway::transit
