#include "gateway/destruction/routes.h"

#include <boost/json.hpp>

#include "gateway/approvals/views.h"
#include "gateway/records/request.h"

namespace sluis::gateway::destruction {
namespace {

namespace json = boost::json;
using approvals::json_reply;
using policy::Role;

constexpr std::uint64_t kMaxVersion = 0x7fffffff;

struct Named {
  std::string key;
  std::uint32_t version = 0;
};

Outcome refuse(const Error& error) {
  return {problem_of(error), {}, Hold::nothing};
}

Result<Named> named(const Call& call) {
  const auto version = decimal(call.param("version"));
  if (!version || *version == 0 || *version > kMaxVersion) return Error{Code::not_found, "there is no such version"};
  Named out{std::string(kMasterName), static_cast<std::uint32_t>(*version)};
  if (!call.param("family").empty()) out.key = std::string(call.param("family")) + '/' + std::string(call.param("key"));
  return out;
}

json::object blockers_json(const Named& what, const std::vector<Blocker>& found) {
  json::array rows;
  for (const Blocker& blocker : found) {
    rows.push_back(
        json::object{{"obstacle", name(blocker.obstacle)}, {"count", blocker.count}, {"text", blocker.text}});
  }
  return {{"key", what.key}, {"version", what.version}, {"may_be_destroyed", found.empty()}, {"blockers", rows}};
}

audit::Event event_of(std::string_view action, const Named& what, std::string detail) {
  audit::Event event;
  event.action = action;
  event.key = what.key;
  event.key_version = what.version;
  event.payload.detail = std::move(detail);
  return event;
}

Outcome show_blockers(Destroyer& destroyer, const Call& call) {
  const auto what = named(call);
  if (!what) return refuse(what.error());
  const auto found = destroyer.blockers(what->key, what->version, call.now_us);
  if (!found) return refuse(found.error());
  return {json_reply(blockers_json(*what, *found)), {}, Hold::nothing};
}

// The events of the key's own changes go along with the reply.
Outcome changed(AdminEvents& events, const json::object& body) {
  Outcome out{json_reply(body), events.take(), Hold::write};
  if (out.events.empty()) out.hold = Hold::nothing;
  return out;
}

Outcome schedule(Destroyer& destroyer, AdminEvents& events, const Call& call) {
  const auto what = named(call);
  if (!what) return refuse(what.error());
  const auto from = destroyer.schedule(what->key, what->version, call.principal->name, call.now_us);
  if (!from) return refuse(from.error());
  return changed(events,
                 {{"key", what->key}, {"version", what->version}, {"destroy_from", approvals::moment_text(*from)}});
}

Outcome withdraw(Destroyer& destroyer, AdminEvents& events, const Call& call) {
  const auto what = named(call);
  if (!what) return refuse(what.error());
  if (const Status done = destroyer.withdraw(what->key, what->version, call.principal->name); !done) {
    return refuse(done.error());
  }
  return changed(events, {{"key", what->key}, {"version", what->version}});
}

// The guard has let the call through: the approval says by whose word.
Result<Word> word_of(approvals::Approvals& approvals, const Call& call) {
  const auto approval = approvals.find(call.header(approvals::kApprovalHeader), call.now_us);
  if (!approval) return approval.error();
  Word word{approval->requester, approval->id, approval->digest, {}};
  for (const auto& consent : approval->consents) {
    word.approved_by.push_back(consent.principal + " (" + std::string(policy::name(consent.role)) + ")");
  }
  return word;
}

// The log has the whole certificate, and its reply waits for it.
Outcome destroy(Destroyer& destroyer, approvals::Approvals& approvals, AdminEvents& events, const Call& call) {
  const auto what = named(call);
  if (!what) return refuse(what.error());
  const auto word = word_of(approvals, call);
  if (!word) return refuse(word.error());
  auto done = destroyer.destroy(what->key, what->version, *word, call.now_us);
  Outcome out;
  out.hold = Hold::write;
  if (!done) {
    out.reply = problem_of(done.error());
    out.events = events.take();
    out.events.push_back(event_of("keys.destroy", *what, std::string(done.error().what.view())));
    out.events.back().outcome = audit::Outcome::refused;
    return out;
  }
  out.reply = json_reply({{"certificate", done->certificate}, {"note", done->note}});
  out.events = events.take();
  out.events.push_back(event_of("keys.destroy", *what, "certificate " + json::serialize(done->certificate)));
  return out;
}

Outcome list_certificates(Destroyer& destroyer, const Call& call) {
  const auto limit = decimal(call.query_value("limit").value_or("50"));
  if (!limit || *limit == 0) return refuse(Error{Code::invalid, "limit is a whole number"});
  const auto found = destroyer.certificates(call.query_value("after").value_or(""),
                                            static_cast<std::size_t>(std::min<std::uint64_t>(*limit, 200)));
  if (!found) return refuse(found.error());
  json::array rows;
  for (const auto& kept : *found) rows.push_back(json::object{{"certificate", kept.id}, {"note", kept.note}});
  return {json_reply({{"certificates", std::move(rows)}}), {}, Hold::nothing};
}

Outcome show_certificate(Destroyer& destroyer, const Call& call) {
  const auto found = destroyer.certificate(call.param("certificate"));
  if (!found) return refuse(found.error());
  return {json_reply({{"certificate", found->id}, {"note", found->note}}), {}, Hold::nothing};
}

Route route(Method method, std::string pattern, std::string action, Handler handler) {
  Route out;
  out.method = method;
  out.pattern = std::move(pattern);
  out.action = std::move(action);
  out.body_limit = method == Method::get ? 0 : 4096;
  out.handler = std::move(handler);
  return out;
}

}  // namespace

std::vector<Route> destruction_routes(Destroyer& destroyer, approvals::Approvals& approvals, AdminEvents& events) {
  std::vector<Route> routes;
  for (const std::string one : {"/v1/keys/{family}/{key}/versions/{version}", "/v1/keys/master/versions/{version}"}) {
    routes.push_back(route(Method::get, one + "/blockers", "keys.read",
                           [&destroyer](Call& call) { return show_blockers(destroyer, call); }));
    routes.push_back(route(Method::post, one + ":schedule-destruction", "keys.destroy",
                           [&](Call& call) { return schedule(destroyer, events, call); }));
    routes.push_back(route(Method::post, one + ":withdraw-destruction", "keys.destroy",
                           [&](Call& call) { return withdraw(destroyer, events, call); }));
    routes.push_back(route(Method::post, one + ":destroy", "keys.destroy",
                           [&](Call& call) { return destroy(destroyer, approvals, events, call); }));
    routes.back().parties = {Role::security_officer, Role::key_custodian};
  }
  routes.push_back(route(Method::get, "/v1/keys/certificates", "keys.read",
                         [&destroyer](Call& call) { return list_certificates(destroyer, call); }));
  routes.back().query = {"after", "limit"};
  routes.push_back(route(Method::get, "/v1/keys/certificates/{certificate}", "keys.read",
                         [&destroyer](Call& call) { return show_certificate(destroyer, call); }));
  return routes;
}

approvals::GuardedAction guarded_destruction(Destroyer& destroyer) {
  return {"keys.destroy", approvals::Keep::body, [&destroyer](Call& call) -> std::optional<Outcome> {
            const auto what = named(call);
            if (!what) return refuse(what.error());
            const auto found = destroyer.blockers(what->key, what->version, call.now_us);
            if (!found) return refuse(found.error());
            if (found->empty()) return std::nullopt;
            return Outcome{json_reply(blockers_json(*what, *found), 409), {}, Hold::nothing};
          }};
}

}  // namespace sluis::gateway::destruction
