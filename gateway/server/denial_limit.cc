#include "gateway/server/denial_limit.h"

#include <utility>

namespace sluis::gateway {

DenialLimit::Answer DenialLimit::take(const std::string& principal, std::uint64_t now_us) {
  const std::uint64_t minute = now_us / 60'000'000;
  const std::lock_guard lock(mutex_);
  Row& row = rows_[principal];
  if (row.minute != minute) {
    row.minute = minute;
    row.logged = 0;
  }
  if (row.logged == per_minute_) {
    ++row.held_back;
    return {};
  }
  ++row.logged;
  return {true, std::exchange(row.held_back, 0)};
}

}  // namespace sluis::gateway
