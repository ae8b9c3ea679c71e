#include "gateway/approvals/guard.h"

#include <algorithm>
#include <boost/json.hpp>
#include <memory>
#include <stdexcept>

#include "gateway/approvals/views.h"
#include "gateway/http/method.h"

namespace sluis::gateway::approvals {
namespace {

enum class Style : std::uint8_t { plain, compatible };

struct Guarded {
  Approvals& approvals;
  Route route;  // as it was
  GuardedAction how;
  Style style = Style::plain;
};

// {"errors":[…]}, as clients of the compatible paths read it.
Reply compatible_refusal(unsigned status, std::string_view text) {
  return json_reply({{"errors", boost::json::array{text}}}, status);
}

// A denial is an entry: somebody tried.
Outcome refusal(const Guarded& guarded, const Error& error) {
  Outcome out{problem_of(error), {}, Hold::nothing};
  const bool told = out.reply.status < 500 && guarded.style == Style::compatible;
  if (told) out.reply = compatible_refusal(out.reply.status, error.what.view());
  if (error.code != Code::denied && error.code != Code::conflict && error.code != Code::corrupt) return out;
  audit::Event event;
  event.action = guarded.route.action;
  event.outcome = error.code == Code::denied ? audit::Outcome::denied : audit::Outcome::refused;
  event.payload.detail = error.what.view();
  out.events.push_back(std::move(event));
  return out;
}

// Clients of the compatible paths take every 2xx for success.
Outcome asked(const Guarded& guarded, Approvals::Asked asked) {
  const Approval& approval = asked.approval;
  Outcome out;
  if (guarded.style == Style::compatible) {
    out.reply = compatible_refusal(
        403, "another person must approve this: an approval was requested, " + approval.id +
                 "; once it is there, repeat the call with the header Sluis-Approval: " + approval.id);
  } else {
    out.reply = json_reply(asked_json(approval), 202);
    out.reply.headers.emplace_back("Location", "/v1/approvals/" + approval.id);
  }
  if (asked.event) {
    out.events.push_back(*std::move(asked.event));
    out.hold = Hold::write;
  }
  return out;
}

Outcome ask(const Guarded& guarded, Call& call) {
  auto act = act_of(call, guarded.route, guarded.how.keep);
  if (!act) return refusal(guarded, act.error());
  if (guarded.how.rehearse) {
    if (auto refused = guarded.how.rehearse(call)) return *std::move(refused);
  }
  auto made =
      guarded.approvals.ask(*std::move(act), guarded.route.parties, Actor{*call.principal, *call.policy, call.now_us});
  return made ? asked(guarded, *std::move(made)) : refusal(guarded, made.error());
}

// Tells the end of the act even if its handler throws.
Outcome carry_out(const Guarded& guarded, Call& call, Approval approval) {
  try {
    Outcome out = guarded.route.handler(call);
    out.events.push_back(guarded.approvals.finish(std::move(approval), out.reply.status, call.now_us));
    if (out.hold == Hold::nothing) out.hold = Hold::write;
    return out;
  } catch (...) {
    static_cast<void>(guarded.approvals.finish(std::move(approval), 500, call.now_us));
    throw;
  }
}

Outcome execute(const Guarded& guarded, Call& call, std::string_view id) {
  const auto act = act_of(call, guarded.route, guarded.how.keep);
  if (!act) return refusal(guarded, act.error());
  auto approval = guarded.approvals.claim(id, digest_of(*act, call.principal->name), *call.policy, call.now_us);
  if (!approval) return refusal(guarded, approval.error());
  // What was approved is what is done: the handler never sees what only the caller's own text may say.
  call.query = approval->act.query;
  const bool empty = call.body.empty() && approval->act.body.is_null();
  if (guarded.how.keep == Keep::body && !empty) call.body = SecretBuffer(approved_body(*act, approval->act));
  return carry_out(guarded, call, *std::move(approval));
}

Outcome handle(const Guarded& guarded, Call& call) {
  if (call.method == Method::head) return {problem(405, "method not allowed"), {}, Hold::nothing};
  if (call.principal == nullptr || call.count_header(kApprovalHeader) > 1) {
    return {problem_of(Error{Code::invalid, "one approval at a time"}), {}, Hold::nothing};
  }
  if (call.count_header(kApprovalHeader) == 0) return ask(guarded, call);
  return execute(guarded, call, call.header(kApprovalHeader));
}

GuardedAction how_of(const Route& route, const Guards& guards) {
  const auto found = std::find_if(guards.actions.begin(), guards.actions.end(),
                                  [&](const GuardedAction& one) { return one.action == route.action; });
  return found == guards.actions.end() ? GuardedAction{route.action} : *found;
}

}  // namespace

void guard(std::vector<Route>& routes, const Guards& guards) {
  for (Route& route : routes) {
    if (route.parties.empty()) continue;
    if (!route.handler || route.filter || route.action.empty()) {
      throw std::invalid_argument(route.pattern + ": only a plain handler with an action can be guarded");
    }
    const bool compatible = std::any_of(guards.compatible_mounts.begin(), guards.compatible_mounts.end(),
                                        [&](const std::string& mount) { return route.pattern.starts_with(mount); });
    const auto guarded = std::make_shared<const Guarded>(
        Guarded{guards.approvals, route, how_of(route, guards), compatible ? Style::compatible : Style::plain});
    route.handler = [guarded](Call& call) { return handle(*guarded, call); };
    route.runs = Runs::worker;
  }
}

}  // namespace sluis::gateway::approvals
