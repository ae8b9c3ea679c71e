// Concurrent single statements as shared transactions. A commit is a sync of the server's log and a round trip, so
// statements that arrive while others are under way are sent together, in one pipeline: one implicit transaction, in
// which each statement still sees the ones before it. No timer: a lone caller never waits. Thread-safe.
#pragma once

#include <condition_variable>
#include <deque>
#include <mutex>
#include <string_view>
#include <variant>
#include <vector>

#include "store/pg_pool.h"

namespace sluis::store {

class PgGroup {
 public:
  // What became of a statement, other than its rows.
  enum class Fate : std::uint8_t {
    undone,    // it or a neighbour failed and nothing of the transaction stands: to be run again, alone
    in_doubt,  // the connection broke
  };
  using Answer = std::variant<PgResult, Fate, Error>;  // Error: no connection, nothing was sent

  // `lanes`: how many transactions may be under way at once; fewer than the pool has connections.
  PgGroup(PgPool& pool, std::size_t lanes) : pool_(pool), lanes_(lanes) {}

  // Statements are sent in the order of `rank`, the name of the row they lock, so that groups cannot deadlock. A
  // statement must not fail for what its neighbours do: "no row changed" is an answer, not an error.
  Answer run(const PgCall& call, std::string_view rank);

 private:
  enum class Stage : std::uint8_t { waiting, leading, done };
  struct Job {
    PgCall call;
    std::string_view rank;
    Answer answer = Fate::undone;
    Stage stage = Stage::waiting;
    std::condition_variable moved{};
  };
  using Batch = std::vector<Job*>;

  void lead(std::unique_lock<std::mutex>& lock, Job& own);
  Batch take(const Job& own);
  void pass_on();
  void send(const Batch& batch);

  PgPool& pool_;
  const std::size_t lanes_;
  std::mutex mutex_;
  std::deque<Job*> queue_;
  std::size_t lanes_in_use_ = 0;
};

}  // namespace sluis::store
