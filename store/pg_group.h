// Concurrent puts as shared transactions. A commit is a sync of the server's log and a round trip, so puts that arrive
// while others are under way are sent together, in one pipeline: one implicit transaction, in which each statement
// still sees the ones before it. New records go first, as one statement. No timer: a lone caller never waits.
// Thread-safe.
#pragma once

#include <condition_variable>
#include <deque>
#include <mutex>
#include <span>
#include <variant>
#include <vector>

#include "store/pg_pool.h"
#include "store/pg_put.h"

namespace sluis::store {

class PgGroup {
 public:
  // What became of a put's statement, other than an outcome to judge.
  enum class Fate : std::uint8_t {
    undone,    // it or a neighbour failed and nothing of the transaction stands: to be run again, alone
    in_doubt,  // the connection broke
  };
  // The statement was run; the put's outcome, or nothing if another statement has to follow.
  using Judged = std::optional<Status>;
  using Answer = std::variant<Judged, Fate, Error>;  // Error: no connection, nothing was sent

  // `lanes`: how many transactions may be under way at once; fewer than the pool has connections.
  PgGroup(PgPool& pool, std::size_t lanes) : pool_(pool), lanes_(lanes) {}

  // Runs the put's next statement and judges it.
  Answer run(pg::PutSteps& put);

 private:
  enum class Stage : std::uint8_t { waiting, leading, done };
  struct Job {
    pg::PutSteps& put;
    Answer answer = Fate::undone;
    Stage stage = Stage::waiting;
    std::condition_variable moved{};
  };
  using Batch = std::vector<Job*>;

  void lead(std::unique_lock<std::mutex>& lock, Job& own);
  Batch take(const Job& own);
  void pass_on();
  static Batch::iterator arrange(Batch& batch);
  void send(Batch& batch);
  // False if nothing of the transaction stands, or the connection broke.
  static bool run_all(PgConnection& connection, std::span<Job* const> inserts, std::span<Job* const> others);

  PgPool& pool_;
  const std::size_t lanes_;
  std::mutex mutex_;
  std::deque<Job*> queue_;
  std::size_t lanes_in_use_ = 0;
};

}  // namespace sluis::store
