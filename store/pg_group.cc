#include "store/pg_group.h"

#include <algorithm>

namespace sluis::store {
namespace {

// Bounds how long the first of a group waits for the last.
constexpr std::size_t kMaxBatch = 64;

}  // namespace

PgGroup::Answer PgGroup::run(const PgCall& call, std::string_view rank) {
  Job job{call, rank};
  std::unique_lock lock(mutex_);
  queue_.push_back(&job);
  if (lanes_in_use_ < lanes_) {
    ++lanes_in_use_;
    job.stage = Stage::leading;
  }
  job.moved.wait(lock, [&] { return job.stage != Stage::waiting; });
  if (job.stage == Stage::leading) lead(lock, job);
  return std::move(job.answer);
}

PgGroup::Batch PgGroup::take(const Job& own) {
  Batch batch;
  // Others that lead have a lane of their own and just did not wake yet.
  const auto mine = [&](const Job* job) { return job == &own || job->stage == Stage::waiting; };
  for (Job* job : queue_) {
    if (mine(job) && (batch.size() + 1 < kMaxBatch || job == &own)) batch.push_back(job);
  }
  std::erase_if(queue_, [&](const Job* job) { return std::find(batch.begin(), batch.end(), job) != batch.end(); });
  return batch;
}

void PgGroup::lead(std::unique_lock<std::mutex>& lock, Job& own) {
  Batch batch = take(own);
  lock.unlock();
  std::stable_sort(batch.begin(), batch.end(), [](const Job* a, const Job* b) { return a->rank < b->rank; });
  send(batch);
  lock.lock();
  // Notified under the lock: a job lives on its caller's stack, and is gone as soon as that caller wakes.
  for (Job* job : batch) {
    job->stage = Stage::done;
    job->moved.notify_one();
  }
  pass_on();
}

void PgGroup::pass_on() {
  const auto next =
      std::find_if(queue_.begin(), queue_.end(), [](const Job* job) { return job->stage == Stage::waiting; });
  if (next == queue_.end()) {
    --lanes_in_use_;
    return;
  }
  (*next)->stage = Stage::leading;
  (*next)->moved.notify_one();
}

void PgGroup::send(const Batch& batch) {
  auto connection = pool_.take();
  if (!connection) {
    for (Job* job : batch) job->answer = connection.error();
    return;
  }
  std::vector<PgCall> calls;
  calls.reserve(batch.size());
  for (const Job* job : batch) calls.push_back(job->call);
  auto results = (*connection)->run_all(calls);
  const bool complete = results && results->size() == batch.size();
  const Fate fate = (*connection)->broken() ? Fate::in_doubt : Fate::undone;
  for (std::size_t i = 0; i < batch.size(); ++i) {
    if (complete) batch[i]->answer = std::move((*results)[i]);
    if (!complete) batch[i]->answer = fate;
  }
}

}  // namespace sluis::store
