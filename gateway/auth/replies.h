// Small things that the handlers of auth/* and sys/* have in common. Stateless and thread-safe.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "gateway/http/call.h"
#include "gateway/transit/api/envelope.h"

namespace sluis::gateway::auth {

Outcome answer(const Call& call, transit::Answer answer);
Outcome refuse(const transit::Refusal& refusal);
Outcome refuse(const Error& error);

// Clients of the compatible interface find the data of sys/* both in `data` and beside it. `beside` is the JSON object
// whose members are to stand beside, and has none of the envelope's names.
Outcome answer_twice(const Call& call, transit::Answer answer, std::string_view beside);

// The row twice, for POST and for PUT, which mean the same here.
void add_write(std::vector<Route>& routes, const Route& row);
Route compatible_row(Method method, std::string_view pattern, TokenUse token, Runs runs, Handler handler);

}  // namespace sluis::gateway::auth
