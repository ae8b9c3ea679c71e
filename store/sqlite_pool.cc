#include "store/sqlite_pool.h"

#include <algorithm>

namespace sluis::store {
namespace {

// Bounds how long the first of a batch waits for the last.
constexpr std::size_t kMaxBatch = 128;

std::size_t thread_number() noexcept {
  static std::atomic<std::size_t> next{0};
  thread_local const std::size_t mine = next.fetch_add(1, std::memory_order_relaxed);
  return mine;
}

}  // namespace

Status SqliteWriter::run(const Work& work) {
  Job job{{&work, 1}};
  run(job);
  if (job.thrown) std::rethrow_exception(job.thrown);
  return job.results.front();
}

std::vector<Status> SqliteWriter::run_all(std::span<const Work> pieces) {
  if (pieces.empty()) return {};
  Job job{pieces};
  run(job);
  return std::move(job.results);
}

void SqliteWriter::run(Job& job) {
  std::unique_lock lock(mutex_);
  queue_.push_back(&job);
  if (led_) job.moved.wait(lock, [&] { return job.stage != Stage::waiting; });
  if (job.stage == Stage::done) return;
  led_ = true;
  lead(lock);
}

SqliteWriter::Batch SqliteWriter::take() {
  Batch batch;
  for (std::size_t pieces = 0; !queue_.empty(); queue_.pop_front()) {
    pieces += queue_.front()->pieces.size();
    if (!batch.empty() && pieces > kMaxBatch) break;
    batch.push_back(queue_.front());
  }
  return batch;
}

void SqliteWriter::lead(std::unique_lock<std::mutex>& lock) {
  const Batch batch = take();
  lock.unlock();
  commit(batch);
  lock.lock();
  // Notified under the lock: a job lives on its caller's stack, and is gone as soon as that caller wakes.
  for (Job* job : batch) {
    job->stage = Stage::done;
    job->moved.notify_one();
  }
  pass_on();
}

void SqliteWriter::pass_on() {
  led_ = !queue_.empty();
  if (!led_) return;
  queue_.front()->stage = Stage::leading;
  queue_.front()->moved.notify_one();
}

void SqliteWriter::commit(const Batch& batch) {
  const Status committed = run_batch(batch);
  if (committed) return;
  // A conflict found within this batch may have come from a neighbour that is now undone, so all get the same error.
  for (Job* job : batch) std::fill(job->results.begin(), job->results.end(), committed);
}

Status SqliteWriter::run_batch(const Batch& batch) {
  if (auto begun = db_->query("BEGIN IMMEDIATE").run(); !begun) return begun;
  for (Job* job : batch) {
    if (auto stands = run_each(*job); !stands) return stands;
  }
  auto committed = db_->query("COMMIT").run();
  if (!committed && db_->in_transaction()) static_cast<void>(db_->execute("ROLLBACK"));
  return committed;
}

// An error if nothing of the transaction stands.
Status SqliteWriter::run_each(Job& job) {
  for (std::size_t i = 0; i < job.pieces.size(); ++i) {
    const Status done = job.results[i] = run_one(job.pieces[i], job.thrown);
    // SQLite undoes the whole transaction by itself after some errors (full disk, failing disk, no memory).
    if (!db_->in_transaction()) return done ? Status(Error{Code::internal, "transaction lost"}) : done;
  }
  return {};
}

Status SqliteWriter::run_one(const Work& work, std::exception_ptr& thrown) {
  if (auto saved = db_->query("SAVEPOINT work").run(); !saved) return saved;
  Status done;
  try {
    done = work(*db_);
  } catch (...) {
    thrown = std::current_exception();
    done = Error{Code::internal, "exception in the store"};
  }
  if (!db_->in_transaction()) return done;
  if (!done) static_cast<void>(db_->query("ROLLBACK TO work").run());
  if (auto released = db_->query("RELEASE work").run(); !released && done) return released;
  return done;
}

Result<std::unique_ptr<SqliteReaders>> SqliteReaders::open(const std::string& path, std::size_t count) {
  std::unique_ptr<SqliteReaders> readers(new SqliteReaders(std::max<std::size_t>(count, 1)));
  for (Slot& slot : readers->slots_) {
    auto db = SqliteDb::open(path, SqliteDb::Role::reader);
    if (!db) return db.error();
    slot.db = *std::move(db);
  }
  return readers;
}

SqliteReaders::Lease SqliteReaders::take() {
  const std::size_t home = thread_number() % slots_.size();
  for (std::size_t i = 0; i < slots_.size(); ++i) {
    Slot& slot = slots_[(home + i) % slots_.size()];
    std::unique_lock lock(slot.mutex, std::try_to_lock);
    if (lock.owns_lock()) return {std::move(lock), *slot.db};
  }
  std::unique_lock lock(slots_[home].mutex);
  return {std::move(lock), *slots_[home].db};
}

}  // namespace sluis::store
