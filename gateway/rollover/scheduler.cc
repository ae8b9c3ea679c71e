#include "gateway/rollover/scheduler.h"

#include <algorithm>
#include <utility>

namespace sluis::gateway::rollover {
namespace {

constexpr std::string_view kLease = "schedule";
constexpr std::chrono::seconds kLeaseTime{60};
// A rollover that has ended without success is not begun again at every look.
constexpr std::uint64_t kPatienceUs = 86'400'000'000;

audit::Event started(const Job& job) {
  audit::Event event;
  event.principal = "sluis";
  event.action = "rollovers.start";
  event.request = job.id;
  event.payload.detail = job.id + ", " + std::string(kind_of(job));
  for (const Step& step : job.steps) event.payload.detail += ' ' + step.target.subject;
  event.payload.detail += ", " + std::string(name(job.trigger)) + ": " + job.reason;
  return event;
}

}  // namespace

Scheduler::Scheduler(Parts parts, std::chrono::milliseconds interval)
    : parts_(std::move(parts)), interval_(interval), thread_([this](const std::stop_token& stop) { run(stop); }) {}

Scheduler::~Scheduler() {
  stop();
}

void Scheduler::stop() {
  thread_.request_stop();
  if (thread_.joinable()) thread_.join();
}

void Scheduler::run(const std::stop_token& stop) {
  std::unique_lock lock(mutex_);
  while (!stop.stop_requested()) {
    const auto looked = look();
    if (!looked) parts_.on_trouble(looked.error());
    wake_.wait_for(lock, stop, interval_, [] { return false; });
  }
}

Result<std::size_t> Scheduler::look() {
  const auto lease = parts_.store.take_lease(kLease, parts_.jobs.holder(), kLeaseTime);
  if (!lease && lease.error().code == Code::conflict) return std::size_t{0};
  if (!lease) return lease.error();
  const auto due = parts_.find_due(parts_.jobs.now_us());
  const auto recent = due && !due->empty() ? parts_.jobs.since(parts_.jobs.now_us() - kPatienceUs)
                                           : Result<std::vector<Job>>(std::vector<Job>{});
  std::size_t count = 0;
  Status status = due ? Status{} : Status(due.error());
  if (!recent) status = recent.error();
  for (std::size_t i = 0; status && i < due->size(); ++i) {
    const auto begun = start((*due)[i], *recent);
    if (!begun) status = begun.error();
    count += begun && *begun ? 1 : 0;
  }
  static_cast<void>(parts_.store.drop_lease(*lease));
  if (count != 0) parts_.wake();
  if (!status) return status.error();
  return count;
}

// False if it is under way, or was a moment ago.
Result<bool> Scheduler::start(const Due& due, const std::vector<Job>& recent) {
  Job job;
  job.trigger = due.trigger;
  job.requester = "sluis";
  job.reason = due.reason;
  job.full = due.wish.what == Wish::What::full;
  auto steps = plan(parts_.sweepers, due.wish);
  if (!steps) return steps.error();
  if (steps->empty()) return false;
  job.steps = std::move(*steps);
  job.steps.front().progress.to = due.to;
  const auto ended_badly = [&](const Job& other) {
    return ended(other.state) && other.state != State::finished && overlap(job, other);
  };
  if (std::any_of(recent.begin(), recent.end(), ended_badly)) return false;
  const auto added = parts_.jobs.add(std::move(job));
  if (!added && (added.error().code == Code::conflict || added.error().code == Code::busy)) return false;
  if (!added) return added.error();
  parts_.admin_log(started(*added));
  return true;
}

}  // namespace sluis::gateway::rollover
