// /v1/keys/…/versions/… and /v1/keys/certificates: what stands in the way of a destruction, and the way to it.
#pragma once

#include <vector>

#include "gateway/approvals/approvals.h"
#include "gateway/approvals/guard.h"
#include "gateway/destruction/destroyer.h"
#include "gateway/http/call.h"
#include "gateway/keys/admin_events.h"

namespace sluis::gateway::destruction {

// Keys by their family and name ("records", "diplomas"), master keys by the word alone. All must outlive the routes.
std::vector<Route> destruction_routes(Destroyer& destroyer, approvals::Approvals& approvals, AdminEvents& events);
// Nobody is asked to approve a destruction that something stands in the way of.
approvals::GuardedAction guarded_destruction(Destroyer& destroyer);

}  // namespace sluis::gateway::destruction
