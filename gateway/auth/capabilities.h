// sys/capabilities-self: what the caller may do on paths, in the words of the compatible interface. The router says
// which action stands behind a method and path, the policy decides it: there is no second table. The purpose and case
// that come with the call count, since grants may ask for them.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "gateway/http/router.h"

namespace sluis::gateway::auth {

// `path` without "/v1/": "transit/encrypt/orders". Sorted; "deny" alone if there is nothing else.
std::vector<std::string_view> capabilities_of(const Router& router, const Call& call, std::string_view path);

Outcome capabilities_self(const Router& router, Call& call);

}  // namespace sluis::gateway::auth
