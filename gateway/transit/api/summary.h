// Counts what is too frequent for an entry of its own (encrypts, MACs, verifications) by principal, action and key, and
// writes one entry for each combination a minute. Counts that the log does not take are kept for the next time.
// Thread-safe.
#pragma once

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <map>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>
#include <tuple>

#include "audit/log.h"

namespace sluis::gateway::transit {

class Summary {
 public:
  // `log` outlives the object. An interval of 0: only flush() writes.
  explicit Summary(audit::Log& log, std::chrono::milliseconds interval = std::chrono::minutes(1));
  Summary(const Summary&) = delete;
  Summary& operator=(const Summary&) = delete;
  ~Summary();  // flushes

  void count(std::string_view principal, std::string_view action, std::string_view key, std::uint64_t items);
  // Writes what has been counted, and waits until it is durable. Not for I/O threads.
  Status flush();

 private:
  using Names = std::tuple<std::string, std::string, std::string>;
  using Views = std::tuple<std::string_view, std::string_view, std::string_view>;
  struct Less {
    using is_transparent = void;
    bool operator()(const auto& a, const auto& b) const noexcept { return Views(a) < Views(b); }
  };
  void run(const std::stop_token& stop);

  audit::Log& log_;
  const std::chrono::milliseconds interval_;
  std::mutex mutex_;
  std::map<Names, std::uint64_t, Less> counts_;
  std::mutex flush_mutex_;
  std::mutex wake_mutex_;
  std::condition_variable_any wake_;
  std::jthread thread_;
};

}  // namespace sluis::gateway::transit
