#include "gateway/server/admission.h"

#include <algorithm>

#include "gateway/http/decode.h"
#include "gateway/http/header_checks.h"
#include "gateway/http/method.h"

namespace sluis::gateway {

namespace {

bool same_word(std::string_view text, std::string_view lower) noexcept {
  return text.size() == lower.size() && std::equal(text.begin(), text.end(), lower.begin(), [](char a, char b) {
           return (a >= 'A' && a <= 'Z' ? static_cast<char>(a - 'A' + 'a') : a) == b;
         });
}

void check_headers(const Call& call, Admission& out) {
  for (const auto& [name, value] : call.headers) {
    if (name == "expect") {
      out.expects_continue = same_word(value, "100-continue");
      if (!out.expects_continue) out.refusal = problem(417, "unknown expectation");
    }
    if (name == "content-encoding" && !same_word(value, "identity")) {
      out.refusal = problem(415, "encoded bodies are not taken");
    }
  }
}

// A slip of the pen must not bring more than was asked for.
Status check_query(const Route& route, const Call& call) {
  if (!route.query.empty() && route.query.front() == Route::any) return {};
  for (auto it = call.query.begin(); it != call.query.end(); ++it) {
    const auto same = [&](const auto& other) { return other.first == it->first; };
    if (std::find(route.query.begin(), route.query.end(), it->first) == route.query.end()) {
      return Error{Code::invalid, "the query has a parameter that this path does not take"};
    }
    if (std::any_of(call.query.begin(), it, same)) return Error{Code::invalid, "a query parameter is there twice"};
  }
  return {};
}

// What the leaf of a denial's entry may say of the call: names that are known. Whatever the client made up goes to the
// sidecar, for it may be personal data.
audit::Event denial_of(const Snapshot& snapshot, const Call& call, const Route& route, std::string_view reason) {
  audit::Event event;
  event.action = route.action.empty() ? std::string("auth.token") : route.action;
  event.outcome = audit::Outcome::denied;
  if (snapshot.known_collections.contains(call.param("collection"))) event.collection = call.param("collection");
  // Whatever stands in the path, an entry stays small.
  constexpr std::size_t kLongestId = 200;
  event.payload.record = call.param("id").substr(0, kLongestId);
  event.payload.detail = reason;
  if (!call.purpose.empty()) event.payload.detail += "; purpose " + call.purpose;
  std::vector<audit::Event> one{std::move(event)};
  complete_events(one, call);
  one.front().purpose.clear();
  return std::move(one.front());
}

void check_token(const Services& services, const Snapshot& snapshot, const Call& call, Admission& out) {
  const auto known = services.tokens->look(call, *out.route);
  out.ask_token = !known.has_value();
  if (!known || *known) return;
  out.refusal = problem_of(known->error());
  if (known->error().code == Code::denied) {
    out.events.push_back(token_denial(snapshot, call, *out.route, known->error()));
  }
}

void decide(const Snapshot& snapshot, const Route& route, Call& call, Admission& out) {
  if (call.principal != nullptr) {
    policy::Request request;
    const std::string key = call.key_name();
    request.principal = call.principal;
    request.action = route.action;
    request.collection = call.param("collection");
    request.key = key;
    request.purpose = call.purpose;
    request.case_reference = call.case_reference;
    call.decision = call.policy->decide(request);
  } else {
    call.decision.reason = "no principal has this certificate";
  }
  if (call.decision.allowed) return;
  out.refusal = problem(403, "not allowed", call.decision.reason);
  out.events.push_back(denial_of(snapshot, call, route, call.decision.reason));
}

// Clients of the compatible paths put a slash behind what they list.
std::string_view target_of(const Services& services, const RequestHead& head, std::string& without_slash) {
  const auto path = head.target.substr(0, head.target.find('?'));
  if (!path.ends_with('/') || !services.compatible.covers(path)) return head.target;
  without_slash = path.substr(0, path.size() - 1);
  without_slash += head.target.substr(path.size());
  return without_slash;
}

}  // namespace

Admission admit(const Services& services, const Snapshot& snapshot, const RequestHead& head, Call& call) {
  Admission out;
  call.method = method_named(head.method);
  call.headers = head.headers;
  call.policy = snapshot.policy;
  std::string without_slash;
  auto target = parse_target(target_of(services, head, without_slash));
  if (!target) {
    out.refusal = target.error().code == Code::too_large ? problem(414, "target too long", target.error().what.view())
                                                         : problem_of(target.error());
    return out;
  }
  auto match = services.router->match(call.method, *target);
  if (match.kind == Router::Kind::no_such_path) {
    out.refusal = problem(404, "no such path");
    return out;
  }
  if (match.kind == Router::Kind::no_such_method) {
    out.refusal = problem(405, "method not allowed");
    out.refusal->headers.emplace_back("Allow", match.allow);
    return out;
  }
  out.route = match.route;
  out.index = match.index;
  call.params = std::move(match.params);
  call.query = std::move(target->query);
  call.path = std::move(target->path);
  check_headers(call, out);
  if (out.refusal) return out;
  if (const auto own = take_purpose_and_case(call); !own) {
    out.refusal = problem_of(own.error());
    return out;
  }
  if (services.tokens != nullptr) check_token(services, snapshot, call, out);
  if (out.refusal) return out;
  if (!out.route->action.empty()) decide(snapshot, *out.route, call, out);
  if (out.refusal) return out;
  if (const auto known = check_query(*out.route, call); !known) out.refusal = problem_of(known.error());
  return out;
}

audit::Event token_denial(const Snapshot& snapshot, const Call& call, const Route& route, const Error& why) {
  return denial_of(snapshot, call, route, why.what.view());
}

void complete_events(std::vector<audit::Event>& events, const Call& call) {
  for (auto& event : events) {
    if (event.principal.empty()) event.principal = call.principal == nullptr ? "-" : call.principal->name;
    if (event.purpose.empty()) event.purpose = call.purpose;
    if (event.request.empty()) event.request = call.request_id;
    if (event.payload.case_reference.empty()) event.payload.case_reference = call.case_reference;
    if (event.payload.client_address.empty()) event.payload.client_address = call.client_address;
  }
}

}  // namespace sluis::gateway
