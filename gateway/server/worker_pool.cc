#include "gateway/server/worker_pool.h"

#include <pthread.h>

#include <algorithm>
#include <utility>

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
  std::unique_lock lock(mutex_);
  if (!take_in(job)) return false;
  announce(lock);
  return true;
}

bool WorkerPool::submit_soon(Job& job) {
  const std::lock_guard lock(mutex_);
  return take_in(job);
}

void WorkerPool::start() {
  std::unique_lock lock(mutex_);
  for (auto& [name, kind] : kinds_) list(kind);
  announce(lock);
}

void WorkerPool::submit_continued(Job& job) {
  std::unique_lock lock(mutex_);
  push(job);
  announce(lock);
}

std::size_t WorkerPool::queued() const {
  const std::lock_guard lock(mutex_);
  return queued_;
}

bool WorkerPool::take_in(Job& job) {
  if (queued_ >= queue_limit_) return false;
  push(job);
  return true;
}

void WorkerPool::push(Job& job) {
  ++queued_;
  const void* const name = job.kind();
  if (name == nullptr) {
    ready_.push_back({&job, nullptr});
    ++unannounced_;
    return;
  }
  Kind& kind = kinds_[name];
  kind.waiting.push_back(&job);
  list(kind);
}

bool WorkerPool::may_run(const Kind& kind) {
  if (kind.running == 0) return true;
  return kind.running < kLanes && std::chrono::steady_clock::now() - kind.since >= kPatience;
}

void WorkerPool::list(Kind& kind) {
  if (kind.listed || kind.waiting.empty() || !may_run(kind)) return;
  kind.listed = true;
  ready_.push_back({nullptr, &kind});
  ++unannounced_;
}

// Unlocks, so that who wakes does not meet the lock.
void WorkerPool::announce(std::unique_lock<std::mutex>& lock) {
  auto count = std::exchange(unannounced_, 0);
  lock.unlock();
  for (; count > 0; --count) wake_.notify_one();
}

std::vector<Job*> WorkerPool::group_of(Kind& kind) {
  std::vector<Job*> group;
  for (std::size_t bytes = 0; !kind.waiting.empty() && group.size() < kGroupJobs && bytes < kGroupBytes;) {
    group.push_back(kind.waiting.front());
    bytes += group.back()->bytes();
    kind.waiting.pop_front();
  }
  queued_ -= group.size();
  return group;
}

void WorkerPool::run_group(Kind& kind, std::unique_lock<std::mutex>& lock) {
  const auto group = group_of(kind);
  kind.listed = false;
  ++kind.running;
  kind.since = std::chrono::steady_clock::now();
  list(kind);
  announce(lock);
  group.front()->run_together(group);
  lock.lock();
  --kind.running;
  list(kind);
}

void WorkerPool::work() {
  pthread_setname_np(pthread_self(), "sluis-worker");
  std::unique_lock lock(mutex_);
  for (;;) {
    while (ready_.empty() && !stopping_) wake_.wait(lock);
    if (ready_.empty()) return;
    const Ticket ticket = ready_.front();
    ready_.pop_front();
    unannounced_ = std::min(unannounced_, ready_.size());
    if (ticket.kind != nullptr) {
      run_group(*ticket.kind, lock);
      continue;
    }
    --queued_;
    announce(lock);
    ticket.job->run();
    lock.lock();
  }
}

}  // namespace sluis::gateway
