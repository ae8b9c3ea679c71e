// Gathers what the gate judges: by full scans and from rows whose MACs are checked, each time anew. Thread-safe; may
// block on the store and, for adopted tables, on their databases.
#pragma once

#include <functional>
#include <map>
#include <string>
#include <string_view>

#include "gateway/approvals/ledger.h"
#include "gateway/backups/ledger.h"
#include "gateway/destruction/gate.h"
#include "gateway/keys/key_admin.h"

namespace sluis::gateway::destruction {

struct FactSources {
  store::Store& store;
  KeyAdmin& keys;
  Documents& documents;
  approvals::Ledger& ledger;  // remembers which backups there are
  std::size_t keep = 3;       // backups
  // Cells of adopted tables under a version of a Transit key ("orders"). Empty: there are no adopted tables.
  std::function<Result<std::uint64_t>(std::string_view key, std::uint32_t version)> adopted_cells{};
};

// Error not_found for a version that is not there, conflict for one that is destroyed; whatever else cannot be looked
// at is one of the facts.
Result<Facts> gather(const FactSources& sources, std::string_view key, std::uint32_t version, std::uint64_t now_us);

// Enters backups into the ledger as they come, and takes out those that are known to be gone, so that a row that is
// removed or put back later is missed. Called every minute and before each look.
Status note_backups(Documents& documents, approvals::Ledger& ledger);

// Whether what a generation holds needs the version. True where nobody knows.
bool needs(const Generation& generation, std::string_view key, std::uint32_t version);

}  // namespace sluis::gateway::destruction
