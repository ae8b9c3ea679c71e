// A lease that is renewed in time by a thread of its own, for as long as this lives. Where that fails for as long as it
// lasts, or another has it, it is lost for good: whoever works under it leaves off, and what is written all the same is
// fenced by the store. Thread-safe.
#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <string_view>
#include <thread>

#include "store/store.h"

namespace sluis::gateway::rollover {

class LeaseKeeper {
 public:
  // Error conflict while another has it. The store outlives the keeper.
  static Result<std::unique_ptr<LeaseKeeper>> take(store::Store& store, std::string_view name, std::string_view holder,
                                                   std::chrono::milliseconds ttl);
  LeaseKeeper(const LeaseKeeper&) = delete;
  LeaseKeeper& operator=(const LeaseKeeper&) = delete;
  ~LeaseKeeper();  // gives the lease back

  const store::Lease& lease() const noexcept { return lease_; }
  bool lost() const noexcept;

 private:
  using Clock = std::chrono::steady_clock;
  LeaseKeeper(store::Store& store, store::Lease lease, std::chrono::milliseconds ttl, Clock::time_point taken);
  void run(const std::stop_token& stop);

  store::Store& store_;
  const store::Lease lease_;
  const std::chrono::milliseconds ttl_;
  std::atomic<Clock::rep> ends_;  // by this machine's clock
  std::atomic<bool> lost_{false};
  std::mutex mutex_;
  std::condition_variable_any wake_;
  std::jthread thread_;
};

}  // namespace sluis::gateway::rollover
