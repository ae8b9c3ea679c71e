#include "gateway/transit/keys/rotator.h"

#include <utility>

namespace sluis::gateway::transit {

Rotator::Rotator(TransitKeys& keys, AdminLog admin_log, OnFailure on_failure, std::chrono::milliseconds interval)
    : keys_(keys),
      admin_log_(std::move(admin_log)),
      on_failure_(std::move(on_failure)),
      interval_(interval),
      thread_([this](const std::stop_token& stop) { run(stop); }) {}

void Rotator::run(const std::stop_token& stop) {
  std::unique_lock lock(mutex_);
  while (!stop.stop_requested()) {
    const auto rotated = keys_.rotate_due(admin_log_, stop);
    if (!rotated) on_failure_(rotated.error());
    wake_.wait_for(lock, stop, interval_, [] { return false; });
  }
}

}  // namespace sluis::gateway::transit
