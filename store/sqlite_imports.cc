#include "store/sqlite_imports.h"

#include "store/rows.h"
#include "store/sqlite_records.h"
#include "store/sqlite_rollover.h"

namespace sluis::store::sqlite {
namespace {

// Whether the import stands where the client believes: at `expected`, unfinished, its own. A new import stands at 0.
Result<bool> fence_holds(SqliteDb& db, const ImportState& after, std::uint64_t expected) {
  auto stored = import_state(db, after.collection, after.import_id);
  if (!stored && stored.error().code == Code::not_found) return expected == 0;
  if (!stored) return stored.error();
  return stored->lines_done == expected && !stored->finished && stored->principal == after.principal;
}

Status save_state(SqliteDb& db, const ImportState& state) {
  return db
      .query(
          "insert into imports"
          " (collection, import_id, principal, lines_done, records, errors, finished, updated_us)"
          " values (?, ?, ?, ?, ?, ?, ?, ?) on conflict (collection, import_id) do update set"
          " lines_done = excluded.lines_done, records = excluded.records, errors = excluded.errors,"
          " finished = excluded.finished, updated_us = excluded.updated_us")
      .bind(state.collection)
      .bind(state.import_id)
      .bind(state.principal)
      .bind_size(state.lines_done)
      .bind_size(state.records)
      .bind_size(state.errors)
      .bind_size(state.finished ? 1 : 0)
      .bind_size(state.updated_us)
      .run();
}

// The first error of a line is the one that is kept.
Status save_error(SqliteDb& db, const ImportState& state, const ImportError& error) {
  return db
      .query(
          "insert into import_errors (collection, import_id, line, code, field)"
          " values (?, ?, ?, ?, ?) on conflict do nothing")
      .bind(state.collection)
      .bind(state.import_id)
      .bind_size(error.line)
      .bind(error.code)
      .bind(error.field)
      .run();
}

}  // namespace

Result<ChunkResult> apply_chunk(SqliteDb& db, std::span<const Record> records, std::span<const ImportError> errors,
                                const ImportState& after, std::uint64_t expected_lines_done) {
  auto holds = fence_holds(db, after, expected_lines_done);
  if (!holds) return holds.error();
  if (!*holds) return Error{Code::conflict, "the import has moved on"};
  if (auto ok = check_floor(db, after.collection, oldest_key(records)); !ok) return ok.error();
  ChunkResult result;
  for (std::size_t i = 0; i < records.size(); ++i) {
    auto added = insert_new(db, records[i]);
    if (!added) return added.error();
    if (!*added) result.existing.push_back(i);
  }
  for (const ImportError& error : errors) {
    if (auto ok = save_error(db, after, error); !ok) return ok.error();
  }
  for (const std::size_t i : result.existing) {
    if (auto ok = save_error(db, after, existing_error(records[i])); !ok) return ok.error();
  }
  if (auto ok = save_state(db, state_after(after, result)); !ok) return ok.error();
  return result;
}

Result<ImportState> import_state(SqliteDb& db, std::string_view collection, std::string_view import_id) {
  auto query = db.query(
      "select principal, lines_done, records, errors, finished, updated_us from imports"
      " where collection = ? and import_id = ?");
  auto row = query.bind(collection).bind(import_id).step();
  if (!row) return row.error();
  if (!*row) return Error{Code::not_found, "no such import"};
  ImportState state;
  state.import_id = import_id;
  state.collection = collection;
  state.principal = query.text(0);
  state.lines_done = query.size(1);
  state.records = query.size(2);
  state.errors = query.size(3);
  state.finished = query.number(4) != 0;
  state.updated_us = query.size(5);
  return state;
}

Result<std::vector<ImportError>> import_errors(SqliteDb& db, std::string_view collection, std::string_view import_id,
                                               std::uint64_t after_line, std::size_t limit) {
  auto query = db.query(
      "select line, code, field from import_errors where collection = ? and import_id = ? and line > ?"
      " order by line limit ?");
  query.bind(collection).bind(import_id).bind_size(after_line).bind_size(page_rows(limit));
  std::vector<ImportError> errors;
  for (;;) {
    auto row = query.step();
    if (!row) return row.error();
    if (!*row) return errors;
    errors.push_back({query.size(0), query.text(1), query.text(2)});
  }
}

}  // namespace sluis::store::sqlite
