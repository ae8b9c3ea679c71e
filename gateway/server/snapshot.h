// What a request sees of what can be reloaded: one immutable whole, swapped at once.
#pragma once

#include <cstdint>
#include <memory>
#include <set>
#include <string>

#include "gateway/server/limits.h"
#include "policy/policy.h"

namespace sluis::gateway {

class TlsContext;

struct Snapshot {
  std::shared_ptr<const policy::Policy> policy;
  std::shared_ptr<const TlsContext> tls;
  Limits limits;
  // Only these names get into the leaf of a denial's entry: a path may hold anything.
  std::set<std::string, std::less<>> known_collections;
  std::uint64_t tls_generation = 0;  // connections of an older one end after their request
};

}  // namespace sluis::gateway
