#include "gateway/approvals/routes.h"

#include <boost/json.hpp>

#include "gateway/approvals/views.h"
#include "gateway/records/request.h"

namespace sluis::gateway::approvals {
namespace {

namespace json = boost::json;

Outcome refuse(const Error& error) {
  return {problem_of(error), {}, Hold::nothing};
}

Actor actor_of(const Call& call) {
  return {*call.principal, *call.policy, call.now_us};
}

// Who tried to do what he may not leaves a trace.
Outcome refused_to(const Error& error, std::string_view action, std::string_view id) {
  Outcome out = refuse(error);
  if (error.code != Code::denied && error.code != Code::conflict && error.code != Code::corrupt) return out;
  audit::Event event;
  event.action = action;
  event.outcome = error.code == Code::denied ? audit::Outcome::denied : audit::Outcome::refused;
  event.payload.detail = std::string(error.what.view()) + ": " + std::string(id.substr(0, 64));
  out.events.push_back(std::move(event));
  return out;
}

Outcome list(Approvals& approvals, const Call& call) {
  const auto limit = decimal(call.query_value("limit").value_or("50"));
  if (!limit || *limit == 0) return refuse(Error{Code::invalid, "limit is a whole number"});
  std::optional<State> state;
  if (const auto text = call.query_value("state")) {
    const auto known = state_named(*text);
    if (!known) return refuse(known.error());
    state = *known;
  }
  const auto after = call.query_value("after").value_or("");
  const auto page = approvals.list(state, after, static_cast<std::size_t>(*limit), call.now_us);
  if (!page) return refuse(page.error());
  json::array rows;
  for (const Approval& approval : *page) rows.push_back(row_json(approval));
  json::object body{{"approvals", std::move(rows)}};
  if (page->size() == std::min(*limit, std::uint64_t{Approvals::kMostPage})) body["next"] = page->back().id;
  return {json_reply(body), {}, Hold::nothing};
}

Outcome show(Approvals& approvals, PolicyChanges& policy, const Call& call) {
  const auto approval = approvals.find(call.param("approval"), call.now_us);
  if (!approval) return refuse(approval.error());
  json::object body = whole_json(*approval);
  if (approval->act.action == "policy.change") {
    const auto now = policy.approved();
    if (now) body["replaces"] = json::object{{"policy_digest", now->digest}, {"policy", now->text}};
  }
  return {json_reply(body), {}, Hold::nothing};
}

Outcome changed(const Result<Changed>& change, std::string_view action, const Call& call) {
  if (!change) return refused_to(change.error(), action, call.param("approval"));
  return {json_reply(whole_json(change->approval)), {change->event}, Hold::write};
}

Outcome approve(Approvals& approvals, const Call& call) {
  auto request = Request::read(call.body.expose_text(), {"digest"}, Request::Empty::refused);
  const auto digest = request.string("digest");
  if (request.fault() || !digest) return refuse(Error{Code::invalid, "the body says which digest is approved"});
  return changed(approvals.approve(call.param("approval"), *digest, actor_of(call)), "approvals.approve", call);
}

Outcome propose(Approvals& approvals, const Call& call) {
  auto request = Request::read(call.body.expose_text(), {"policy", "reason"}, Request::Empty::refused);
  const auto text = request.string("policy");
  const auto reason = request.string("reason");
  if (request.fault() || !text) return refuse(Error{Code::invalid, "the body has the policy's text"});
  const auto loaded = policy::load_text(*text, "policy");
  if (!loaded.policy) {
    const auto& errors = loaded.errors;
    return {
        problem(400, "invalid request", errors.empty() ? std::string("the policy does not load") : errors[0].text()),
        {},
        Hold::nothing};
  }
  if (loaded.policy->principals().empty()) return refuse(Error{Code::invalid, "the policy has no principal"});
  auto act = PolicyChanges::act_of(*text, loaded.policy->digest(), reason.value_or(""));
  if (!act) return refuse(act.error());
  using policy::Role;
  auto asked = approvals.ask(*std::move(act), {Role::security_officer, Role::security_officer}, actor_of(call));
  if (!asked) return refused_to(asked.error(), "policy.change", {});
  json::object body = asked_json(asked->approval);
  body["policy_digest"] = loaded.policy->digest();
  Outcome out{json_reply(body, 202), {}, Hold::nothing};
  if (asked->event) {
    out.events.push_back(*std::move(asked->event));
    out.hold = Hold::write;
  }
  return out;
}

Outcome read_policy(PolicyChanges& policy) {
  const auto now = policy.approved();
  if (!now) return refuse(now.error());
  return {json_reply({{"policy_digest", now->digest}, {"policy", now->text}}), {}, Hold::nothing};
}

Route route(Method method, std::string pattern, std::string action, Handler handler) {
  Route out;
  out.method = method;
  out.pattern = std::move(pattern);
  out.action = std::move(action);
  out.body_limit = 4096;
  out.handler = std::move(handler);
  return out;
}

}  // namespace

std::vector<Route> approval_routes(Approvals& approvals, PolicyChanges& policy) {
  const std::string one = "/v1/approvals/{approval}";
  std::vector<Route> routes;
  routes.push_back(route(Method::get, "/v1/approvals", "approvals.read",
                         [&approvals](Call& call) { return list(approvals, call); }));
  routes.back().query = {"state", "after", "limit"};
  routes.push_back(route(Method::get, one, "approvals.read",
                         [&approvals, &policy](Call& call) { return show(approvals, policy, call); }));
  routes.push_back(route(Method::post, one + ":approve", "approvals.decide",
                         [&approvals](Call& call) { return approve(approvals, call); }));
  routes.push_back(route(Method::post, one + ":refuse", "approvals.decide", [&approvals](Call& call) {
    return changed(approvals.refuse(call.param("approval"), actor_of(call)), "approvals.refuse", call);
  }));
  routes.push_back(route(Method::post, one + ":withdraw", "approvals.read", [&approvals](Call& call) {
    return changed(approvals.withdraw(call.param("approval"), actor_of(call)), "approvals.withdraw", call);
  }));
  routes.push_back(route(Method::post, "/v1/policy:propose", "policy.change",
                         [&approvals](Call& call) { return propose(approvals, call); }));
  routes.back().body_limit = 4 * kMaxPolicyText;
  routes.push_back(route(Method::get, "/v1/policy", "policy.read", [&policy](Call&) { return read_policy(policy); }));
  return routes;
}

}  // namespace sluis::gateway::approvals
