// The thread of a gateway that works at rollovers: takes one that nobody is at, by its lease, and does its steps one
// after another until the job has ended, is paused or cancelled, the gateway drains or the lease is lost. Whatever
// happens to this process, the next one to get the lease goes on from the stored progress.
#pragma once

#include <condition_variable>
#include <functional>
#include <mutex>
#include <string>
#include <thread>

#include "audit/log.h"
#include "gateway/keys/admin_events.h"
#include "gateway/rollover/jobs.h"
#include "gateway/rollover/lease_keeper.h"
#include "gateway/rollover/pace.h"

namespace sluis::gateway::rollover {

// For the metrics: the job that this gateway is at.
struct Working {
  std::string job;  // id; empty: none
  State state = State::queued;
  std::uint64_t done = 0, left = 0, speed = 0, faults = 0;
  double duty = 1;
};

class JobRunner {
 public:
  struct Config {
    std::chrono::milliseconds lease{15'000};
    std::chrono::milliseconds poll{1000};  // between looks for a job that nobody is at
    std::string gateway;                   // its name, for people
  };
  using OnTrouble = std::function<void(const std::string& job, const Error&)>;  // for the operational log

  // All outlive the runner.
  struct Parts {
    store::Store& store;
    Jobs& jobs;
    audit::Log& log;
    AdminEvents& admin_events;
    Sweepers sweepers;
    LatencyProbe latency;
    OnTrouble on_trouble;
  };

  JobRunner(Parts parts, Config config);
  JobRunner(const JobRunner&) = delete;
  JobRunner& operator=(const JobRunner&) = delete;
  ~JobRunner();

  void wake();  // there may be a job, or something has changed about one
  void stop();  // leaves off after the chunk at hand; returns when it has
  Working working() const;

 private:
  // One job in hand.
  struct Hand;

  void run(const std::stop_token& stop);
  bool work_at_one(const std::stop_token& stop);
  void work(const std::stop_token& stop, Job job, const LeaseKeeper& lease);
  Status start_step(Hand& hand);
  Status do_step(Hand& hand);
  Status prepare(Hand& hand);
  Status sweep(Hand& hand);
  Status pass(Hand& hand);
  Status chunk(Hand& hand, bool& end);
  Status verify(Hand& hand, bool& clean);
  Status finish_step(Hand& hand, bool clean);
  // Events first, then the progress: what is not in the log does not count as done.
  Status keep(Hand& hand, std::vector<audit::Event> events, const std::function<void(Job&)>& change);
  Status log(std::vector<audit::Event> events, const Hand& hand);
  void give_up(Hand& hand, const Error& error);
  enum class Rest : std::uint8_t { whole, until_throttled };  // or until the throttle is changed
  bool rest(Hand& hand, std::chrono::milliseconds time, Rest rest = Rest::whole);
  void show(const Hand& hand);

  const Parts parts_;
  const Config config_;
  Pace pace_;
  mutable std::mutex mutex_;
  std::condition_variable_any wake_;
  bool woken_ = false;
  std::chrono::steady_clock::time_point not_before_{};  // after trouble
  unsigned troubles_ = 0;                               // one after another
  Working working_;
  std::jthread thread_;  // last: it uses all the others
};

}  // namespace sluis::gateway::rollover
