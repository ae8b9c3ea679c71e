// A bounded pool for what blocks (PKCS#11, databases). Full means an answer at once, not a longer queue.
#pragma once

#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <deque>
#include <mutex>
#include <span>
#include <thread>
#include <unordered_map>
#include <vector>

namespace sluis::gateway {

// Work of one connection. It stays alive until it was run.
class Job {
 public:
  virtual void run() noexcept = 0;

  // Jobs of one kind may be run together; null: always alone. Neither changes while the job is queued.
  virtual const void* kind() const noexcept { return nullptr; }
  virtual std::size_t bytes() const noexcept { return 0; }
  // Called for one of the `jobs`, which are of its kind.
  virtual void run_together(std::span<Job* const> jobs) noexcept {
    for (Job* job : jobs) job->run();
  }

 protected:
  ~Job() = default;
};

// Jobs of one kind are taken together, as many as are queued, by one worker; meanwhile others of the kind stay queued,
// so that groups grow under load. A lone job never waits. Thread-safe.
class WorkerPool {
 public:
  static constexpr std::size_t kGroupJobs = 64;
  static constexpr std::size_t kGroupBytes = std::size_t{4} << 20U;  // a group ends with the job that reaches it
  // One lane makes the largest groups. Another opens when the group in it takes this long, so that one that is held up
  // does not hold up everybody.
  static constexpr unsigned kLanes = 2;
  static constexpr std::chrono::milliseconds kPatience{20};

  WorkerPool(unsigned threads, std::size_t queue_limit);
  ~WorkerPool();  // runs what is queued, then stops
  WorkerPool(const WorkerPool&) = delete;
  WorkerPool& operator=(const WorkerPool&) = delete;

  // False if the queue is full; the job is not run then.
  [[nodiscard]] bool submit(Job& job);
  // The same for a thread that has more jobs at hand: workers need not begin before start(), so that jobs of one kind
  // become one group. Whoever calls submit_soon() must call start() when it has no more for now, and again now and
  // then: that is when a held-up group is noticed, if no new job of its kind comes.
  [[nodiscard]] bool submit_soon(Job& job);
  void start();
  // Past the limit: for the next step of what was admitted before (a stream's next piece), at most one a connection.
  void submit_continued(Job& job);
  std::size_t queued() const;

 private:
  struct Kind {
    std::deque<Job*> waiting{};
    unsigned running = 0;                           // groups
    std::chrono::steady_clock::time_point since{};  // when the last of them began
    bool listed = false;                            // in ready_
  };
  // What a worker may take now: a job, or a group of a kind.
  struct Ticket {
    Job* job;
    Kind* kind;
  };

  bool take_in(Job& job);
  void push(Job& job);
  static bool may_run(const Kind& kind);
  void list(Kind& kind);
  void announce(std::unique_lock<std::mutex>& lock);
  std::vector<Job*> group_of(Kind& kind);
  void run_group(Kind& kind, std::unique_lock<std::mutex>& lock);
  void work();

  mutable std::mutex mutex_;
  std::condition_variable wake_;
  std::deque<Ticket> ready_;
  std::unordered_map<const void*, Kind> kinds_;  // of routes: as many as there are
  std::size_t queued_ = 0;
  std::size_t unannounced_ = 0;  // tickets that no worker was told of
  const std::size_t queue_limit_;
  bool stopping_ = false;
  std::vector<std::thread> threads_;
};

}  // namespace sluis::gateway
