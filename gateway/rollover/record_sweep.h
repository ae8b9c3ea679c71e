// Re-encryption of a collection: every record under an older key version is opened and sealed under the new one and
// written by compare-and-set, in the order of the ids.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "gateway/keys/key_admin.h"
#include "gateway/keys/keyring.h"
#include "gateway/rollover/new_version.h"
#include "gateway/rollover/pipeline.h"
#include "gateway/rollover/sweep.h"

namespace sluis::gateway::rollover {

// All of it outlives the sweep.
struct RecordSweepParts {
  store::Store& store;
  Keyring& keyring;
  KeyAdmin& keys;
  std::function<std::shared_ptr<const Collection>(std::string_view name)> collection;  // null if there is none
  unsigned sealers = 2;                                                                // threads
};

class RecordSweep final : public Sweep {
 public:
  RecordSweep(const RecordSweepParts& parts, const std::string& collection);

  Result<Prepared> prepare(const Grip& grip, Progress& progress) override;
  Result<Begun> begin(const Grip& grip, const Progress& progress) override;
  Result<Chunk> next(const Grip& grip) override;
  Result<Verdict> verify(const Grip& grip, const Progress& progress) override;

 private:
  // Rewritten by this chunk: the entry of what now is stored.
  audit::Event event_of(const Grip& grip) const;
  void log_written(const Grip& grip, const std::vector<const store::Record*>& written, Chunk& chunk) const;
  void log_faults(const Grip& grip, const std::vector<Fault>& faults, Chunk& chunk) const;
  Status recover(const Grip& grip, const Progress& progress, Begun& begun) const;
  Result<std::uint64_t> count_below(std::uint32_t version) const;

  const RecordSweepParts parts_;
  const std::string name_, key_;  // of the collection, and of its key
  NewVersion version_;
  std::uint32_t to_ = 0;
  std::unique_ptr<Pipeline> pipeline_;
};

}  // namespace sluis::gateway::rollover
