// The job's document, and the job as people see it.
#include <algorithm>

#include "gateway/rollover/job.h"

namespace sluis::gateway::rollover {
namespace {

namespace json = boost::json;

json::object step_body(const Step& step) {
  const Progress& at = step.progress;
  return {{"kind", name(step.target.kind)},
          {"subject", step.target.subject},
          {"done", step.done},
          {"to", at.to},
          {"pass", at.pass},
          {"total", at.total},
          {"rewritten", at.done},
          {"changed", at.changed},
          {"faults", at.faults},
          {"found", at.found},
          {"cursor", at.cursor},
          {"ahead", at.ahead}};
}

// Members of a document that Sluis wrote: one that is missing or of another kind makes the whole corrupt.
class Members {
 public:
  explicit Members(const json::object& object) : object_(object) {}

  std::string text(std::string_view name) {
    const json::value* const found = object_.if_contains(name);
    if (found != nullptr && found->is_string()) return std::string(found->get_string());
    sound_ = false;
    return {};
  }
  std::uint64_t number(std::string_view name) {
    const json::value* const found = object_.if_contains(name);
    if (found != nullptr && found->is_int64() && found->get_int64() >= 0) {
      return static_cast<std::uint64_t>(found->get_int64());
    }
    if (found != nullptr && found->is_uint64()) return found->get_uint64();
    sound_ = false;
    return 0;
  }
  bool flag(std::string_view name) {
    const json::value* const found = object_.if_contains(name);
    if (found != nullptr && found->is_bool()) return found->get_bool();
    sound_ = false;
    return false;
  }
  // One of an enumeration's values, by its name.
  template <typename Enum>
  Enum one_of(std::string_view member, Enum last) {
    const std::string wanted = text(member);
    for (unsigned i = 0; i <= static_cast<unsigned>(last); ++i) {
      if (name(static_cast<Enum>(i)) == wanted) return static_cast<Enum>(i);
    }
    sound_ = false;
    return {};
  }
  const json::array* list(std::string_view name) {
    const json::value* const found = object_.if_contains(name);
    if (found != nullptr && found->is_array()) return &found->get_array();
    sound_ = false;
    return nullptr;
  }
  void spoil() noexcept { sound_ = false; }
  bool sound() const noexcept { return sound_; }

 private:
  const json::object& object_;
  bool sound_ = true;
};

bool read_step(const json::object& body, Step& step) {
  Members members(body);
  Progress& at = step.progress;
  step.target.kind = members.one_of("kind", Kind::adopted);
  step.target.subject = members.text("subject");
  step.done = members.flag("done");
  at.to = static_cast<std::uint32_t>(members.number("to"));
  at.pass = static_cast<std::uint32_t>(members.number("pass"));
  at.total = members.number("total");
  at.done = members.number("rewritten");
  at.changed = members.number("changed");
  at.faults = members.number("faults");
  at.found = members.number("found");
  at.cursor = members.text("cursor");
  at.ahead = members.text("ahead");
  return members.sound();
}

void read_steps(Members& members, Job& job) {
  const json::array* const steps = members.list("steps");
  if (steps == nullptr) return;
  for (const json::value& value : *steps) {
    if (!value.is_object() || !read_step(value.get_object(), job.steps.emplace_back())) members.spoil();
  }
}

json::object shown(const Step& step) {
  const Progress& at = step.progress;
  json::object out{{"kind", name(step.target.kind)}};
  if (!step.target.subject.empty()) out.emplace("subject", step.target.subject);
  out.emplace("version", at.to);
  out.emplace("done", step.done);
  out.emplace("pass", at.pass);
  out.emplace("total", std::max(at.total, at.done));
  out.emplace("rewritten", at.done);
  out.emplace("changed", at.changed);
  out.emplace("faults", at.faults);
  return out;
}

void show_times(const Job& job, json::object& out) {
  out.emplace("created_us", job.created_us);
  if (job.started_us != 0) out.emplace("started_us", job.started_us);
  out.emplace("updated_us", job.updated_us);
  if (job.ended_us != 0) out.emplace("ended_us", job.ended_us);
}

}  // namespace

json::object body_of(const Job& job) {
  json::array steps;
  for (const Step& step : job.steps) steps.push_back(step_body(step));
  return {{"full", job.full},
          {"trigger", name(job.trigger)},
          {"state", name(job.state)},
          {"reason", job.reason},
          {"requester", job.requester},
          {"approval", job.approval},
          {"error", job.error},
          {"gateway", job.gateway},
          {"epoch", job.epoch},
          {"created_us", job.created_us},
          {"started_us", job.started_us},
          {"updated_us", job.updated_us},
          {"ended_us", job.ended_us},
          {"speed", job.speed},
          {"rate", job.throttle.rate},
          {"share", job.throttle.share},
          {"current", job.current},
          {"steps", std::move(steps)}};
}

Result<Job> job_of(std::string_view id, const json::object& body) {
  Members members(body);
  Job job;
  job.id = id;
  job.full = members.flag("full");
  job.trigger = members.one_of("trigger", Trigger::compromise);
  job.state = members.one_of("state", State::failed);
  job.reason = members.text("reason");
  job.requester = members.text("requester");
  job.approval = members.text("approval");
  job.error = members.text("error");
  job.gateway = members.text("gateway");
  job.epoch = members.number("epoch");
  job.created_us = members.number("created_us");
  job.started_us = members.number("started_us");
  job.updated_us = members.number("updated_us");
  job.ended_us = members.number("ended_us");
  job.speed = members.number("speed");
  job.throttle = {members.number("rate"), static_cast<unsigned>(members.number("share"))};
  job.current = members.number("current");
  read_steps(members, job);
  if (!members.sound()) return Error{Code::corrupt, "the document of a rollover is malformed"};
  return job;
}

json::object shown(const Job& job) {
  json::array steps;
  for (const Step& step : job.steps) steps.push_back(shown(step));
  const std::uint64_t left = left_of(job);
  json::object out{{"id", job.id}, {"kind", kind_of(job)}};
  if (!job.full && !job.steps.empty() && !job.steps.front().target.subject.empty()) {
    out.emplace("subject", job.steps.front().target.subject);
  }
  out.emplace("state", name(job.state));
  out.emplace("trigger", name(job.trigger));
  out.emplace("reason", job.reason);
  out.emplace("requester", job.requester);
  if (!job.approval.empty()) out.emplace("approval", job.approval);
  if (!job.error.empty()) out.emplace("error", job.error);
  if (!job.gateway.empty()) out.emplace("gateway", job.gateway);
  out.emplace("total", total_of(job));
  out.emplace("done", done_of(job));
  out.emplace("left", left);
  out.emplace("faults", faults_of(job));
  out.emplace("items_per_second", job.speed);
  if (runnable(job.state) && job.speed != 0) out.emplace("seconds_left", (left + job.speed - 1) / job.speed);
  out.emplace("rate", job.throttle.rate);
  out.emplace("share", job.throttle.share);
  show_times(job, out);
  out.emplace("steps", std::move(steps));
  return out;
}

}  // namespace sluis::gateway::rollover
