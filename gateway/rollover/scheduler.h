// Starts rollovers that nobody has to ask for: of compromised keys at once, of keys whose period has come to its end
// inside their windows. A thread a gateway; only the one that holds the lease "schedule" starts anything.
#pragma once

#include <chrono>
#include <condition_variable>
#include <functional>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "gateway/keys/keyring.h"
#include "gateway/rollover/jobs.h"
#include "gateway/rollover/plan.h"

namespace sluis::gateway::rollover {

// A rollover that is due.
struct Due {
  Wish wish;
  Trigger trigger = Trigger::schedule;
  std::uint32_t to = 0;  // the version that takes over, where there is one already; else a new one is made
  std::string reason;
};
// What is due at that time (Unix microseconds). Repeats itself until it has been done.
using FindDue = std::function<Result<std::vector<Due>>(std::uint64_t now_us)>;

class Scheduler {
 public:
  using OnTrouble = std::function<void(const Error&)>;  // on the scheduler's thread
  // All outlive the scheduler.
  struct Parts {
    store::Store& store;
    Jobs& jobs;
    Sweepers sweepers;
    FindDue find_due;
    AdminLog admin_log;
    std::function<void()> wake;
    OnTrouble on_trouble;
  };

  Scheduler(Parts parts, std::chrono::milliseconds interval);
  Scheduler(const Scheduler&) = delete;
  Scheduler& operator=(const Scheduler&) = delete;
  ~Scheduler();
  void stop();

  // One look: starts what is due. Gives the number of rollovers started.
  Result<std::size_t> look();

 private:
  Result<bool> start(const Due& due, const std::vector<Job>& recent);
  void run(const std::stop_token& stop);

  const Parts parts_;
  const std::chrono::milliseconds interval_;
  std::mutex mutex_;
  std::condition_variable_any wake_;
  std::jthread thread_;  // last: it uses all the others
};

}  // namespace sluis::gateway::rollover
