// Putting a record: one statement, one round trip and its own commit, but for a put of Kind::anything on a record that
// is there: two.
#pragma once

#include <optional>

#include "store/pg_connection.h"
#include "store/store.h"

namespace sluis::store::pg {

// The statements of one put, one after another, for whoever runs them. The record outlives this.
class PutSteps {
 public:
  PutSteps(const Record& record, const Expected& expected);

  // What to run next. Neither statement fails for the state of the row: it answers with what it found.
  PgCall call() const noexcept;
  // The outcome, or nothing if another statement has to follow.
  std::optional<Status> judge(const PgResult& result);
  // Another writer came between: what follows belongs behind a lock.
  bool raced() const noexcept { return raced_; }

 private:
  enum class Step : std::uint8_t { insert, update };
  const Record& record_;
  const Expected expected_;
  const bool has_terms_;
  PgParams insert_;
  PgParams update_;
  Step step_ = Step::insert;
  bool raced_ = false;
};

Status put(PgConnection& connection, const Record& record, const Expected& expected);

}  // namespace sluis::store::pg
