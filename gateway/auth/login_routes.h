// auth/cert/login and auth/token/*-self: certificate login and what a token's holder may do with it. A principal may
// always log in: a token gives nothing that the certificate does not give. Login, renewal and revocation are entries of
// the log before their reply leaves. `tokens` outlives the routes.
#pragma once

#include <vector>

#include "gateway/auth/tokens.h"
#include "gateway/http/call.h"

namespace sluis::gateway::auth {

std::vector<Route> login_routes(Tokens& tokens);

}  // namespace sluis::gateway::auth
