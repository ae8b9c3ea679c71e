// Four eyes at one place: a route that has `parties` is carried out only with an approval. Without the header
// Sluis-Approval its call becomes a request (202; under compatible paths a 403 that names the request); with it, the
// act that was approved is carried out, once. Made when the routes are assembled (Daemon::routes).
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "gateway/approvals/approvals.h"
#include "gateway/http/call.h"

namespace sluis::gateway::approvals {

inline constexpr std::string_view kApprovalHeader = "Sluis-Approval";

// How a guarded action's call is looked at before it is put up for approval, so that nobody is asked to approve what
// cannot be done. Gives the refusal, or nothing. Changes nothing and lets nothing out. Thread-safe.
using Rehearsal = std::function<std::optional<Outcome>(Call&)>;

struct GuardedAction {
  std::string action;
  Keep keep = Keep::body;
  Rehearsal rehearse{};
};

struct Guards {
  Approvals& approvals;
  std::vector<GuardedAction> actions;          // those that are not mentioned: Keep::body, no rehearsal
  std::vector<std::string> compatible_mounts;  // "/v1/transit/": their clients take a 202 for success
};

// Puts the guard before the handler of every route that has parties. Throws std::invalid_argument for one that has no
// plain handler: what streams cannot be read by approvers. `guards.approvals` must outlive the routes.
void guard(std::vector<Route>& routes, const Guards& guards);

}  // namespace sluis::gateway::approvals
