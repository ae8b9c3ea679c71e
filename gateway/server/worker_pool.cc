#include "gateway/server/worker_pool.h"

#include <pthread.h>

namespace sluis::gateway {

WorkerPool::WorkerPool(unsigned threads, std::size_t queue_limit) : queue_limit_(queue_limit) {
  threads_.reserve(threads);
  for (unsigned i = 0; i < threads; ++i) threads_.emplace_back(&WorkerPool::work, this);
}

WorkerPool::~WorkerPool() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  wake_.notify_all();
  for (auto& thread : threads_) thread.join();
}

bool WorkerPool::submit(Job& job) {
  {
    const std::lock_guard lock(mutex_);
    if (queue_.size() >= queue_limit_) return false;
    queue_.push_back(&job);
  }
  wake_.notify_one();
  return true;
}

void WorkerPool::submit_continued(Job& job) {
  {
    const std::lock_guard lock(mutex_);
    queue_.push_back(&job);
  }
  wake_.notify_one();
}

std::size_t WorkerPool::queued() const {
  const std::lock_guard lock(mutex_);
  return queue_.size();
}

void WorkerPool::work() {
  pthread_setname_np(pthread_self(), "sluis-worker");
  std::unique_lock lock(mutex_);
  for (;;) {
    while (queue_.empty() && !stopping_) wake_.wait(lock);
    if (queue_.empty()) return;
    Job* const job = queue_.front();
    queue_.pop_front();
    lock.unlock();
    job->run();
    lock.lock();
  }
}

}  // namespace sluis::gateway
