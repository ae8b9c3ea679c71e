// What a connection has seen of the token's keys: their handles, and which keys there are. Thread-safe.
#pragma once

#include <map>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "hsm/inventory.h"

namespace sluis::hsm {

// Changes are made while the objects lock of the connection is held (hsm/connection.h), so that what is remembered
// never contradicts what was just found, made or destroyed.
class KeyMemory {
 public:
  std::optional<ck_object_handle_t> handle(const KeyRef& key) const;
  void learn(const KeyRef& key, ck_object_handle_t handle);
  void drop_handle(const KeyRef& key);

  void expect(const KeyRef& key);
  void forget(const KeyRef& key);  // it was destroyed
  std::set<KeyRef> expected() const;

  // Whether the inventory shows every expected key; if so, it becomes what is expected.
  bool agrees(const Inventory& inventory);
  void replace(const Inventory& inventory);  // whatever was expected before

  std::vector<std::string> orphans() const;
  std::optional<KeyRef> newest_master_in_use() const;

 private:
  mutable std::mutex mutex_;
  std::map<KeyRef, ck_object_handle_t> handles_;
  std::set<KeyRef> expected_;
  std::vector<std::string> orphans_;
};

}  // namespace sluis::hsm
