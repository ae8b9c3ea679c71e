// The headers that compatible clients send beside their certificate. Pure functions; views live as long as the call.
#pragma once

#include <string_view>

#include "gateway/http/call.h"

namespace sluis::gateway::auth {

// The token of X-Vault-Token or, without one, of Authorization: Bearer; empty if there is none. An authorization of
// another scheme is none. Error invalid if a header is there twice, so that nobody disagrees about which one counts.
Result<std::string_view> presented_token(const Call& call);

// Error invalid for X-Vault-Namespace other than empty or root: there are no namespaces here, and what was meant for
// another one must not act on this.
Status check_namespace(const Call& call);

}  // namespace sluis::gateway::auth
