// Governing documents (jobs, approvals, backups, adopted tables, moves, periods): a kind, a name unique within it and a
// JSON object, stored with the MAC of gateway/keys/governance.h, so that a row that was changed, moved or made outside
// Sluis is refused. Changes are compare-and-set on the revision. Thread-safe; may block on the store, whose errors are
// passed on: not_found, conflict, unavailable, busy; corrupt if a row is not what Sluis wrote; too_large past
// store::kMaxDocumentBytes.
#pragma once

#include <boost/json/object.hpp>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "gateway/keys/governance.h"
#include "store/store.h"

namespace sluis::gateway {

class Documents {
 public:
  struct Found {
    std::string name;
    std::uint64_t revision = 0;
    boost::json::object body;
  };
  static constexpr std::uint64_t kNew = 0;  // as `expected_revision`: the name must be new

  // Both must outlive this.
  Documents(store::Store& store, const Governance& governance) noexcept : store_(store), governance_(governance) {}

  Result<Found> get(std::string_view kind, std::string_view name) const;
  // Names greater than `after`, ordered byte by byte. One bad row makes the whole answer corrupt.
  Result<std::vector<Found>> list(std::string_view kind, std::string_view after, std::size_t limit) const;
  // Gives the new revision: it grows, and a name that was removed and is there again does not repeat one.
  Result<std::uint64_t> put(std::string_view kind, std::string_view name, const boost::json::object& body,
                            std::uint64_t expected_revision);
  Status remove(std::string_view kind, std::string_view name, std::uint64_t expected_revision);

 private:
  store::Store& store_;
  const Governance& governance_;
};

}  // namespace sluis::gateway
