// Events of administrative acts on their way to the log: collected where they happen, which may be inside the log
// itself or before it is open, and handed over by whoever may append. Thread-safe.
#pragma once

#include <mutex>
#include <utility>
#include <vector>

#include "audit/log.h"

namespace sluis::gateway {

class AdminEvents {
 public:
  void add(audit::Event event) {
    const std::lock_guard lock(mutex_);
    events_.push_back(std::move(event));
  }
  // What has been collected since the last call; empty most of the time.
  std::vector<audit::Event> take() {
    const std::lock_guard lock(mutex_);
    return std::exchange(events_, {});
  }
  // Appends what has been collected to the log and waits; what could not be appended is kept for the next time.
  Status drain(audit::Log& log) {
    std::vector<audit::Event> events = take();
    if (events.empty()) return {};
    const auto receipt = log.append_and_wait(events);
    if (receipt) return {};
    for (audit::Event& event : events) add(std::move(event));
    return receipt.error();
  }

 private:
  std::mutex mutex_;
  std::vector<audit::Event> events_;
};

}  // namespace sluis::gateway
