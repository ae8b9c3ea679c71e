// Puts of several callers as one transaction. A commit is a sync of the server's log and a round trip, and an insert
// costs the server more by its executor's start than by its row: so the statements of a batch go out as one pipeline,
// an implicit transaction in which each still sees the ones before it, and new records go first, as one statement.
// One thread at a time.
#pragma once

#include <deque>
#include <span>
#include <vector>

#include "store/pg_put.h"

namespace sluis::store::pg {

class Batch {
 public:
  // `puts` outlive this. Those that are `checked` as wrong are left alone.
  Batch(std::span<const Put> puts, std::span<const Status> checked);
  Batch(const Batch&) = delete;
  Batch& operator=(const Batch&) = delete;

  // Whether some put has a statement that may share a transaction. Those that raced with another writer have none.
  bool has_more() const;
  // Runs the next statement of each of them, and judges it once it is committed. False if nothing of the transaction
  // stands, or if the connection broke.
  bool run(PgConnection& connection);

  // Those without a result; settle gives them one.
  std::vector<std::size_t> open() const;
  void settle(std::size_t position, const Status& status);
  // Of all puts, those that were wrong from the start excepted.
  const std::vector<std::optional<Status>>& results() const noexcept { return results_; }

 private:
  struct Item {
    Item(std::size_t at, const Put& put) : position(at), steps(*put.record, put.expected) {}
    std::size_t position;
    PutSteps steps;
  };
  using Items = std::vector<Item*>;

  bool waits(const Item& item) const { return !results_[item.position] && !item.steps.raced(); }
  static Items::iterator arrange(Items& items);
  void judge(Item& item, const std::optional<Status>& outcome) { results_[item.position] = outcome; }
  bool run(PgConnection& connection, std::span<Item* const> inserts, std::span<Item* const> others);

  std::deque<Item> items_;
  std::vector<std::optional<Status>> results_;
};

}  // namespace sluis::store::pg
