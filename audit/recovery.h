// Finds the end of a log at start, against its last checkpoint, and cuts a torn tail. One thread.
#pragma once

#include <vector>

#include "audit/catalog.h"
#include "audit/file_ops.h"
#include "audit/log.h"
#include "audit/merkle.h"

namespace sluis::audit {

struct Recovered {
  Frontier tree;                       // over all entries
  std::vector<SegmentEntry> segments;  // at least one; the last is the one to write on
  SegmentHeader active;                // of the last segment
  File file;                           // of the last segment
  std::uint64_t offset = 0;            // where its next batch goes
  Checkpoint checkpoint;               // the last one; size 0 if there is none
  std::string note;                    // the same as it was read or written
  bool by_newest = true;               // the signer's key signed it, not only one before
  Recovery report;
};

// The folder is locked by the caller. `public_key` is asked of the signer only where there is a checkpoint.
Result<Recovered> recover(const LogConfig& config, FileOps& files, Signer& signer, Damage& damage);

}  // namespace sluis::audit
