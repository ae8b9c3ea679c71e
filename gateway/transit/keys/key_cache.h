// Opened keys by the names of their rows: bounded in number, with a second chance for those in use when one has to go.
// Thread-safe.
#pragma once

#include <atomic>
#include <chrono>
#include <map>
#include <memory>
#include <shared_mutex>
#include <string>
#include <string_view>

#include "gateway/transit/keys/transit_key.h"

namespace sluis::gateway::transit {

struct CachedKey {
  using Time = std::chrono::steady_clock::time_point;
  std::shared_ptr<const TransitKey> key;
  Time expires;                                 // of the material
  Time checked;                                 // when the row was last read
  mutable std::atomic<bool> used{false};        // found since the hand last passed
  mutable std::atomic<bool> refreshing{false};  // one caller is asking the store
  mutable std::atomic<bool> in_vain{false};     // read for a version that was not there
};

class KeyCache {
 public:
  using Entry = std::shared_ptr<const CachedKey>;

  explicit KeyCache(std::size_t most) : most_(most) {}

  Entry find(std::string_view name) const;  // null if there is none
  // Unless what is there is a later revision of the same key, read no earlier.
  void put(const std::string& name, Entry entry);
  void erase(std::string_view name);
  void purge(CachedKey::Time now);
  std::size_t size() const;
  void keep_at_most(std::size_t most);  // at least 1

 private:
  void make_room();

  mutable std::shared_mutex mutex_;
  std::size_t most_;
  std::map<std::string, Entry, std::less<>> entries_;
  std::string hand_;  // where the search for an unused one goes on
};

}  // namespace sluis::gateway::transit
