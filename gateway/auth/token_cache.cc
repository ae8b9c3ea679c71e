#include "gateway/auth/token_cache.h"

#include <mutex>

namespace sluis::gateway::auth {

std::optional<store::LoginToken> TokenCache::find(const Digest& id, Time now) const {
  const std::shared_lock lock(mutex_);
  const auto found = entries_.find(id);
  if (found == entries_.end() || found->second.until <= now) return std::nullopt;
  return found->second.row;
}

std::uint64_t TokenCache::drops() const {
  const std::shared_lock lock(mutex_);
  return drops_;
}

void TokenCache::put(const store::LoginToken& row, std::uint64_t drops_before, Time now, Time until) {
  const std::unique_lock lock(mutex_);
  if (drops_ != drops_before) return;
  if (entries_.size() >= capacity_ && entries_.find(row.id) == entries_.end()) {
    std::erase_if(entries_, [now](const auto& entry) { return entry.second.until <= now; });
    if (entries_.size() >= capacity_) entries_.erase(entries_.begin());
  }
  entries_.insert_or_assign(row.id, Entry{row, until});
}

void TokenCache::drop(const Digest& id) {
  const std::unique_lock lock(mutex_);
  ++drops_;
  entries_.erase(id);
}

std::size_t TokenCache::size() const {
  const std::shared_lock lock(mutex_);
  return entries_.size();
}

}  // namespace sluis::gateway::auth
