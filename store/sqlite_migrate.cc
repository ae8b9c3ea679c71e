#include "store/sqlite_migrate.h"

namespace sluis::store::sqlite {
namespace {

Status apply(SqliteDb& db, const SchemaStep& step) {
  auto found = schema_version(db);
  if (!found) return found.error();
  if (*found >= step.version) return {};
  if (auto ok = db.execute(step.sql); !ok) return ok;
  return db.query("insert into schema_version (version) values (?)").bind(step.version).run();
}

Status within_transaction(SqliteDb& db, const SchemaStep& step) {
  // IMMEDIATE takes the write lock first, so that what `apply` finds cannot change before it writes.
  if (auto ok = db.execute("BEGIN IMMEDIATE"); !ok) return ok;
  auto applied = db.execute("create table if not exists schema_version (version integer primary key) strict");
  if (applied) applied = apply(db, step);
  if (applied) applied = db.execute("COMMIT");
  if (db.in_transaction()) static_cast<void>(db.execute("ROLLBACK"));
  return applied;
}

}  // namespace

Result<std::int64_t> schema_version(SqliteDb& db) {
  auto table = db.query("select 1 from sqlite_schema where type = 'table' and name = 'schema_version'");
  auto there = table.step();
  if (!there) return there.error();
  if (!*there) return std::int64_t{0};
  auto query = db.query("select coalesce(max(version), 0) from schema_version");
  auto row = query.step();
  if (!row) return row.error();
  return query.number(0);
}

Status migrate(SqliteDb& db, std::span<const SchemaStep> steps) {
  for (const SchemaStep& step : steps) {
    if (auto ok = within_transaction(db, step); !ok) return ok;
  }
  auto found = schema_version(db);
  if (!found) return found.error();
  return judge_schema(*found, steps);
}

}  // namespace sluis::store::sqlite
