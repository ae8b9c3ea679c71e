// Putting a record: one statement, one round trip and its own commit, but for a put of Kind::anything on a record that
// is there: two. New records of several callers go in by one statement.
#pragma once

#include <optional>
#include <span>
#include <vector>

#include "store/pg_connection.h"
#include "store/store.h"

namespace sluis::store::pg {

// The statements of one put, one after another, for whoever runs them. The record outlives this.
class PutSteps {
 public:
  PutSteps(const Record& record, const Expected& expected);

  const Record& record() const noexcept { return record_; }
  const std::vector<Bytes>& terms() const noexcept { return terms_; }
  // The next statement inserts a record that may be there already: it may be one of a PutMany.
  bool inserts() const noexcept { return step_ == Step::insert; }

  // What to run next. Neither statement fails for the state of the row: it answers with what it found.
  PgCall call();
  // The outcome, or nothing if another statement has to follow.
  std::optional<Status> judge(const PgResult& result);
  // The same, where the statement was one of a PutMany.
  enum class Inserted : std::uint8_t { yes, no };
  std::optional<Status> judge(Inserted inserted);
  // Another writer came between: what follows belongs behind a lock.
  bool raced() const noexcept { return raced_; }

 private:
  enum class Step : std::uint8_t { insert, update };
  const Record& record_;
  const Expected expected_;
  const std::vector<Bytes> terms_;
  PgParams insert_, update_;  // empty until they are needed
  Step step_ = Step::insert;
  bool raced_ = false;
};

// The inserts of several puts as one statement, which costs the server a fraction of as many. No two may be of the
// same record; they outlive this. Rows are locked in the order given.
class PutMany {
 public:
  explicit PutMany(std::span<const PutSteps* const> puts);
  PgCall call() const noexcept;
  // For each of the puts.
  std::vector<PutSteps::Inserted> judge(const PgResult& result) const;

 private:
  std::vector<const PutSteps*> puts_;
  PgParams params_;
};

Status put(PgConnection& connection, const Record& record, const Expected& expected);

}  // namespace sluis::store::pg
