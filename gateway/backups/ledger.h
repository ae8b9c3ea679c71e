// The generations as governing documents. Thread-safe; may block on the store.
#pragma once

#include <vector>

#include "gateway/backups/generation.h"
#include "gateway/keys/documents.h"

namespace sluis::gateway {

class Generations {
 public:
  explicit Generations(Documents& documents) noexcept : documents_(documents) {}

  // All there ever were, the oldest first. Error corrupt if a row is not what Sluis wrote.
  Result<std::vector<Generation>> list() const;
  Result<Generation> get(std::string_view id) const;
  // Compare-and-set on `generation.revision`, which is moved on; 0: it must be new.
  Status put(Generation& generation);

 private:
  Documents& documents_;
};

}  // namespace sluis::gateway
