// One connection to PostgreSQL, by libpq directly. A wrapper such as libpqxx would be shorter here, but has neither
// binary COPY nor pipelining under the caller's control nor parameters without copies, and those three carry the speed
// of this store. One thread at a time.
//
// After a failed call the connection may be broken(): it is then of no use, and whether the last statement took
// effect is unknown.
#pragma once

#include <libpq-fe.h>

#include <chrono>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <unordered_set>
#include <vector>

#include "store/pg_params.h"

namespace sluis::store {

// A statement of a static table: prepared once a connection, on first use.
struct PgStatement {
  const char* name;
  const char* sql;
};

// Rows in binary format. Movable; views live as long as the result.
class PgResult {
 public:
  explicit PgResult(PGresult* result) noexcept : result_(result, &PQclear) {}

  int rows() const noexcept { return PQntuples(result_.get()); }
  const PGresult* get() const noexcept { return result_.get(); }
  std::uint64_t affected() const noexcept;
  bool null(int row, int column) const noexcept { return PQgetisnull(result_.get(), row, column) == 1; }
  ByteView bytes(int row, int column) const noexcept;
  std::string_view text(int row, int column) const noexcept { return text_of(bytes(row, column)); }
  // An integer of 2, 4 or 8 bytes.
  std::int64_t number(int row, int column) const noexcept;
  std::uint64_t size(int row, int column) const noexcept { return static_cast<std::uint64_t>(number(row, column)); }

 private:
  std::unique_ptr<PGresult, decltype(&PQclear)> result_;
};

struct PgCall {
  const PgStatement* statement;
  const PgParams* params;
};

using PgTrouble = std::function<void(std::string_view sqlstate, std::string_view text)>;

struct PgSettings {
  std::string dsn;
  std::chrono::milliseconds statement_timeout;
  PgTrouble on_trouble;
};

class PgConnection {
 public:
  // Error unavailable; what libpq says goes to on_trouble.
  static Result<std::unique_ptr<PgConnection>> connect(const PgSettings& settings);
  PgConnection(const PgConnection&) = delete;
  PgConnection& operator=(const PgConnection&) = delete;
  ~PgConnection();

  // One round trip.
  Result<PgResult> run(const PgStatement& statement, const PgParams& params);
  // All in one round trip (libpq's pipeline mode); the first error ends it.
  Result<std::vector<PgResult>> run_all(std::span<const PgCall> calls);
  // Text without parameters: transaction control, settings, migrations (without limit of time).
  enum class Limit : std::uint8_t { usual, none };
  Status execute(const char* sql, Limit limit = Limit::usual);

  // COPY … FROM STDIN: begin, any number of pieces, end. A failure at `end` names the first bad row's error.
  Status copy_begin(const char* sql);
  Status copy_piece(ByteView piece);
  Status copy_end();

  // Whether the connection is between transactions and not known to be broken.
  bool at_rest() const noexcept;
  // Cheap enough before each use: one poll. False also once the server has hung up.
  bool healthy() noexcept;
  bool broken() const noexcept { return broken_; }
  // SQLSTATE of the last failure, empty where the connection broke without one.
  std::string_view last_state() const noexcept { return state_; }

 private:
  using Clock = std::chrono::steady_clock;
  PgConnection(PGconn* connection, const PgSettings& settings) : connection_(connection), settings_(settings) {}

  Status set_up();
  Status prepare(const PgStatement& statement);
  Status send(const PgCall& call);
  Status flush(Clock::time_point deadline);
  Status wait(short events, Clock::time_point deadline);
  // The next result; null when the statement is done.
  Result<PGresult*> next(Clock::time_point deadline);
  // The one result of a statement, its end consumed.
  Result<PgResult> collect(Clock::time_point deadline);
  Result<PgResult> judge(PgResult result);
  Result<std::vector<PgResult>> collect_pipeline(std::size_t count);
  Clock::time_point deadline() const;
  Error fail();

  PGconn* connection_;
  PgSettings settings_;
  std::unordered_set<const char*> prepared_;
  std::string state_;
  bool broken_ = false;
};

}  // namespace sluis::store
