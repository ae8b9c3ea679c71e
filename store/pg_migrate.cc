#include "store/pg_migrate.h"

#include "store/pg_transaction.h"

namespace sluis::store::pg {
namespace {

// to_regclass looks along the search path and answers NULL where there is no such table.
constexpr PgStatement kTable{"schema_table", "select to_regclass('schema_version') is not null"};
constexpr PgStatement kVersion{"schema_get", "select coalesce(max(version), 0)::bigint from schema_version"};
constexpr PgStatement kNote{"schema_note", "insert into schema_version (version) values ($1::bigint)"};

// One lock a schema of one database; the first number ("SLUI") keeps clear of other programs' locks. A migration may
// wait for another for as long as it takes.
constexpr const char* kLock =
    "set local statement_timeout = 0; set local lock_timeout = 0; select pg_advisory_xact_lock(1397511497, "
    "hashtext(current_schema()))";

Status apply(PgConnection& connection, const SchemaStep& step) {
  if (auto ok = connection.execute(kLock, PgConnection::Limit::none); !ok) return ok;
  auto found = schema_version(connection);
  if (!found) return found.error();
  if (*found >= step.version) return {};
  auto ok = connection.execute("create table if not exists schema_version (version bigint primary key)");
  if (!ok) return ok;
  if (ok = connection.execute(step.sql, PgConnection::Limit::none); !ok) return ok;
  PgParams params;
  params.i64(step.version);
  auto noted = connection.run(kNote, params);
  if (!noted) return noted.error();
  return {};
}

}  // namespace

Result<std::int64_t> schema_version(PgConnection& connection) {
  const PgParams none;
  auto table = connection.run(kTable, none);
  if (!table) return table.error();
  if (table->number(0, 0) == 0) return std::int64_t{0};
  auto version = connection.run(kVersion, none);
  if (!version) return version.error();
  return version->number(0, 0);
}

Status migrate(PgConnection& connection, std::span<const SchemaStep> steps) {
  for (const SchemaStep& step : steps) {
    PgTransaction transaction(connection);
    if (auto ok = transaction.begin(); !ok) return ok;
    if (auto ok = apply(connection, step); !ok) return ok;
    if (auto ok = transaction.commit(); !ok) return ok;
  }
  auto found = schema_version(connection);
  if (!found) return found.error();
  return judge_schema(*found, steps);
}

}  // namespace sluis::store::pg
