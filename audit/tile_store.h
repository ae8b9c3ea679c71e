// Writes tiles so that they last: a temporary name, sync, rename, and a sync of each folder concerned. One thread.
#pragma once

#include <set>
#include <string>
#include <vector>

#include "audit/file_ops.h"
#include "crypto/bytes.h"
#include "crypto/result.h"

namespace sluis::audit {

class TileStore {
 public:
  TileStore(FileOps& files, std::string folder) : files_(files), folder_(std::move(folder)) {}

  // Under its name, but durable only after settle(). Errors: unavailable.
  Status put(const std::string& path, ByteView bytes);
  // All that was put is durable, and so are the folders. After an error nothing may be taken as durable.
  Status settle();
  void drop();  // forgets what is not settled

 private:
  struct Written {
    File file;
    std::string path;  // whole
  };
  Status make_folders(const std::string& folder);
  Status name_written();

  FileOps& files_;
  const std::string folder_;
  std::vector<Written> written_;   // under temporary names; at most kTogether
  std::set<std::string> touched_;  // folders to sync
};

}  // namespace sluis::audit
