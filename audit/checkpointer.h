// Has checkpoints signed and written, in a thread of its own: neither the HSM nor this file's sync delays the writer.
// What fails is tried again after the interval; the log goes on meanwhile. Thread-safe.
#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <functional>
#include <mutex>
#include <thread>

#include "audit/file_ops.h"
#include "audit/log.h"
#include "audit/merkle.h"
#include "audit/note.h"

namespace sluis::audit {

class Checkpointer {
 public:
  struct Hooks {
    std::function<Frontier()> tree;  // over durable entries
    std::function<void()> tick;      // at least once a minute, and before each signature
    std::function<void(const Checkpoint&, const std::string& note)> written;  // after each that is durable
  };
  enum class Renew : std::uint8_t { no, yes };  // yes: sign the last one anew, for the newest key has not
  Checkpointer(const LogConfig& config, FileOps& files, Signer& signer, Checkpoint last, Renew renew, Hooks hooks);
  Checkpointer(const Checkpointer&) = delete;
  Checkpointer& operator=(const Checkpointer&) = delete;
  ~Checkpointer();  // signs once more if there is anything new

  void grown();                      // there are new entries; cheap
  Result<std::uint64_t> sign_now();  // waits; the size of the checkpoint
  void fill(LogStats& stats) const;

 private:
  using Clock = std::chrono::steady_clock;

  void run();
  void wait_for_work(std::unique_lock<std::mutex>& lock);
  Status sign(const Checkpoint& checkpoint);
  std::string with_earlier(std::string note);
  Status sign_and_note(std::unique_lock<std::mutex>& lock);

  const std::string folder_;
  const std::chrono::milliseconds interval_;
  FileOps& files_;
  Signer& signer_;
  const std::vector<EarlierKey> earlier_;
  const Hooks hooks_;

  // Of the thread alone.
  Bytes public_key_;
  bool renew_;

  mutable std::mutex mutex_;
  std::condition_variable changed_;
  Checkpoint last_;
  std::uint64_t last_time_us_ = 0;
  std::uint64_t failures_ = 0;
  Clock::time_point next_attempt_;
  std::uint64_t asked_ = 0;     // calls of sign_now begun
  std::uint64_t answered_ = 0;  // of those, answered by outcome_
  Status outcome_;
  std::atomic<bool> dirty_ = true;
  bool stopping_ = false;
  std::thread thread_;  // the last member: it uses the others
};

}  // namespace sluis::audit
