// Events of administrative acts on keys; the principal and the request are the caller's to fill in.
#pragma once

#include <string>
#include <string_view>

#include "audit/entry.h"

namespace sluis::gateway::transit {

audit::Event key_event(std::string_view action, std::string_view row_name, std::uint32_t version, std::string detail);

}  // namespace sluis::gateway::transit
