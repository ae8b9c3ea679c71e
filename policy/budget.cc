#include "policy/budget.h"

#include <algorithm>
#include <limits>

namespace sluis::policy {
namespace {

constexpr std::uint64_t minute_us = 60'000'000;
constexpr std::uint64_t day_us = 24 * 60 * minute_us;  // Unix days have no leap seconds

std::uint64_t saturating_add(std::uint64_t a, std::uint64_t b) noexcept {
  constexpr auto most = std::numeric_limits<std::uint64_t>::max();
  return b > most - a ? most : a + b;
}

bool too_little(const std::optional<std::uint64_t>& limit, std::uint64_t used, std::uint64_t count) noexcept {
  return limit && (used > *limit || count > *limit - used);
}

std::uint64_t seconds_left(std::uint64_t now_us, std::uint64_t window_us) noexcept {
  const std::uint64_t left_us = window_us - now_us % window_us;
  return (left_us + 999'999) / 1'000'000;
}

// The window of number `now` replaces that of number `kept`: time went on, or the clock was set back for good. One
// number back is a clock being corrected around the window's edge, and what was counted must stay counted.
bool replaces(std::uint64_t now, std::uint64_t kept) noexcept {
  return now > kept || kept - now > 1;
}

void renew(std::uint64_t now, std::uint64_t& number, std::uint64_t& used) noexcept {
  if (!replaces(now, number)) return;
  number = now;
  used = 0;
}

}  // namespace

Budgets::Window& Budgets::window(std::string_view principal, std::string_view target) {
  const auto found = windows_.find(std::pair(principal, target));
  if (found != windows_.end()) return found->second;
  return windows_[std::pair(std::string(principal), std::string(target))];
}

void Budgets::forget_before(std::uint64_t day) {
  if (!replaces(day, swept_day_)) return;
  for (auto at = windows_.begin(); at != windows_.end();)
    at = replaces(day, at->second.day) ? windows_.erase(at) : std::next(at);
  swept_day_ = day;
}

BudgetAnswer Budgets::take(std::string_view principal, std::string_view target, const BudgetLimits& limits,
                           std::uint64_t count, std::uint64_t now_us) {
  const std::lock_guard lock(mutex_);
  forget_before(now_us / day_us);
  Window& used = window(principal, target);
  renew(now_us / minute_us, used.minute, used.in_minute);
  renew(now_us / day_us, used.day, used.in_day);

  const bool day_spent = too_little(limits.per_day, used.in_day, count);
  if (day_spent || too_little(limits.per_minute, used.in_minute, count)) {
    const bool never = too_little(limits.per_day, 0, count) || too_little(limits.per_minute, 0, count);
    return {false, seconds_left(now_us, day_spent ? day_us : minute_us), never};
  }
  used.in_minute = saturating_add(used.in_minute, count);
  used.in_day = saturating_add(used.in_day, count);
  return {true, 0, false};
}

void Budgets::replay(std::string_view principal, std::string_view target, std::uint64_t count, std::uint64_t at_us) {
  const std::uint64_t day = at_us / day_us;
  const std::uint64_t minute = at_us / minute_us;
  const std::lock_guard lock(mutex_);
  if (day < swept_day_) return;
  forget_before(day);
  Window& used = window(principal, target);
  if (day > used.day) used = {};
  used.day = day;
  used.in_day = saturating_add(used.in_day, count);
  if (minute < used.minute) return;
  if (minute > used.minute) used.in_minute = 0;
  used.minute = minute;
  used.in_minute = saturating_add(used.in_minute, count);
}

std::size_t Budgets::size() const {
  const std::lock_guard lock(mutex_);
  return windows_.size();
}

}  // namespace sluis::policy
