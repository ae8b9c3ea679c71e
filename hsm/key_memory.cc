#include "hsm/key_memory.h"

#include <algorithm>

namespace sluis::hsm {

std::optional<ck_object_handle_t> KeyMemory::handle(const KeyRef& key) const {
  const std::lock_guard lock(mutex_);
  const auto known = handles_.find(key);
  if (known == handles_.end()) return std::nullopt;
  return known->second;
}

void KeyMemory::learn(const KeyRef& key, ck_object_handle_t handle) {
  const std::lock_guard lock(mutex_);
  handles_[key] = handle;
  expected_.insert(key);
}

void KeyMemory::drop_handle(const KeyRef& key) {
  const std::lock_guard lock(mutex_);
  handles_.erase(key);
}

void KeyMemory::expect(const KeyRef& key) {
  const std::lock_guard lock(mutex_);
  expected_.insert(key);
}

void KeyMemory::forget(const KeyRef& key) {
  const std::lock_guard lock(mutex_);
  handles_.erase(key);
  expected_.erase(key);
}

std::set<KeyRef> KeyMemory::expected() const {
  const std::lock_guard lock(mutex_);
  return expected_;
}

bool KeyMemory::agrees(const Inventory& inventory) {
  {
    const std::lock_guard lock(mutex_);
    if (!std::includes(inventory.seen.begin(), inventory.seen.end(), expected_.begin(), expected_.end())) return false;
  }
  replace(inventory);
  return true;
}

void KeyMemory::replace(const Inventory& inventory) {
  const std::lock_guard lock(mutex_);
  expected_ = inventory.seen;
  orphans_ = inventory.orphans;
}

std::vector<std::string> KeyMemory::orphans() const {
  const std::lock_guard lock(mutex_);
  return orphans_;
}

std::optional<KeyRef> KeyMemory::newest_master_in_use() const {
  const std::lock_guard lock(mutex_);
  std::optional<KeyRef> newest;
  for (const auto& [key, handle] : handles_) {
    if (key.kind == KeyKind::master) newest = key;
  }
  return newest;
}

}  // namespace sluis::hsm
