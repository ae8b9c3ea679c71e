#include "gateway/transit/api/summary.h"

#include <algorithm>
#include <vector>

namespace sluis::gateway::transit {

Summary::Summary(audit::Log& log, std::chrono::milliseconds interval) : log_(log), interval_(interval) {
  if (interval_.count() > 0) thread_ = std::jthread([this](const std::stop_token& stop) { run(stop); });
}

Summary::~Summary() {
  if (thread_.joinable()) {
    thread_.request_stop();
    thread_.join();
  }
  static_cast<void>(flush());
}

void Summary::run(const std::stop_token& stop) {
  std::unique_lock lock(wake_mutex_);
  while (!stop.stop_requested()) {
    wake_.wait_for(lock, stop, interval_, [] { return false; });
    if (!stop.stop_requested()) static_cast<void>(flush());
  }
}

void Summary::count(std::string_view principal, std::string_view action, std::string_view key, std::uint64_t items) {
  const Views names{principal, action, key};
  const std::lock_guard lock(mutex_);
  const auto found = counts_.find(names);
  if (found != counts_.end()) {
    found->second += items;
    return;
  }
  counts_.emplace(Names{principal, action, key}, items);
}

Status Summary::flush() {
  constexpr std::size_t kTogether = 1000;
  const std::lock_guard one_at_a_time(flush_mutex_);
  std::map<Names, std::uint64_t, Less> taken;
  {
    const std::lock_guard lock(mutex_);
    taken.swap(counts_);
  }
  while (!taken.empty()) {
    std::vector<audit::Event> events;
    auto end = taken.begin();
    for (; end != taken.end() && events.size() < kTogether; ++end) {
      audit::Event& event = events.emplace_back();
      std::tie(event.principal, event.action, event.key) = end->first;
      event.count = end->second;
      event.payload.detail = "summary";
    }
    const auto receipt = log_.append_and_wait(std::move(events));
    if (receipt) {
      taken.erase(taken.begin(), end);
      continue;
    }
    for (const auto& [names, items] : taken) count(std::get<0>(names), std::get<1>(names), std::get<2>(names), items);
    return receipt.error();
  }
  return {};
}

}  // namespace sluis::gateway::transit
