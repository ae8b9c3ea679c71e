#include "store/pg_connection.h"

#include <poll.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <optional>

#include "store/pg_dsn.h"
#include "store/pg_error.h"

namespace sluis::store {
namespace {

// The client waits this much longer than the server, whose own limit is the one that normally ends a statement.
constexpr std::chrono::seconds kGrace{5};

bool succeeded(const PGresult* result) noexcept {
  const ExecStatusType status = PQresultStatus(result);
  return status == PGRES_COMMAND_OK || status == PGRES_TUPLES_OK || status == PGRES_COPY_IN;
}

// Settings of a session, where the server knows them. Every query here goes by an index, and is planned once: a plan
// made while a table was small must not read all of it when it is large. Who waits long for a lock is sent away and
// tries again, so that a group of statements never stands behind one of them. synchronous_commit is raised only from
// off: the other values are the operator's choice of replicas.
constexpr const char* kSettings =
    "select set_config(s.name, v.value, false) from pg_settings s join (values"
    " ('default_transaction_isolation', 'read committed'), ('enable_seqscan', 'off'), ('jit', 'off'),"
    " ('plan_cache_mode', 'force_generic_plan'), ('lock_timeout', '1s'), ('idle_in_transaction_session_timeout', '60s')"
    ") v(name, value) on s.name = v.name"
    " union all select set_config('synchronous_commit', 'on', false)"
    " where current_setting('synchronous_commit') = 'off'";

}  // namespace

std::uint64_t PgResult::affected() const noexcept {
  return std::strtoull(PQcmdTuples(result_.get()), nullptr, 10);
}

ByteView PgResult::bytes(int row, int column) const noexcept {
  const char* data = PQgetvalue(result_.get(), row, column);
  return bytes_of({data, static_cast<std::size_t>(PQgetlength(result_.get(), row, column))});
}

std::int64_t PgResult::number(int row, int column) const noexcept {
  const ByteView value = bytes(row, column);
  std::uint64_t out = !value.empty() && (value[0] & 0x80U) != 0 ? ~std::uint64_t{0} : 0;
  for (const std::uint8_t byte : value) out = (out << 8U) | byte;
  return static_cast<std::int64_t>(out);
}

Result<std::unique_ptr<PgConnection>> PgConnection::connect(const PgSettings& settings) {
  std::unique_ptr<PgConnection> made(new PgConnection(pg_connect(settings.dsn), settings));
  if (PQstatus(made->connection_) != CONNECTION_OK) {
    if (settings.on_trouble) settings.on_trouble("08001", PQerrorMessage(made->connection_));
    return Error{Code::unavailable, "the database cannot be reached"};
  }
  if (auto ok = made->set_up(); !ok) return ok.error();
  return made;
}

PgConnection::~PgConnection() {
  PQfinish(connection_);
}

Status PgConnection::set_up() {
  // libpq prints notices to the standard error stream by itself, whatever they quote.
  PQsetNoticeReceiver(
      connection_, [](void*, const PGresult*) {}, nullptr);
  // Calls never block inside libpq, so that a server that stands still cannot hold a thread past its deadline.
  if (PQsetnonblocking(connection_, 1) != 0) return fail();
  if (auto ok = execute(kSettings); !ok) return ok;
  const std::string timeout = "set statement_timeout = " + std::to_string(settings_.statement_timeout.count());
  return execute(timeout.c_str());
}

PgConnection::Clock::time_point PgConnection::deadline() const {
  return Clock::now() + settings_.statement_timeout + kGrace;
}

Error PgConnection::fail() {
  state_.clear();
  broken_ = true;
  if (settings_.on_trouble) settings_.on_trouble("08006", "");
  return postgres_error(state_);
}

Status PgConnection::wait(short events, Clock::time_point deadline) {
  for (;;) {
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(deadline - Clock::now()).count();
    if (left <= 0) return fail();
    pollfd socket{PQsocket(connection_), events, 0};
    const int ready = ::poll(&socket, 1, static_cast<int>(std::min<std::int64_t>(left, 60'000)));
    if (ready > 0) return {};
    if (ready < 0 && errno != EINTR) return fail();
  }
}

Status PgConnection::flush(Clock::time_point deadline) {
  for (;;) {
    const int pending = PQflush(connection_);
    if (pending == 0) return {};
    if (pending < 0) return fail();
    // The server may wait for its own words to be read before it reads more of ours.
    if (auto ok = wait(POLLIN | POLLOUT, deadline); !ok) return ok;
    if (PQconsumeInput(connection_) == 0) return fail();
  }
}

Result<PGresult*> PgConnection::next(Clock::time_point deadline) {
  while (PQisBusy(connection_) == 1) {
    if (auto ok = wait(POLLIN, deadline); !ok) return ok.error();
    if (PQconsumeInput(connection_) == 0) {
      // What the server said before it hung up is still worth reading: PQgetResult delivers it.
      break;
    }
  }
  return PQgetResult(connection_);
}

Result<PgResult> PgConnection::judge(PgResult result) {
  if (PQstatus(connection_) != CONNECTION_OK) broken_ = true;
  if (succeeded(result.get()) && !broken_) return result;
  const char* state = PQresultErrorField(result.get(), PG_DIAG_SQLSTATE);
  state_ = state == nullptr ? "" : state;
  if (state_.empty() || ends_session(state_)) broken_ = true;
  if (settings_.on_trouble) settings_.on_trouble(state_.empty() ? "08006" : state_, "");
  return postgres_error(state_);
}

Result<PgResult> PgConnection::collect(Clock::time_point deadline) {
  if (auto ok = flush(deadline); !ok) return ok.error();
  PGresult* kept = nullptr;
  for (;;) {
    auto raw = next(deadline);
    if (!raw) {
      PQclear(kept);
      return raw.error();
    }
    if (*raw == nullptr) break;
    // Of several statements in one text the first failure counts, else the last result.
    if (kept != nullptr && !succeeded(kept)) {
      PQclear(*raw);
      continue;
    }
    PQclear(kept);
    kept = *raw;
    if (PQresultStatus(kept) == PGRES_COPY_IN) break;
  }
  if (kept == nullptr) return fail();
  return judge(PgResult(kept));
}

Status PgConnection::prepare(const PgStatement& statement) {
  if (prepared_.contains(statement.name)) return {};
  if (PQsendPrepare(connection_, statement.name, statement.sql, 0, nullptr) == 0) return fail();
  if (auto ok = collect(deadline()); !ok) return ok.error();
  prepared_.insert(statement.name);
  return {};
}

Status PgConnection::send(const PgCall& call) {
  const PgParams& params = *call.params;
  if (PQsendQueryPrepared(connection_, call.statement->name, params.count(), params.values(), params.lengths(),
                          params.formats(), 1) == 0) {
    return fail();
  }
  return {};
}

Result<PgResult> PgConnection::run(const PgStatement& statement, const PgParams& params) {
  state_.clear();
  if (auto ok = prepare(statement); !ok) return ok.error();
  if (auto ok = send({&statement, &params}); !ok) return ok.error();
  return collect(deadline());
}

Result<std::vector<PgResult>> PgConnection::run_all(std::span<const PgCall> calls) {
  state_.clear();
  for (const PgCall& call : calls) {
    if (auto ok = prepare(*call.statement); !ok) return ok.error();
  }
  if (PQenterPipelineMode(connection_) == 0) return fail();
  for (const PgCall& call : calls) {
    if (auto ok = send(call); !ok) return ok.error();
  }
  if (PQpipelineSync(connection_) == 0) return fail();
  auto results = collect_pipeline(calls.size());
  if (!broken_ && PQexitPipelineMode(connection_) == 0) return fail();
  return results;
}

Result<std::vector<PgResult>> PgConnection::collect_pipeline(std::size_t count) {
  const auto until = deadline();
  if (auto ok = flush(until); !ok) return ok.error();
  std::vector<PgResult> results;
  std::optional<Error> first;
  for (std::size_t i = 0; i < count; ++i) {
    for (;;) {
      auto raw = next(until);
      if (!raw) return raw.error();
      if (*raw == nullptr) break;
      PgResult result(*raw);
      if (first) continue;  // what follows an error was not run
      auto judged = judge(std::move(result));
      if (judged)
        results.push_back(*std::move(judged));
      else
        first = judged.error();
    }
    if (broken_) return first.value_or(postgres_error(""));
  }
  auto sync = next(until);
  if (!sync) return sync.error();
  const bool synced = PQresultStatus(*sync) == PGRES_PIPELINE_SYNC;
  PQclear(*sync);
  if (!synced) return fail();
  if (first) return *first;
  return results;
}

Status PgConnection::execute(const char* sql, Limit limit) {
  if (PQsendQuery(connection_, sql) == 0) return fail();
  const auto until = limit == Limit::none ? Clock::now() + std::chrono::hours(24 * 365) : deadline();
  if (auto ok = collect(until); !ok) return ok.error();
  return {};
}

Status PgConnection::copy_begin(const char* sql) {
  return execute(sql);
}

Status PgConnection::copy_piece(ByteView piece) {
  const auto until = deadline();
  for (;;) {
    const std::string_view text = text_of(piece);
    const int queued = PQputCopyData(connection_, text.data(), static_cast<int>(text.size()));
    if (queued < 0) return fail();
    // Sent before the next piece is taken: libpq would buffer without bound for a slow server.
    if (queued > 0) return flush(until);
    if (auto ok = wait(POLLIN | POLLOUT, until); !ok) return ok;
  }
}

Status PgConnection::copy_end() {
  const auto until = deadline();
  for (;;) {
    const int queued = PQputCopyEnd(connection_, nullptr);
    if (queued < 0) return fail();
    if (queued > 0) break;
    if (auto ok = wait(POLLIN | POLLOUT, until); !ok) return ok;
  }
  if (auto ok = collect(until); !ok) return ok.error();
  return {};
}

bool PgConnection::at_rest() const noexcept {
  return !broken_ && PQstatus(connection_) == CONNECTION_OK && PQtransactionStatus(connection_) == PQTRANS_IDLE;
}

bool PgConnection::healthy() noexcept {
  if (!at_rest()) return false;
  // Between statements a server is silent. What there is to read is its farewell, or a notice; the end follows a
  // farewell at once.
  for (int tries = 0; tries < 3; ++tries) {
    pollfd socket{PQsocket(connection_), POLLIN, 0};
    if (::poll(&socket, 1, 0) == 0) return true;
    if (PQconsumeInput(connection_) == 0) return false;
  }
  return false;
}

}  // namespace sluis::store
