// sys/*: what clients of the compatible interface ask about the service itself. Nothing here blocks.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "gateway/http/router.h"

namespace sluis::gateway::auth {

// As those engines put it: sealed is a service that is up and cannot serve, since its HSM or store is away.
struct SealState {
  bool sealed = false;
};

struct SysParts {
  std::function<SealState()> seal;
  std::function<const Router&()> router;  // the one that serves these routes, once it is made
  std::string version;
  std::string storage;                    // "sqlite", "postgresql"
  std::string transit_mount = "transit";  // without slashes at its ends; empty: there is none
};

std::vector<Route> sys_routes(const SysParts& parts);

}  // namespace sluis::gateway::auth
