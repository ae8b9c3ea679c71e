// Cuts the log into tiles and publishes them (C2SP tlog-tiles), in a thread of its own and after each checkpoint: first
// the tiles, then the checkpoint that needs them. What it writes can be made again from the write-ahead log: it halts
// nothing, and what fails is tried again. Thread-safe.
#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <functional>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "audit/log.h"
#include "audit/tile.h"
#include "audit/tile_store.h"

namespace sluis::audit {

inline constexpr std::string_view kTilesFolder = "tlog";  // within the log's; its tree is that of the URLs

class Tiler {
 public:
  // Durable leaves from `first` on, at most `limit`.
  using Read = std::function<Result<std::vector<Log::Entry>>(std::uint64_t first, std::size_t limit)>;
  Tiler(const std::string& log_folder, FileOps& files, Read read);
  Tiler(const Tiler&) = delete;
  Tiler& operator=(const Tiler&) = delete;
  ~Tiler();  // publishes what it was given, if that can be done at once

  // Later ones take the place of earlier ones that were not begun. Cheap.
  void publish(Checkpoint checkpoint, std::string note);
  // Waits until a checkpoint of at least this size is published. Error unavailable if that takes too long.
  Status wait_for(std::uint64_t size, std::chrono::milliseconds most);
  void fill(LogStats& stats) const;

 private:
  struct Job {
    Checkpoint checkpoint;
    std::string note;
  };
  void run();
  Status advance(const Job& job);
  Status load();
  Status cut(std::uint64_t to);
  Status take(const Log::Entry& entry);
  Status put_partial();
  Status publish_checkpoint(const Job& job);
  void remove_partial();

  const std::string folder_;
  FileOps& files_;
  const Read read_;

  // Of the thread alone.
  TileStore store_;
  bool loaded_ = false;
  TileEdge edge_;
  Bytes bundle_;                     // of the entries since the last full one
  std::vector<std::string> filled_;  // folders of partial tiles whose full tile is there now

  mutable std::mutex mutex_;
  std::condition_variable changed_;
  std::optional<Job> next_;
  std::uint64_t published_ = 0;
  std::uint64_t failures_ = 0;  // since the last success
  std::atomic<bool> stopping_ = false;
  std::thread thread_;  // the last member: it uses the others
};

}  // namespace sluis::audit
