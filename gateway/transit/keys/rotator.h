// Rotates keys when their time has come: a thread that asks once in a while. Any number of gateways may do so at once.
#pragma once

#include <chrono>
#include <condition_variable>
#include <functional>
#include <mutex>
#include <thread>

#include "gateway/transit/keys/transit_keys.h"

namespace sluis::gateway::transit {

class Rotator {
 public:
  using OnFailure = std::function<void(const Error&)>;  // for the operational log; called on the rotator's thread

  // `keys` must outlive the rotator. Periods are an hour or more, so a minute is often enough.
  Rotator(TransitKeys& keys, AdminLog admin_log, OnFailure on_failure,
          std::chrono::milliseconds interval = std::chrono::minutes(1));
  Rotator(const Rotator&) = delete;
  Rotator& operator=(const Rotator&) = delete;
  ~Rotator() = default;  // waits for a rotation that is under way

 private:
  void run(const std::stop_token& stop);

  TransitKeys& keys_;
  AdminLog admin_log_;
  OnFailure on_failure_;
  std::chrono::milliseconds interval_;
  std::mutex mutex_;
  std::condition_variable_any wake_;
  std::jthread thread_;  // last: it uses all the others
};

}  // namespace sluis::gateway::transit
