#include "gateway/backups/routes.h"

#include <boost/json.hpp>
#include <utility>

#include "gateway/records/caller.h"
#include "gateway/records/request.h"

namespace sluis::gateway {
namespace {

namespace json = boost::json;
using Empty = Request::Empty;

constexpr std::size_t kMaxWhere = 1000;

audit::Event event_of(const Call& call, std::string_view action, std::string detail) {
  audit::Event event;
  event.principal = call.principal == nullptr ? "-" : call.principal->name;
  event.action = action;
  event.purpose = call.purpose;
  event.count = 1;
  event.request = call.request_id;
  event.payload.case_reference = call.case_reference;
  event.payload.client_address = call.client_address;
  event.payload.detail = std::move(detail);
  return event;
}

Outcome answer(unsigned status, const json::object& body) {
  Outcome outcome;
  outcome.reply.status = status;
  outcome.reply.body = SecretBuffer(json::serialize(body));
  return outcome;
}

// A change: its reply waits for its entry.
Outcome done(const Call& call, unsigned status, const json::object& body, std::string_view action, std::string detail) {
  Outcome outcome = answer(status, body);
  outcome.events.push_back(event_of(call, action, std::move(detail)));
  outcome.hold = Hold::write;
  return outcome;
}

Outcome failed(const Call& call, const Error& error, std::string_view action, const std::string& about) {
  Outcome outcome = refuse(error);
  outcome.events.push_back(event_of(call, action, about + std::string(error.what.view())));
  outcome.events.back().outcome = audit::Outcome::failed;
  outcome.hold = Hold::write;
  return outcome;
}

json::value act_of(const std::optional<BackupAct>& act) {
  if (!act) return nullptr;
  return json::object{{"kind", act->kind},   {"id", act->id},       {"done", act->done},
                      {"total", act->total}, {"ended", act->ended}, {"problem", act->problem}};
}

json::object shown(const Generation& generation) {
  json::object out = to_json(generation);
  out["good"] = generation.good();
  return out;
}

// Keys by their hundreds are for who asks for one generation.
json::object in_list(const Generation& generation) {
  json::object out = shown(generation);
  out.erase("keys");
  return out;
}

// ?state=kept|all
Outcome list(Backups& backups, Call& call) {
  const auto which = call.query_value("state").value_or("all");
  if (which != "all" && which != "kept") return refuse(Error{Code::invalid, "state is all or kept"});
  const auto all = backups.list();
  if (!all) return refuse(all.error());
  json::array out;
  for (auto each = all->rbegin(); each != all->rend(); ++each) {
    if (which == "all" || each->kept()) out.push_back(in_list(*each));
  }
  const auto warning = backups.warning();
  return answer(200, {{"backups", std::move(out)}, {"act", act_of(backups.act())}, {"warning", warning}});
}

Outcome show(Backups& backups, Call& call) {
  const auto generation = backups.get(call.param("id"));
  if (!generation) return refuse(generation.error());
  json::object body = shown(*generation);
  const auto act = backups.act();
  body["act"] = act && act->id == generation->manifest.id ? act_of(act) : json::value();
  return answer(200, body);
}

const std::string& who_of(const Call& call) {
  return call.principal->name;
}

Outcome create(Backups& backups, Call& call) {
  const Request request = Request::read(call.body.expose_text(), {}, Empty::allowed);
  if (request.fault()) return refuse(*request.fault());
  const auto id = backups.create(who_of(call));
  if (!id) return failed(call, id.error(), "backups.create", "");
  return done(call, 202, {{"id", *id}, {"state", "making"}}, "backups.create", "asked for generation " + *id);
}

using Begin = Status (Backups::*)(const std::string&, const std::string&);

Outcome begin(Backups& backups, Call& call, Begin act, std::string_view action) {
  const std::string id(call.param("id"));
  const Request request = Request::read(call.body.expose_text(), {}, Empty::allowed);
  if (request.fault()) return refuse(*request.fault());
  if (!is_generation_id(id)) return refuse(Error{Code::not_found, "there is no such backup"});
  const auto begun = (backups.*act)(id, who_of(call));
  if (!begun) return failed(call, begun.error(), action, "generation " + id + ": ");
  return done(call, 202, {{"id", id}, {"act", act_of(backups.act())}}, action, "asked for, generation " + id);
}

Outcome note_outside(Backups& backups, Call& call) {
  Request request = Request::read(call.body.expose_text(), {"where"}, Empty::refused);
  const auto where = request.string("where");
  if (!request.fault() && (!where || where->empty() || where->size() > kMaxWhere)) {
    request.refuse("a path or a description of at most 1000 bytes", "where");
  }
  if (request.fault()) return refuse(*request.fault());
  const auto generation = backups.note_outside(*where, who_of(call));
  if (!generation) return failed(call, generation.error(), "backups.register", "");
  return done(call, 201, in_list(*generation), "backups.register",
              "generation " + generation->manifest.id + ", file " + to_hex(generation->manifest.sha256));
}

Route row(Method method, std::string_view pattern, std::string_view action, Handler handler) {
  Route route;
  route.method = method;
  route.pattern = pattern;
  route.action = action;
  route.runs = Runs::worker;
  route.body_limit = method == Method::get ? 0 : 4096;
  route.handler = std::move(handler);
  return route;
}

}  // namespace

std::vector<Route> backup_routes(Backups& backups) {
  const auto starting = [&backups](Begin act, std::string_view action) {
    return [&backups, act, action](Call& call) { return begin(backups, call, act, action); };
  };
  std::vector<Route> routes;
  routes.push_back(row(Method::get, "/v1/backups", "backups.read", [&](Call& call) { return list(backups, call); }));
  routes.back().query = {"state"};
  routes.push_back(
      row(Method::get, "/v1/backups/{id}", "backups.read", [&](Call& call) { return show(backups, call); }));
  routes.push_back(
      row(Method::post, "/v1/backups", "backups.create", [&](Call& call) { return create(backups, call); }));
  routes.push_back(row(Method::post, "/v1/backups:register", "backups.create",
                       [&](Call& call) { return note_outside(backups, call); }));
  routes.push_back(
      row(Method::post, "/v1/backups/{id}:drill", "backups.drill", starting(&Backups::drill, "backups.drill")));
  routes.push_back(
      row(Method::post, "/v1/backups/{id}:expire", "backups.create", starting(&Backups::expire, "backups.expire")));
  routes.push_back(
      row(Method::post, "/v1/backups/{id}:restore", "backups.restore", starting(&Backups::restore, "backups.restore")));
  routes.back().parties = {policy::Role::security_officer, policy::Role::security_officer};
  return routes;
}

}  // namespace sluis::gateway
