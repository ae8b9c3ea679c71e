// /v1/approvals and /v1/policy: asking, reading, deciding. What is guarded is guarded in guard.h.
#pragma once

#include <vector>

#include "gateway/approvals/approvals.h"
#include "gateway/approvals/policy_change.h"
#include "gateway/http/call.h"

namespace sluis::gateway::approvals {

// Both must outlive the routes.
std::vector<Route> approval_routes(Approvals& approvals, PolicyChanges& policy);

}  // namespace sluis::gateway::approvals
