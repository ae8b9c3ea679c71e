#include "store/pg_group.h"

#include <algorithm>
#include <tuple>

namespace sluis::store {
namespace {

// Bounds how long the first of a group waits for the last.
constexpr std::size_t kMaxBatch = 64;

}  // namespace

PgGroup::Answer PgGroup::run(pg::PutSteps& put) {
  Job job{put};
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

// The inserts that can be one statement come first, in the order of their rows, then the others in theirs: groups of
// several gateways lock rows in one order. Gives the end of the first part.
PgGroup::Batch::iterator PgGroup::arrange(Batch& batch) {
  const auto row = [](const Job* job) { return std::tie(job->put.record().collection, job->put.record().id); };
  const auto before = [&](const Job* a, const Job* b) { return row(a) < row(b); };
  std::stable_sort(batch.begin(), batch.end(), before);
  const Job* last = nullptr;
  return std::stable_partition(batch.begin(), batch.end(), [&](const Job* job) {
    const bool joins = job->put.inserts() && (last == nullptr || row(last) != row(job));
    if (joins) last = job;
    return joins;
  });
}

void PgGroup::send(Batch& batch) {
  auto connection = pool_.take();
  if (!connection) {
    for (Job* job : batch) job->answer = connection.error();
    return;
  }
  const auto middle = arrange(batch);
  const std::span<Job*const> inserts(batch.begin(), middle), others(middle, batch.end());
  if (run_all(**connection, inserts, others)) return;
  const Fate fate = (*connection)->broken() ? Fate::in_doubt : Fate::undone;
  for (Job* job : batch) job->answer = fate;
}

bool PgGroup::run_all(PgConnection& connection, std::span<Job* const> inserts, std::span<Job* const> others) {
  std::vector<PgCall> calls;
  std::optional<pg::PutMany> many;
  if (inserts.size() > 1) {
    std::vector<const pg::PutSteps*> puts;
    for (const Job* job : inserts) puts.push_back(&job->put);
    calls.push_back(many.emplace(puts).call());
  }
  if (inserts.size() == 1) calls.push_back(inserts.front()->put.call());
  for (Job* job : others) calls.push_back(job->put.call());
  const auto results = connection.run_all(calls);
  if (!results || results->size() != calls.size()) return false;
  auto result = results->begin();
  if (many) {
    const auto inserted = many->judge(*result++);
    for (std::size_t i = 0; i < inserts.size(); ++i) inserts[i]->answer = inserts[i]->put.judge(inserted[i]);
  }
  if (inserts.size() == 1) inserts.front()->answer = inserts.front()->put.judge(*result++);
  for (Job* job : others) job->answer = job->put.judge(*result++);
  return true;
}

}  // namespace sluis::store
