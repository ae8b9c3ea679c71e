// Decrypt budgets: fixed windows of a minute and of a day (UTC) per principal and collection. Time is given by the caller.
// Thread-safe. Counts are kept in memory; the gateway replays the log's entries of the current day into them at start.
#pragma once

#include <cstdint>
#include <map>
#include <mutex>
#include <string>
#include <string_view>

#include "policy/policy.h"

namespace sluis::policy {

struct BudgetAnswer {
  bool allowed = false;
  std::uint64_t retry_after_s = 0;  // when refused: seconds until the window that is spent ends
};

class Budgets {
 public:
  // Takes `count` from both windows, or nothing at all if either has too little left.
  BudgetAnswer take(std::string_view principal, std::string_view collection, const BudgetLimits& limits,
                    std::uint64_t count, std::uint64_t now_us);
  // Counts what already happened (replay at start), without a limit.
  void replay(std::string_view principal, std::string_view collection, std::uint64_t count, std::uint64_t at_us);

 private:
  struct Window {
    std::uint64_t minute = 0, in_minute = 0, day = 0, in_day = 0;
  };
  Window& window(std::string_view principal, std::string_view collection, std::uint64_t now_us);
  std::mutex mutex_;
  std::map<std::pair<std::string, std::string>, Window, std::less<>> windows_;
};

}  // namespace sluis::policy
