// Decrypt budgets: fixed windows of a minute and of a day (UTC) per principal and target, which is a collection or, as
// "transit/names", a key of Transit. Time is given by the caller, in microseconds since 1970. Thread-safe. Counts are
// kept in memory, one a principal and target that was active today (callers pass only those that exist); the gateway
// replays the log's entries of the current day
// into them at start. Each gateway counts for itself.
#pragma once

#include <cstdint>
#include <map>
#include <mutex>
#include <string>
#include <string_view>
#include <utility>

#include "policy/policy.h"

namespace sluis::policy {

struct BudgetAnswer {
  bool allowed = false;
  std::uint64_t retry_after_s = 0;  // when refused: seconds until the window that is spent ends, at least 1
  bool too_many = false;            // when refused: `count` is over a limit by itself, so no later try can succeed
};

class Budgets {
 public:
  // Takes `count` from both windows, or nothing at all if either has too little left. Counts also where there is no
  // limit, for the policy may get one before the day is over.
  // A clock set back by up to a minute (a day) does not reopen a window.
  BudgetAnswer take(std::string_view principal, std::string_view target, const BudgetLimits& limits,
                    std::uint64_t count, std::uint64_t now_us);
  // Counts what already happened (replay at start), without a limit, in any order; what lies before the newest day
  // seen is left out.
  void replay(std::string_view principal, std::string_view target, std::uint64_t count, std::uint64_t at_us);

  // Principals and targets being counted.
  std::size_t size() const;

 private:
  struct Window {
    std::uint64_t minute = 0, in_minute = 0, day = 0, in_day = 0;
  };
  struct Less {
    using is_transparent = void;
    template <typename A, typename B>
    bool operator()(const A& a, const B& b) const noexcept {
      const int order = std::string_view(a.first).compare(std::string_view(b.first));
      return order != 0 ? order < 0 : std::string_view(a.second) < std::string_view(b.second);
    }
  };
  Window& window(std::string_view principal, std::string_view target);
  void forget_before(std::uint64_t day);

  mutable std::mutex mutex_;
  std::map<std::pair<std::string, std::string>, Window, Less> windows_;
  std::uint64_t swept_day_ = 0;  // no window of an earlier day is kept
};

}  // namespace sluis::policy
