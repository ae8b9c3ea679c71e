#include "gateway/rollover/lease_keeper.h"

#include <utility>

namespace sluis::gateway::rollover {

Result<std::unique_ptr<LeaseKeeper>> LeaseKeeper::take(store::Store& store, std::string_view name,
                                                       std::string_view holder, std::chrono::milliseconds ttl) {
  const auto now = Clock::now();  // before the store's: the lease ends no earlier than this machine believes
  auto lease = store.take_lease(name, holder, ttl);
  if (!lease) return lease.error();
  return std::unique_ptr<LeaseKeeper>(new LeaseKeeper(store, std::move(*lease), ttl, now));
}

LeaseKeeper::LeaseKeeper(store::Store& store, store::Lease lease, std::chrono::milliseconds ttl,
                         Clock::time_point taken)
    : store_(store),
      lease_(std::move(lease)),
      ttl_(ttl),
      ends_((taken + ttl).time_since_epoch().count()),
      thread_([this](const std::stop_token& stop) { run(stop); }) {}

LeaseKeeper::~LeaseKeeper() {
  thread_.request_stop();
  thread_.join();
  if (!lost()) static_cast<void>(store_.drop_lease(lease_));  // ends by itself otherwise
}

bool LeaseKeeper::lost() const noexcept {
  return lost_ || Clock::now().time_since_epoch().count() >= ends_;
}

void LeaseKeeper::run(const std::stop_token& stop) {
  std::unique_lock lock(mutex_);
  while (!stop.stop_requested() && !lost()) {
    wake_.wait_for(lock, stop, ttl_ / 3, [] { return false; });
    if (stop.stop_requested()) return;
    const auto now = Clock::now();
    const Status renewed = store_.renew_lease(lease_, ttl_);
    if (renewed) ends_ = (now + ttl_).time_since_epoch().count();
    if (!renewed && renewed.error().code == Code::conflict) lost_ = true;
  }
}

}  // namespace sluis::gateway::rollover
