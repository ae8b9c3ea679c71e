#include "gateway/rollover/runner.h"

#include <algorithm>
#include <atomic>
#include <utility>

namespace sluis::gateway::rollover {
namespace {

using std::chrono::milliseconds;
using Clock = std::chrono::steady_clock;

constexpr std::uint32_t kMostPasses = 100;
constexpr milliseconds kSlice{200};  // of a rest, between looks at what people want
constexpr unsigned kMostTroubles = 5;

// Not an error: the job is somebody else's now, or is to rest.
constexpr Error kLeave{Code::conflict, "the rollover is not this gateway's to go on with"};

bool passes_by(const Error& error) noexcept {
  return error.code == Code::unavailable || error.code == Code::busy || error.code == Code::conflict ||
         error.code == Code::audit_halted;
}

}  // namespace

// The job as last stored, and what is needed to go on with it.
struct JobRunner::Hand {
  const std::stop_token& stop;
  const LeaseKeeper& lease;
  Job job;
  std::unique_ptr<Sweep> sweep{};
  std::atomic<bool> leave{false};  // paused, cancelled, taken over, or draining
  Clock::time_point measured = Clock::now();
  std::uint64_t since_measured = 0;  // items

  bool away() const { return leave || stop.stop_requested() || lease.lost(); }
  Step& step() { return job.steps[job.current]; }
  Grip grip(std::size_t items) const {
    const std::string by = job.requester.empty() ? "sluis" : job.requester;
    return {lease.lease(), items, [this] { return away(); }, job.id, by};
  }
};

JobRunner::JobRunner(Parts parts, Config config)
    : parts_(std::move(parts)),
      config_(std::move(config)),
      pace_(parts_.latency),
      thread_([this](const std::stop_token& stop) { run(stop); }) {}

JobRunner::~JobRunner() {
  stop();
}

void JobRunner::stop() {
  thread_.request_stop();
  if (thread_.joinable()) thread_.join();
}

void JobRunner::wake() {
  const std::lock_guard lock(mutex_);
  woken_ = true;
  wake_.notify_all();
}

Working JobRunner::working() const {
  const std::lock_guard lock(mutex_);
  return working_;
}

void JobRunner::run(const std::stop_token& stop) {
  while (!stop.stop_requested()) {
    const bool worked = Clock::now() >= not_before_ && work_at_one(stop);
    pace_.idle(Clock::now());
    std::unique_lock lock(mutex_);
    working_ = {};
    if (!worked) wake_.wait_for(lock, stop, config_.poll, [this] { return woken_; });
    woken_ = false;
  }
}

// The first that nobody is at: compromised keys' data come first in the list.
bool JobRunner::work_at_one(const std::stop_token& stop) {
  auto open = parts_.jobs.open_jobs();
  if (!open) return false;
  for (Job& job : *open) {
    if (!runnable(job.state) || stop.stop_requested()) continue;
    const auto lease = LeaseKeeper::take(parts_.store, "job/" + job.id, parts_.jobs.holder(), config_.lease);
    if (!lease) continue;
    work(stop, std::move(job), **lease);
    return true;
  }
  return false;
}

void JobRunner::work(const std::stop_token& stop, Job job, const LeaseKeeper& lease) {
  Hand hand{stop, lease, std::move(job)};
  // Whoever had the lease before can store no progress from here on.
  const auto taken = parts_.jobs.update(hand.job.id, [&](Job& stored) -> Status {
    if (!runnable(stored.state) || stored.epoch > lease.lease().epoch) return kLeave;
    stored.epoch = lease.lease().epoch;
    stored.gateway = config_.gateway;
    if (stored.started_us == 0) stored.started_us = parts_.jobs.now_us();
    return {};
  });
  Status status = taken ? Status{} : Status(taken.error());
  if (taken) hand.job = *taken;
  while (status && !hand.away() && runnable(hand.job.state)) status = do_step(hand);
  if (status) troubles_ = 0;
  if (!status && !hand.away()) give_up(hand, status.error());
}

Status JobRunner::do_step(Hand& hand) {
  if (hand.job.step() == nullptr) {
    return keep(hand, {}, [](Job& job) {
      job.state = faults_of(job) == 0 ? State::finished : State::finished_with_faults;
      job.error.clear();
    });
  }
  if (hand.step().done) return keep(hand, {}, [](Job& job) { ++job.current; });
  if (const Status started = start_step(hand); !started) return started;
  if (hand.away()) return {};
  return sweep(hand);
}

Status JobRunner::start_step(Hand& hand) {
  const Target& target = hand.step().target;
  const auto sweeper = parts_.sweepers.find(target.kind);
  if (sweeper == parts_.sweepers.end()) return Error{Code::invalid, "this gateway cannot do such a rollover"};
  auto sweep = sweeper->second.make(target);
  if (!sweep) return sweep.error();
  if (*sweep == nullptr) return Error{Code::invalid, "what was to be rolled over is not there any more"};
  hand.sweep = std::move(*sweep);
  if (hand.step().progress.pass != 0) return {};  // prepared before, by this gateway or another
  return prepare(hand);
}

Status JobRunner::prepare(Hand& hand) {
  Progress progress = hand.step().progress;
  for (bool ready = false; !ready;) {
    if (hand.away()) return {};
    auto prepared = hand.sweep->prepare(hand.grip(0), progress);
    if (!prepared) return prepared.error();
    ready = prepared->ready;
    const Status kept = keep(hand, std::move(prepared->events), [&](Job& job) {
      job.state = State::preparing;
      job.steps[job.current].progress = progress;
      if (ready) job.steps[job.current].progress.pass = 1;
    });
    if (!kept) return kept;
    if (!ready && !rest(hand, prepared->wait)) return {};
  }
  return {};
}

// Passes until one finds nothing but what does not open, then the full scan; if that finds something, again.
Status JobRunner::sweep(Hand& hand) {
  const auto first = pace_.start(Clock::now());
  if (!rest(hand, first)) return {};
  while (!hand.away()) {
    if (const Status passed = pass(hand); !passed || hand.away()) return passed;
    const Progress& at = hand.step().progress;
    if (at.pass > kMostPasses) return Error{Code::internal, "passes without an end"};
    if (at.found > at.faults) continue;
    bool clean = false;
    if (const Status verified = verify(hand, clean); !verified || hand.away()) return verified;
    const bool faults_alone = hand.step().progress.faults != 0;
    if (clean || faults_alone) return finish_step(hand, clean);
  }
  return {};
}

Status JobRunner::pass(Hand& hand) {
  const Progress& at = hand.step().progress;
  auto begun = hand.sweep->begin(hand.grip(pace_.items(hand.job.throttle)), at);
  if (!begun) return begun.error();
  const Status kept = keep(hand, std::move(begun->events), [&](Job& job) {
    Progress& progress = job.steps[job.current].progress;
    job.state = State::sweeping;
    if (progress.cursor.empty()) progress.found = progress.faults = 0;
    progress.ahead = begun->ahead;
  });
  if (!kept) return kept;
  hand.measured = Clock::now();
  hand.since_measured = 0;
  for (bool end = false; !end && !hand.away();) {
    if (const Status done = chunk(hand, end); !done) return done;
  }
  return {};
}

Status JobRunner::chunk(Hand& hand, bool& end) {
  const Throttle throttle = hand.job.throttle;
  const std::size_t items = pace_.items(throttle);
  const auto began = Clock::now();
  auto chunk = hand.sweep->next(hand.grip(items));
  if (!chunk) return chunk.error();
  end = chunk->end;
  const std::uint64_t seen = chunk->rewritten + chunk->changed + chunk->faults;
  hand.since_measured += chunk->rewritten;
  const auto elapsed = std::chrono::duration<double>(Clock::now() - hand.measured).count();
  const bool measured = elapsed >= 0.5;
  const Status kept = keep(hand, std::move(chunk->events), [&](Job& job) {
    Progress& at = job.steps[job.current].progress;
    at.done += chunk->rewritten;
    at.changed += chunk->changed;
    at.faults += chunk->faults;
    at.found += seen;
    at.cursor = chunk->end ? "" : chunk->cursor;
    at.ahead = chunk->end ? "" : chunk->ahead;
    if (chunk->end) ++at.pass;
    if (measured) job.speed = static_cast<std::uint64_t>(static_cast<double>(hand.since_measured) / elapsed);
    job.error.clear();
  });
  if (!kept) return kept;
  if (measured) {
    hand.measured = Clock::now();
    hand.since_measured = 0;
  }
  const auto now = Clock::now();
  rest(hand, pace_.pause(throttle, static_cast<std::size_t>(seen), now - began, now), Rest::until_throttled);
  return {};
}

Status JobRunner::verify(Hand& hand, bool& clean) {
  const Status kept = keep(hand, {}, [](Job& job) { job.state = State::verifying; });
  if (!kept || hand.away()) return kept;
  auto verdict = hand.sweep->verify(hand.grip(0), hand.step().progress);
  if (!verdict) return verdict.error();
  clean = verdict->left == 0;
  audit::Event event;
  event.principal = hand.grip(0).by;
  event.action = "rollovers.verify";
  event.count = verdict->left;
  event.outcome = clean ? audit::Outcome::ok : audit::Outcome::failed;
  event.key_version = hand.step().progress.to;
  event.request = hand.job.id;
  event.payload.detail = std::string(name(hand.step().target.kind)) + ' ' + hand.step().target.subject +
                         ": items left under older versions: " + std::to_string(verdict->left);
  verdict->events.push_back(std::move(event));
  return keep(hand, std::move(verdict->events), [&](Job& job) {
    if (clean) job.steps[job.current].progress.faults = 0;
  });
}

Status JobRunner::finish_step(Hand& hand, bool clean) {
  hand.sweep.reset();
  return keep(hand, {}, [clean](Job& job) {
    job.steps[job.current].done = true;
    ++job.current;
    if (!clean) job.error = "something does not open and was left alone: the log says what";
    if (job.current < job.steps.size()) return;
    job.state = faults_of(job) == 0 ? State::finished : State::finished_with_faults;
  });
}

Status JobRunner::keep(Hand& hand, std::vector<audit::Event> events, const std::function<void(Job&)>& change) {
  if (const Status logged = log(std::move(events), hand); !logged) return logged;
  const State before = hand.job.state;
  auto stored = parts_.jobs.update(hand.job.id, [&](Job& job) -> Status {
    if (job.epoch != hand.lease.lease().epoch) return kLeave;
    const State wished = job.state;
    change(job);
    // What was done counts, but a person's word about the job stands.
    if (!runnable(wished)) job.state = wished;
    return {};
  });
  if (!stored) {
    hand.leave = stored.error().code == Code::conflict || stored.error().code == Code::not_found;
    return stored.error();
  }
  hand.job = std::move(*stored);
  hand.leave = !runnable(hand.job.state);
  show(hand);
  if (!ended(hand.job.state) || ended(before) || hand.job.state == State::cancelled) return {};
  audit::Event event;
  event.principal = hand.grip(0).by;
  event.action = "rollovers.end";
  event.count = done_of(hand.job);
  event.request = hand.job.id;
  if (hand.job.state != State::finished) event.outcome = audit::Outcome::failed;
  event.payload.detail = std::string(kind_of(hand.job)) + ", " + std::string(name(hand.job.state)) + ", faults " +
                         std::to_string(faults_of(hand.job));
  return log({std::move(event)}, hand);
}

// A log that is only busy is waited for.
Status JobRunner::log(std::vector<audit::Event> events, const Hand& hand) {
  if (const Status drained = parts_.admin_events.drain(parts_.log); !drained) return drained.error();
  for (const audit::Event& event : events) {
    for (;;) {
      const auto receipt = parts_.log.append_and_wait({event});
      if (receipt) break;
      if (receipt.error().code != Code::busy || hand.lease.lost()) return receipt.error();
      std::this_thread::sleep_for(milliseconds(10));
    }
  }
  return {};
}

// What passes by is tried again after a while, from the stored progress; what does not fails the job.
void JobRunner::give_up(Hand& hand, const Error& error) {
  parts_.on_trouble(hand.job.id, error);
  const std::string why(error.what.view());
  if (passes_by(error)) {
    troubles_ = std::min(troubles_ + 1, kMostTroubles);
    not_before_ = Clock::now() + config_.poll * (1U << troubles_) / 2;
    static_cast<void>(keep(hand, {}, [&](Job& job) { job.error = why; }));
    return;
  }
  static_cast<void>(keep(hand, {}, [&](Job& job) {
    job.state = State::failed;
    job.error = why;
  }));
}

// False if it is to leave off.
bool JobRunner::rest(Hand& hand, milliseconds time, Rest rest) {
  const auto end = Clock::now() + time;
  while (!hand.away() && Clock::now() < end) {
    const auto left = std::chrono::duration_cast<milliseconds>(end - Clock::now()) + milliseconds(1);
    {
      std::unique_lock lock(mutex_);
      wake_.wait_for(lock, hand.stop, std::min(left, kSlice * 5), [this] { return woken_; });
      woken_ = false;
    }
    if (left <= kSlice) continue;
    const auto stored = parts_.jobs.get(hand.job.id);
    if (!stored) continue;
    if (!runnable(stored->state)) hand.leave = true;
    const bool same = stored->throttle == hand.job.throttle;
    hand.job.throttle = stored->throttle;
    if (!same && rest == Rest::until_throttled) break;
  }
  return !hand.away();
}

void JobRunner::show(const Hand& hand) {
  const std::lock_guard lock(mutex_);
  working_ = {hand.job.id,    hand.job.state,      done_of(hand.job), left_of(hand.job),
              hand.job.speed, faults_of(hand.job), pace_.duty()};
}

}  // namespace sluis::gateway::rollover
