#include "gateway/transit/keys/key_cache.h"

#include <algorithm>
#include <mutex>
#include <utility>

namespace sluis::gateway::transit {
namespace {

// A change made here may overtake a read of the row as it was before.
bool overtaken(const CachedKey& there, const CachedKey& given) {
  return there.key->id == given.key->id && there.key->revision > given.key->revision && there.checked >= given.checked;
}

}  // namespace

KeyCache::Entry KeyCache::find(std::string_view name) const {
  const std::shared_lock lock(mutex_);
  const auto found = entries_.find(name);
  if (found == entries_.end()) return nullptr;
  found->second->used.store(true, std::memory_order_relaxed);
  return found->second;
}

void KeyCache::put(const std::string& name, Entry entry) {
  const std::unique_lock lock(mutex_);
  const auto found = entries_.find(name);
  if (found != entries_.end()) {
    if (!overtaken(*found->second, *entry)) found->second = std::move(entry);
    return;
  }
  if (entries_.size() >= most_) make_room();
  entries_.emplace(name, std::move(entry));
}

// Each key that was used since the hand last passed is passed once more; so the search ends after at most two rounds.
void KeyCache::make_room() {
  auto at = entries_.upper_bound(hand_);
  for (std::size_t steps = 0; steps <= 2 * entries_.size(); ++steps) {
    if (at == entries_.end()) at = entries_.begin();
    if (!at->second->used.exchange(false, std::memory_order_relaxed)) break;
    ++at;
  }
  if (at == entries_.end()) at = entries_.begin();
  if (at == entries_.end()) return;
  hand_ = at->first;
  entries_.erase(at);
}

void KeyCache::erase(std::string_view name) {
  const std::unique_lock lock(mutex_);
  const auto found = entries_.find(name);
  if (found != entries_.end()) entries_.erase(found);
}

void KeyCache::purge(CachedKey::Time now) {
  const std::unique_lock lock(mutex_);
  std::erase_if(entries_, [now](const auto& entry) { return entry.second->expires <= now; });
}

void KeyCache::keep_at_most(std::size_t most) {
  const std::unique_lock lock(mutex_);
  most_ = std::max<std::size_t>(most, 1);
  while (entries_.size() > most_) make_room();
}

std::size_t KeyCache::size() const {
  const std::shared_lock lock(mutex_);
  return entries_.size();
}

}  // namespace sluis::gateway::transit
