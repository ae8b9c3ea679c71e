// Rows of login tokens that were read from the store, checked, and may be believed for a short time. Bounded: what is
// over the bound takes the place of something else. Thread-safe.
#pragma once

#include <chrono>
#include <cstring>
#include <optional>
#include <shared_mutex>
#include <unordered_map>

#include "store/store.h"

namespace sluis::gateway::auth {

class TokenCache {
 public:
  using Time = std::chrono::steady_clock::time_point;

  explicit TokenCache(std::size_t capacity) : capacity_(capacity) {}

  // Nothing once `now` has reached the time it may be believed until.
  std::optional<store::LoginToken> find(const Digest& id, Time now) const;
  // To be asked before the store is: a row that was read before a drop is not put after it.
  std::uint64_t drops() const;
  void put(const store::LoginToken& row, std::uint64_t drops_before, Time now, Time until);
  void drop(const Digest& id);
  std::size_t size() const;

 private:
  // The ids are digests of random tokens: any part of one is as good as a hash of it.
  struct Hash {
    std::size_t operator()(const Digest& id) const noexcept {
      std::size_t out = 0;
      std::memcpy(&out, id.data(), sizeof out);
      return out;
    }
  };
  struct Entry {
    store::LoginToken row;
    Time until;
  };

  const std::size_t capacity_;
  mutable std::shared_mutex mutex_;
  std::unordered_map<Digest, Entry, Hash> entries_;
  std::uint64_t drops_ = 0;
};

}  // namespace sluis::gateway::auth
