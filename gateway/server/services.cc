#include "gateway/server/services.h"

#include <algorithm>

namespace sluis::gateway {

bool Compatible::covers(std::string_view target) const noexcept {
  return std::any_of(mounts.begin(), mounts.end(), [&](const auto& mount) { return target.starts_with(mount); });
}

bool PrincipalCounts::enter(const std::string& principal, std::size_t limit) {
  const std::lock_guard lock(mutex_);
  auto& count = counts_[principal];
  if (count >= limit) return false;
  ++count;
  return true;
}

void PrincipalCounts::leave(const std::string& principal) {
  const std::lock_guard lock(mutex_);
  const auto it = counts_.find(principal);
  if (it == counts_.end()) return;
  if (--it->second == 0) counts_.erase(it);
}

bool BodyShare::grow_to(std::size_t bytes, std::size_t limit) noexcept {
  if (bytes <= held_) return true;
  const auto more = bytes - held_;
  const auto before = shared_->body_bytes.fetch_add(more, std::memory_order_relaxed);
  held_ = bytes;
  if (before + more <= limit) return true;
  release();
  return false;
}

void BodyShare::release() noexcept {
  shared_->body_bytes.fetch_sub(held_, std::memory_order_relaxed);
  held_ = 0;
}

}  // namespace sluis::gateway
