// The one thread that writes: takes whatever queued up since the last sync, numbers it, one write, one sync, completes.
// Thread-safe.
#pragma once

#include <array>
#include <atomic>
#include <condition_variable>
#include <functional>
#include <mutex>
#include <optional>
#include <thread>
#include <vector>

#include "audit/catalog.h"
#include "audit/log.h"
#include "audit/prepare.h"
#include "audit/recovery.h"
#include "audit/segment_maker.h"

namespace sluis::audit {

class Writer {
 public:
  // `grown` is called on the writer's thread when entries have become durable.
  Writer(const LogConfig& config, FileOps& files, Recovered recovered, Catalog& catalog, std::function<void()> grown);
  Writer(const Writer&) = delete;
  Writer& operator=(const Writer&) = delete;
  ~Writer() { stop(); }

  void stop();  // completes what is queued; nothing may be submitted afterwards
  // Begin::soon: with the next start(), or with whatever else is queued.
  enum class Begin : std::uint8_t { now, soon };
  void submit(Prepared prepared, Log::Done done, Begin begin);
  void start();
  Result<Receipt> submit_and_wait(Prepared prepared);

  // An error if an append has no chance now: halted or busy. Cheap, to be asked before entries are prepared.
  Status accepts() const noexcept;
  bool halted() const noexcept { return halted_.load(std::memory_order_acquire); }
  std::uint64_t size() const noexcept { return size_.load(std::memory_order_acquire); }
  std::uint64_t queued_bytes() const noexcept { return queued_bytes_.load(std::memory_order_relaxed); }
  std::uint64_t bytes() const noexcept { return bytes_.load(std::memory_order_relaxed); }
  std::uint64_t syncs() const noexcept { return syncs_.load(std::memory_order_relaxed); }
  Frontier tree() const;  // over durable entries

 private:
  // A thread that waits in submit_and_wait.
  struct Waiter {
    std::optional<Result<Receipt>> result;
  };
  struct Pending {
    Prepared prepared;
    Log::Done done;  // one of the two is set
    Waiter* waiter = nullptr;
  };
  using Queue = std::vector<Pending>;

  // The number of the group that the entries were queued in; an error leaves `pending` as it is.
  Result<std::uint64_t> enqueue(Pending& pending, Begin begin);
  void run();
  void write_queue(Queue& queue);
  std::size_t batch_end(const Queue& queue, std::size_t from) const noexcept;
  bool make_room(const Queue& queue, std::size_t from);
  bool write_batch(Queue& queue, std::size_t from, std::size_t to);
  void publish(Queue& queue, std::size_t from, std::size_t to, const BatchHeader& header, std::uint64_t end);
  bool rotate();
  void halt(Queue& queue, std::size_t from);

  FileOps& files_;
  const std::string folder_;
  const Digest origin_;
  const std::size_t queue_limit_;
  const std::uint64_t segment_bytes_;
  Catalog& catalog_;
  const std::function<void()> grown_;
  SegmentMaker maker_;

  // Of the writer's thread alone.
  SegmentHeader active_;
  File file_;
  std::uint64_t offset_;
  std::uint64_t next_index_;
  bool next_wanted_ = false;

  mutable std::mutex tree_mutex_;
  Frontier tree_;

  std::mutex mutex_;
  std::condition_variable queued_;
  Queue queue_;
  std::uint64_t group_ = 0;  // of what is queued now
  bool started_ = false;     // what is queued is to be written
  bool stopping_ = false;

  // A group's gate holds one more than the number of the last of its groups that is complete: one wake-up for all of
  // a group's waiters, and none for those of the next.
  static constexpr std::size_t kGates = 64;
  std::array<std::atomic<std::uint32_t>, kGates> gates_{};

  std::atomic<bool> halted_ = false;
  std::atomic<std::uint64_t> size_;
  std::atomic<std::uint64_t> queued_bytes_ = 0;
  std::atomic<std::uint64_t> bytes_ = 0;
  std::atomic<std::uint64_t> syncs_ = 0;
  std::thread thread_;  // the last member: it uses the others
};

}  // namespace sluis::audit
