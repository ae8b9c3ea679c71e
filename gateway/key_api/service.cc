#include "gateway/key_api/service.h"

#include <algorithm>
#include <boost/json.hpp>
#include <utility>

#include "gateway/keys/key_watch.h"
#include "gateway/records/caller.h"
#include "gateway/records/request.h"

namespace sluis::gateway {
namespace {

namespace json = boost::json;

constexpr std::uint64_t kMaxPage = 500;

Outcome answer(const json::object& body) {
  Outcome outcome;
  outcome.reply.body = SecretBuffer(json::serialize(body));
  return outcome;
}

// Times that have not come are left out.
json::object shown(const VersionFacts& version) {
  json::object out{{"version", version.version}, {"state", store::name(version.state)}};
  if (version.master_version != 0) out["master_version"] = version.master_version;
  const std::pair<std::string_view, std::uint64_t> times[] = {
      {"created", version.created_us},         {"activated", version.activated_us},
      {"deactivated", version.deactivated_us}, {"emptied", version.emptied_us},
      {"scheduled", version.scheduled_us},     {"destroy_from", version.destroy_from_us},
      {"destroyed", version.destroyed_us}};
  for (const auto& [name, us] : times) {
    if (us != 0) out[std::string(name) + "_us"] = us;
  }
  if (!version.reason.empty()) out["reason"] = version.reason;
  return out;
}

json::object shown(const KeyFacts& facts, const std::vector<PeriodSetting>& settings, std::uint64_t now_us) {
  json::object out{{"name", facts.name}};
  if (facts.id != KeyId{}) out["id"] = to_hex(facts.id);
  json::array versions;
  for (const VersionFacts& version : facts.versions) versions.push_back(shown(version));
  out["versions"] = std::move(versions);
  const VersionFacts* sealing = facts.sealing();
  if (sealing != nullptr) out["in_use"] = sealing->version;
  if (sealing != nullptr && sealing->activated_us != 0) {
    out["age_seconds"] = (now_us - std::min(now_us, sealing->activated_us)) / 1'000'000;
  }
  const PeriodSetting* setting = setting_of(settings, facts.name);
  const Period period = setting != nullptr ? setting->period : Period{};
  out["period"] = to_json(period);
  if (setting != nullptr && !setting->window.text().empty()) out["window"] = setting->window.text();
  json::array late;
  for (const std::string& text : overdue(facts, period, now_us)) late.emplace_back(text);
  out["overdue"] = std::move(late);
  return out;
}

// Who asked for what happened, from where.
void describe(const Call& call, audit::Event& event) {
  event.principal = call.principal->name;
  event.purpose = call.purpose;
  event.request = call.request_id;
  event.payload.case_reference = call.case_reference;
  event.payload.client_address = call.client_address;
}

Result<Period> read_period(Request& request) {
  json::object members;
  for (const PeriodMember& member : period_members()) {
    if (auto text = request.string(member.name)) members[member.name] = *text;
  }
  return period_of(members);
}

}  // namespace

KeyService::KeyService(KeyAdmin& admin, Periods& periods, AdminEvents& admin_events, Settings settings)
    : admin_(admin), periods_(periods), admin_events_(admin_events), settings_(std::move(settings)) {}

Outcome KeyService::list(Call& call) {
  const auto limit = decimal(call.query_value("limit").value_or("100"));
  if (!limit || *limit == 0) return refuse(Error{Code::invalid, "limit is a whole number"});
  const std::uint64_t page = std::min(*limit, kMaxPage);
  const std::string_view prefix = call.query_value("prefix").value_or("");
  const std::string_view after = call.query_value("after").value_or("");
  const auto keys = admin_.list(prefix, after, page);
  if (!keys) return refuse(keys.error());
  const auto settings = settings_();
  json::array rows;
  for (const KeyFacts& facts : *keys) rows.push_back(shown(facts, settings, call.now_us));
  json::object body{{"keys", std::move(rows)}};
  if (keys->empty()) return answer(body);
  const auto beyond = admin_.list(prefix, keys->back().name, 1);
  if (!beyond) return refuse(beyond.error());
  if (!beyond->empty()) body["next"] = keys->back().name;
  return answer(body);
}

Outcome KeyService::show(Call& call) {
  const auto facts = admin_.show(call.key_name());
  if (!facts) return refuse(facts.error());
  return answer(shown(*facts, settings_(), call.now_us));
}

Outcome KeyService::compromise(Call& call) {
  Request request = Request::read(call.body.expose_text(), {"version", "reason"}, Request::Empty::refused);
  const auto version = request.number("version", 1, 0x7fffffff);
  const auto reason = request.string("reason");
  if (request.fault()) return refuse(*request.fault());
  if (!version || !reason || reason->empty()) {
    return refuse(Error{Code::invalid, "the version and a reason are expected"});
  }
  const auto number = static_cast<std::uint32_t>(*version);
  const std::string name = call.key_name();
  const auto in_use = admin_.compromise(name, number, *reason, call.principal->name);
  if (!in_use) return refuse(in_use.error());
  Outcome outcome = answer({{"name", name}, {"compromised", number}, {"in_use", *in_use}});
  outcome.events = admin_events_.take();
  for (audit::Event& event : outcome.events) {
    if (event.action == "keys.compromise" && event.key == name) describe(call, event);
  }
  outcome.hold = outcome.events.empty() ? Hold::nothing : Hold::write;  // another call may have taken them along
  return outcome;
}

Outcome KeyService::set_period(Call& call) {
  Request request = Request::read(call.body.expose_text(), {"rotate_every", "reencrypt_within", "destroy_after"},
                                  Request::Empty::refused);
  const auto period = read_period(request);
  if (request.fault()) return refuse(*request.fault());
  if (!period) return refuse(period.error());
  const std::string name = call.key_name();
  const Status approved = periods_.approve(name, *period, call.principal->name, call.now_us);
  if (!approved) return refuse(approved.error());
  Outcome outcome = answer({{"name", name}, {"approved", to_json(*period)}, {"days", kApprovalDays}});
  audit::Event& event = outcome.events.emplace_back();
  describe(call, event);
  event.action = "keys.period";
  event.key = name;
  event.payload.detail = "may be lowered to " + json::serialize(to_json(*period));
  outcome.hold = Hold::write;
  return outcome;
}

std::vector<Route> key_routes(KeyService& service) {
  using Act = Outcome (KeyService::*)(Call&);
  const auto row = [&](Method method, std::string pattern, std::string action, Act act) {
    Route route;
    route.method = method;
    route.pattern = std::move(pattern);
    route.action = std::move(action);
    route.body_limit = method == Method::get ? 0 : 4096;
    route.handler = [&service, act](Call& call) { return (service.*act)(call); };
    return route;
  };
  std::vector<Route> routes;
  routes.push_back(row(Method::get, "/v1/keys", "keys.read", &KeyService::list));
  routes.back().query = {"prefix", "after", "limit"};
  // "master" stands alone; all other names have a family: "records/diplomas".
  for (const std::string one : {"/v1/keys/{key}", "/v1/keys/{family}/{key}"}) {
    routes.push_back(row(Method::get, one, "keys.read", &KeyService::show));
    routes.push_back(row(Method::post, one + ":compromise", "keys.compromise", &KeyService::compromise));
    routes.push_back(row(Method::put, one + "/period", "keys.period", &KeyService::set_period));
    routes.back().parties = {policy::Role::security_officer, policy::Role::security_officer};
  }
  return routes;
}

}  // namespace sluis::gateway
