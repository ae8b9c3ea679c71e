// /healthz, /readyz and /metrics: the routes that say how the gateway is.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "gateway/daemon/readiness.h"
#include "gateway/http/call.h"

namespace sluis::gateway {

struct HealthSources {
  const Readiness* readiness = nullptr;
  std::function<void(std::string&)> metrics;  // appends the page
  std::string version, origin;
};

// Over TLS the metrics need the action metrics.read; on the loopback listener there is nobody to ask for it.
enum class Listener : std::uint8_t { tls, loopback };
std::vector<Route> health_routes(const HealthSources& sources, Listener listener);

}  // namespace sluis::gateway
