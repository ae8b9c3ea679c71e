#include "gateway/rollover/service.h"

#include <algorithm>
#include <boost/json/serialize.hpp>
#include <utility>

#include "gateway/records/caller.h"
#include "gateway/records/request.h"

namespace sluis::gateway::rollover {
namespace {

namespace json = boost::json;

constexpr std::size_t kMaxReason = 500;  // bytes
constexpr std::uint64_t kMaxPage = 200;
constexpr std::string_view kApprovalHeader = "Sluis-Approval";

Outcome answer(const json::object& body, unsigned status = 200) {
  Outcome outcome;
  outcome.reply.status = status;
  outcome.reply.body = SecretBuffer(json::serialize(body));
  return outcome;
}

audit::Event event_of(const Call& call, std::string_view act, const Job& job) {
  audit::Event event;
  event.principal = call.principal->name;
  event.action = "rollovers." + std::string(act);
  event.purpose = call.purpose;
  event.request = call.request_id;
  event.payload.case_reference = call.case_reference;
  event.payload.client_address = call.client_address;
  event.payload.detail = job.id + ", " + std::string(kind_of(job));
  for (const Step& step : job.steps) event.payload.detail += ' ' + step.target.subject;
  return event;
}

// Exactly one of collection, key, adopted, master and full.
std::optional<Wish> wish_of(Request& request) {
  using What = Wish::What;
  std::vector<Wish> wishes;
  if (auto name = request.string("collection")) wishes.push_back({What::collection, std::move(*name)});
  if (auto name = request.string("key")) wishes.push_back({What::key, std::move(*name)});
  if (auto name = request.string("adopted")) wishes.push_back({What::adopted, std::move(*name)});
  for (const auto& [member, what] : {std::pair{"master", What::master}, std::pair{"full", What::full}}) {
    const JsonValue* const flag = request.find(member);
    if (flag != nullptr && flag->text != "true") request.refuse("true, or not at all", member);
    if (flag != nullptr) wishes.push_back({what, ""});
  }
  if (wishes.size() == 1) return wishes.front();
  request.refuse("exactly one of collection, key, adopted, master and full is expected", "");
  return std::nullopt;
}

void read_throttle(Request& request, Throttle& throttle) {
  if (const auto rate = request.number("rate", 0, kMaxRate)) throttle.rate = *rate;
  if (const auto share = request.number("share", 1, 100)) throttle.share = static_cast<unsigned>(*share);
}

std::string reason_of(Request& request) {
  auto reason = request.string("reason");
  if (!reason || reason->empty() || reason->size() > kMaxReason) {
    request.refuse("a reason of 1 to 500 bytes is expected", "reason");
    return {};
  }
  return std::move(*reason);
}

}  // namespace

RolloverService::RolloverService(Jobs& jobs, Sweepers sweepers, std::function<void()> wake)
    : jobs_(jobs), sweepers_(std::move(sweepers)), wake_(std::move(wake)) {}

RolloverService::Asked RolloverService::read(Call& call) const {
  Request request = Request::read(call.body.expose_text(),
                                  {"collection", "key", "adopted", "master", "full", "reason", "rate", "share"},
                                  Request::Empty::refused);
  if (request.fault()) return {{}, refuse(*request.fault())};
  Asked asked;
  Job& job = asked.job;
  job.reason = reason_of(request);
  read_throttle(request, job.throttle);
  const auto wish = wish_of(request);
  if (request.fault()) return {{}, refuse(*request.fault())};
  job.full = wish->what == Wish::What::full;
  auto steps = plan(sweepers_, *wish);
  if (!steps) return {{}, refuse(steps.error())};
  job.steps = std::move(*steps);
  job.requester = call.principal->name;
  job.approval = call.header(kApprovalHeader);
  return asked;
}

std::optional<Outcome> RolloverService::rehearse(Call& call) const {
  return read(call).refused;
}

Outcome RolloverService::start(Call& call) {
  Asked asked = read(call);
  if (asked.refused) return std::move(*asked.refused);
  const auto added = jobs_.add(std::move(asked.job));
  if (!added) return refuse(added.error());
  wake_();
  Outcome outcome = answer(shown(*added), 201);
  outcome.reply.headers.emplace_back("Location", "/v1/rollovers/" + added->id);
  outcome.events.push_back(event_of(call, "start", *added));
  outcome.events.back().payload.detail += ": " + added->reason;
  outcome.hold = Hold::write;
  return outcome;
}

Outcome RolloverService::list(Call& call) {
  const auto limit = decimal(call.query_value("limit").value_or("50"));
  const std::string_view after = call.query_value("after").value_or("");
  if (!limit || *limit == 0) return refuse(Error{Code::invalid, "limit is a whole number"});
  if (!after.empty() && !valid_job_id(after)) return refuse(Error{Code::invalid, "after is a rollover's id"});
  const std::uint64_t page = std::min(*limit, kMaxPage);
  const auto jobs = jobs_.list(after, page);
  if (!jobs) return refuse(jobs.error());
  json::array rows;
  for (const Job& job : *jobs) rows.push_back(shown(job));
  json::object body{{"rollovers", std::move(rows)}};
  if (jobs->size() == page) body.emplace("next", jobs->back().id);
  return answer(body);
}

Outcome RolloverService::show(Call& call) {
  const auto job = jobs_.get(call.param("id"));
  if (!job) return refuse(job.error());
  return answer(shown(*job));
}

Outcome RolloverService::change(Call& call, std::string_view act, const Jobs::Change& change) {
  const auto job = jobs_.update(call.param("id"), change);
  if (!job) return refuse(job.error());
  wake_();
  Outcome outcome = answer(shown(*job));
  outcome.events.push_back(event_of(call, act, *job));
  outcome.hold = Hold::write;
  return outcome;
}

Outcome RolloverService::pause(Call& call) {
  return change(call, "pause", [](Job& job) -> Status {
    if (!runnable(job.state) && job.state != State::paused) return Error{Code::conflict, "the rollover has ended"};
    job.state = State::paused;
    return {};
  });
}

Outcome RolloverService::resume(Call& call) {
  return change(call, "resume", [](Job& job) -> Status {
    if (job.state != State::paused) return Error{Code::conflict, "the rollover is not paused"};
    job.state = State::queued;
    return {};
  });
}

Outcome RolloverService::cancel(Call& call) {
  return change(call, "cancel", [](Job& job) -> Status {
    if (ended(job.state)) return Error{Code::conflict, "the rollover has ended"};
    job.state = State::cancelled;
    return {};
  });
}

Outcome RolloverService::throttle(Call& call) {
  Request request = Request::read(call.body.expose_text(), {"rate", "share"}, Request::Empty::refused);
  Throttle asked;
  read_throttle(request, asked);
  if (request.fault()) return refuse(*request.fault());
  const bool rate = request.find("rate") != nullptr;
  const bool share = request.find("share") != nullptr;
  return change(call, "throttle", [&](Job& job) -> Status {
    if (ended(job.state)) return Error{Code::conflict, "the rollover has ended"};
    if (rate) job.throttle.rate = asked.rate;
    if (share) job.throttle.share = asked.share;
    return {};
  });
}

std::vector<Route> rollover_routes(RolloverService& service) {
  using Act = Outcome (RolloverService::*)(Call&);
  struct Row {
    Method method;
    const char *pattern, *action;
    std::size_t body_limit;
    Act act;
    std::vector<std::string> query;
  };
  const std::vector<Row> rows{
      {Method::get, "/v1/rollovers", "rollovers.read", 0, &RolloverService::list, {"after", "limit"}},
      {Method::post, "/v1/rollovers", "rollovers.start", 16'384, &RolloverService::start, {}},
      {Method::get, "/v1/rollovers/{id}", "rollovers.read", 0, &RolloverService::show, {}},
      {Method::post, "/v1/rollovers/{id}:pause", "rollovers.control", 0, &RolloverService::pause, {}},
      {Method::post, "/v1/rollovers/{id}:resume", "rollovers.control", 0, &RolloverService::resume, {}},
      {Method::post, "/v1/rollovers/{id}:cancel", "rollovers.control", 0, &RolloverService::cancel, {}},
      {Method::post, "/v1/rollovers/{id}:throttle", "rollovers.control", 4096, &RolloverService::throttle, {}},
  };
  std::vector<Route> routes;
  for (const Row& row : rows) {
    Route& route = routes.emplace_back();
    route.method = row.method;
    route.pattern = row.pattern;
    route.action = row.action;
    route.body_limit = row.body_limit;
    route.query = row.query;
    route.handler = [&service, act = row.act](Call& call) { return (service.*act)(call); };
    if (route.action == "rollovers.start")
      route.parties = {policy::Role::security_officer, policy::Role::security_officer};
  }
  return routes;
}

}  // namespace sluis::gateway::rollover
