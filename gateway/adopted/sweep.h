// Re-encryption of an adopted table: each cell below the key's newest version is opened and encrypted under it, with
// the same associated data, and written by compare-and-set on the old cell. A cell that does not open is left alone and
// named in the log.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <string>

#include "gateway/adopted/pages.h"
#include "gateway/rollover/sweep.h"

namespace sluis::gateway::adopted {

struct SweepParts {
  transit::TransitKeys& keys;
  std::chrono::milliseconds settle{5000};  // how long after a rotation every gateway knows of it
  std::function<std::uint64_t()> now_us;
  unsigned threads = 2;
  unsigned writers = 2;  // connections
};

class TableSweep final : public rollover::Sweep {
 public:
  TableSweep(SweepParts parts, Declaration declaration, std::unique_ptr<store::CipherTable> table);

  Result<rollover::Prepared> prepare(const rollover::Grip& grip, rollover::Progress& progress) override;
  Result<rollover::Begun> begin(const rollover::Grip& grip, const rollover::Progress& progress) override;
  Result<rollover::Chunk> next(const rollover::Grip& grip) override;
  Result<rollover::Verdict> verify(const rollover::Grip& grip, const rollover::Progress& progress) override;

 private:
  audit::Event event_of(const rollover::Grip& grip) const;
  Status recover(const rollover::Grip& grip, const rollover::Progress& progress, rollover::Begun& begun);
  Result<std::vector<store::Swapped>> write(const std::vector<store::RowSwap>& swaps);
  void log_written(const rollover::Grip& grip, const CellPage& page, const std::vector<std::size_t>& rows,
                   rollover::Chunk& chunk) const;
  void log_faults(const rollover::Grip& grip, const CellPage& page, rollover::Chunk& chunk) const;

  const SweepParts parts_;
  const Declaration declaration_;
  const std::unique_ptr<store::CipherTable> table_;
  transit::TransitKeys::Key key_;
  std::uint32_t to_ = 0;
  bool asked_ = false;  // the store, for the newest version
  std::unique_ptr<CellPages> pages_;
};

// The key as the store has it now, not as it was some seconds ago. Error invalid if it cannot encrypt (any more).
Result<transit::TransitKeys::Key> fresh_key(transit::TransitKeys& keys, const std::string& name);

// The key of a row as one text, a JSON array, and back. Error corrupt for anything else.
std::string cursor_of(const std::vector<std::string>& key);
Result<std::vector<std::string>> key_at(std::string_view cursor);

}  // namespace sluis::gateway::adopted
