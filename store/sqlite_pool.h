// The connections of a SQLite store: one writer with group commit, and readers.
#pragma once

#include <atomic>
#include <condition_variable>
#include <deque>
#include <exception>
#include <functional>
#include <mutex>
#include <span>
#include <vector>

#include "store/sqlite_db.h"

namespace sluis::store {

// One writer connection shared by all threads. Each commit is one sync of the disk, so whoever finds no commit running
// leads: it takes all that has queued up since the last one, runs each piece of work in a savepoint of its own, commits
// once, and hands the lead to the next in the queue. No timer: a lone caller never waits. A failed piece is rolled back
// alone; a failed commit fails every piece of the batch. Thread-safe.
class SqliteWriter {
 public:
  using Work = std::function<Status(SqliteDb&)>;

  explicit SqliteWriter(std::unique_ptr<SqliteDb> db) : db_(std::move(db)) {}

  // Returns when the work is on disk, or with the error that kept it from there. What the work throws is thrown here.
  Status run(const Work& work);
  // Pieces of several callers, each with a result of its own; one that throws has failed.
  std::vector<Status> run_all(std::span<const Work> pieces);

 private:
  enum class Stage : std::uint8_t { waiting, leading, done };
  struct Job {
    std::span<const Work> pieces;
    std::vector<Status> results = std::vector<Status>(pieces.size());
    std::exception_ptr thrown{};
    Stage stage = Stage::waiting;
    std::condition_variable moved{};
  };
  using Batch = std::vector<Job*>;

  void run(Job& job);
  Batch take();
  void lead(std::unique_lock<std::mutex>& lock);
  void pass_on();
  void commit(const Batch& batch);
  Status run_batch(const Batch& batch);
  Status run_each(Job& job);
  Status run_one(const Work& work, std::exception_ptr& thrown);

  std::unique_ptr<SqliteDb> db_;  // used by the leader alone
  std::mutex mutex_;
  std::deque<Job*> queue_;
  bool led_ = false;
};

// A fixed number of reader connections. A thread takes the one it had before where that is free, so that its cache is
// warm and no lock is contended as long as there are as many connections as threads.
class SqliteReaders {
 public:
  class Lease {
   public:
    Lease(std::unique_lock<std::mutex> lock, SqliteDb& db) : lock_(std::move(lock)), db_(&db) {}
    SqliteDb& operator*() const noexcept { return *db_; }

   private:
    std::unique_lock<std::mutex> lock_;
    SqliteDb* db_;
  };

  static Result<std::unique_ptr<SqliteReaders>> open(const std::string& path, std::size_t count);
  Lease take();

 private:
  struct Slot {
    std::mutex mutex{};
    std::unique_ptr<SqliteDb> db{};
  };
  explicit SqliteReaders(std::size_t count) : slots_(count) {}

  std::vector<Slot> slots_;
};

}  // namespace sluis::store
