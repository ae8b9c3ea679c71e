// From a request's head to the call that a handler sees, or to a refusal: target, route, headers, principal, decision.
// Plain functions; nothing here waits.
#pragma once

#include <optional>
#include <vector>

#include "gateway/http/request_parser.h"
#include "gateway/server/services.h"
#include "gateway/server/snapshot.h"

namespace sluis::gateway {

struct Admission {
  const Route* route = nullptr;  // may be there in a refusal too
  std::size_t index = Metrics::kNoRoute;
  std::optional<Reply> refusal;
  std::vector<audit::Event> events;  // of a denial
  bool expects_continue = false;
  bool ask_token = false;  // TokenCheck::ask has the last word, before the handler
};

// `call` has certificate, principal, client_address and request_id set; the rest is filled in. `head` outlives the
// call.
Admission admit(const Services& services, const Snapshot& snapshot, const RequestHead& head, Call& call);

// The entry of a token that was refused.
audit::Event token_denial(const Snapshot& snapshot, const Call& call, const Route& route, const Error& why);

// Fills what a handler left open in its events: the same for every action.
void complete_events(std::vector<audit::Event>& events, const Call& call);

}  // namespace sluis::gateway
