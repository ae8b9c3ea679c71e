// Takes the encryptions of a call from the versions' counters before any of them is made (NIST SP 800-38D section 8.3).
// For one call.
#pragma once

#include <string>
#include <vector>

#include "gateway/transit/api/items.h"

namespace sluis::gateway::transit {

class Uses {
 public:
  // The items that can be encrypted at all, by version.
  Uses(const TransitKey& key, const std::vector<Item>& items);
  void want(std::uint32_t version, std::uint64_t count = 1);

  // Errors of the store. What the counters refuse is told by check().
  Status take(TransitKeys& keys, const TransitKey& key);
  // Error invalid if nothing is left of a version's encryptions.
  Status check(std::uint32_t version) const;
  std::vector<std::string> warnings() const;

 private:
  struct Row {
    std::uint32_t version;
    std::uint64_t count;
    UseAnswer answer;
  };
  std::vector<Row> rows_;
};

}  // namespace sluis::gateway::transit
