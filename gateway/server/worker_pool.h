// A bounded pool for what blocks (PKCS#11, databases). Full means an answer at once, not a longer queue.
#pragma once

#include <condition_variable>
#include <cstddef>
#include <deque>
#include <mutex>
#include <thread>
#include <vector>

namespace sluis::gateway {

// Work of one connection. It stays alive until run() has been called.
class Job {
 public:
  virtual void run() noexcept = 0;

 protected:
  ~Job() = default;
};

// Thread-safe.
class WorkerPool {
 public:
  WorkerPool(unsigned threads, std::size_t queue_limit);
  ~WorkerPool();  // runs what is queued, then stops
  WorkerPool(const WorkerPool&) = delete;
  WorkerPool& operator=(const WorkerPool&) = delete;

  // False if the queue is full; the job is not run then.
  [[nodiscard]] bool submit(Job& job);
  // Past the limit: for the next step of what was admitted before (a stream's next piece), at most one a connection.
  void submit_continued(Job& job);
  std::size_t queued() const;

 private:
  void work();
  mutable std::mutex mutex_;
  std::condition_variable wake_;
  std::deque<Job*> queue_;
  const std::size_t queue_limit_;
  bool stopping_ = false;
  std::vector<std::thread> threads_;
};

}  // namespace sluis::gateway
