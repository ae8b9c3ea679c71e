// Makes the next segment's file ahead of its use, in a thread of its own, so that a sync never waits for it.
// Thread-safe.
#pragma once

#include <condition_variable>
#include <mutex>
#include <optional>
#include <string>
#include <thread>

#include "audit/file_ops.h"
#include "crypto/result.h"

namespace sluis::audit {

class SegmentMaker {
 public:
  SegmentMaker(FileOps& files, std::string folder, std::uint64_t bytes);
  SegmentMaker(const SegmentMaker&) = delete;
  SegmentMaker& operator=(const SegmentMaker&) = delete;
  ~SegmentMaker();  // removes a file that was not taken

  void want();          // begins, unless one is being made or is ready
  Result<File> take();  // waits for it. A file that could not be made ahead is tried once more, and no more than that.

 private:
  void run();

  FileOps& files_;
  const std::string folder_;
  const std::uint64_t bytes_;
  std::mutex mutex_;
  std::condition_variable changed_;
  bool wanted_ = false;
  bool stopping_ = false;
  std::optional<Result<File>> made_;
  std::thread thread_;  // the last member: it uses the others
};

}  // namespace sluis::audit
