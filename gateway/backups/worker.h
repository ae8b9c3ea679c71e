// What is done to generations, one act at a time, under the lease on backups: making, trying, expiring, restoring. Each
// act ends as a change of the generation's document and an entry of the log. One thread at a time.
#pragma once

#include "gateway/backups/ledger.h"
#include "gateway/backups/parts.h"

namespace sluis::gateway {

class BackupWorker {
 public:
  BackupWorker(const BackupParts& parts, Generations& generations, std::size_t keep)
      : parts_(parts), generations_(generations), keep_(keep) {}

  // First thing under a fresh lease: what an earlier holder left unfinished has failed, and its files go.
  Status tidy();
  // A document of a generation to be made; then the making of it, which always ends in the document.
  Result<Generation> begin(const std::string& trigger);
  Status make(Generation& generation, BackupProgress& progress, const std::stop_token& stop);
  // An error if the drill could not be held or was not passed.
  Status drill(Generation& generation, const std::string& who, BackupProgress& progress, const std::stop_token& stop);
  // What has had its time: removed where Sluis keeps it, marked, logged. Goes on after one that cannot be removed.
  Status expire_due(const std::stop_token& stop);
  Status expire(Generation& generation, const std::string& who, const std::stop_token& stop);

 private:
  Status remove_files(const Generation& generation, const std::stop_token& stop) const;
  void tell(std::string_view action, const std::string& who, audit::Outcome outcome, std::uint64_t count,
            std::string detail);

  const BackupParts& parts_;
  Generations& generations_;
  const std::size_t keep_;
};

}  // namespace sluis::gateway
