// Counts encryptions with random 12-byte nonces, a version at a time. Gateways reserve blocks in the key's own row,
// under its MAC and by compare-and-set, and count within a block in memory; so what is stored is never less than what
// was made, whatever stops a gateway, and the count cannot be set back without the row being refused. Thread-safe.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <shared_mutex>

#include "gateway/transit/keys/shelf.h"

namespace sluis::gateway::transit {

class UseCounters {
 public:
  // `shelf` must outlive the object.
  UseCounters(Shelf& shelf, std::uint64_t limit) noexcept : shelf_(shelf), limit_(limit) {}

  Result<UseAnswer> take(const TransitKey& key, std::uint32_t version, std::uint64_t n);
  bool ready(const TransitKey& key, std::uint32_t version, std::uint64_t n) const;

 private:
  struct Counter {
    std::mutex mutex;
    std::uint64_t left = 0;          // of what this gateway has reserved
    std::uint64_t reserved = 0;      // by all gateways, when this one last looked
    std::uint64_t next_block = 256;  // grows: a key that is little used wastes little at a restart
  };

  std::shared_ptr<Counter> counter(const Bytes& mark);
  // Whether the counter has `n` left now. Its mutex is held.
  Result<bool> reserve(Counter& counter, const TransitKey& key, const KeyVersion& version, std::uint64_t n);

  Shelf& shelf_;
  const std::uint64_t limit_;
  mutable std::shared_mutex mutex_;
  // By the version's mark, so that other material under the same number is counted by itself. Small, and one for each
  // version that encrypted here.
  std::map<Bytes, std::shared_ptr<Counter>> counters_;
};

}  // namespace sluis::gateway::transit
