// Whether a key version may be destroyed: a pure function over facts that were gathered fresh. Everything that stands
// in the way is named, each by itself; what could not be found out stands in the way too.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "store/store.h"

namespace sluis::gateway::destruction {

enum class Obstacle : std::uint8_t {
  not_scheduled,    // its destruction was not scheduled, or it still seals
  waiting,          // the waiting period is not over
  records,          // live records are under it
  adopted_cells,    // cells of adopted tables are under it
  data_keys,        // data keys are wrapped under it (master versions)
  kept_backups,     // backups that need it are kept
  newer_backups,    // too few newer backups have passed their drill
  missing_backups,  // backups are known that have no row: nobody can say whether they need it
  unknown,          // something could not be looked at
};
std::string_view name(Obstacle obstacle) noexcept;

struct Blocker {
  Obstacle obstacle;
  std::uint64_t count = 0;
  std::string text;  // for people; names of keys and backups, never data
};

struct BackupFact {
  std::string id;
  std::uint64_t created_us = 0;
  bool kept = false;   // not known to be gone
  bool good = false;   // kept, and passed its last drill
  bool needs = false;  // what it holds opens under the version only, or nobody knows
};

// Times are Unix microseconds.
struct Facts {
  std::string key;
  std::uint32_t version = 0;
  store::KeyState state = store::KeyState::active;
  std::uint64_t now_us = 0, destroy_from_us = 0;
  std::uint64_t out_of_use_us = 0;  // since when nothing new comes under it; 0: not known
  std::uint64_t records = 0, adopted_cells = 0, data_keys = 0;
  std::vector<BackupFact> backups;           // all there ever were
  std::vector<std::string> missing_backups;  // known by the ledger, without a row
  bool backups_forgotten = false;            // the ledger itself was put back: older backups may be unknown
  std::size_t keep = 3;                      // how many newer good ones there must be
  std::vector<std::string> unknown;          // what could not be looked at, in words
};

// In the order of the enumeration; empty: it may be destroyed.
std::vector<Blocker> blockers(const Facts& facts);

}  // namespace sluis::gateway::destruction
