#include "store/pg_imports.h"

#include <algorithm>
#include <numeric>
#include <unordered_set>

#include "store/pg_copy.h"
#include "store/pg_error.h"
#include "store/pg_transaction.h"
#include "store/rows.h"
#include "store/terms.h"

namespace sluis::store::pg {
namespace {

constexpr Error kMoved{Code::conflict, "the import has moved on"};

constexpr PgStatement kBegin{"begin", "begin"};

// The fence, first in the transaction: it locks the import's row, so that the second of two clients waits here and then
// finds that the import has moved. The counters follow at the end. $4 lines done so far.
constexpr PgStatement kFence{"import_fence", R"(
insert into imports as i (collection, import_id, principal, lines_done, records, errors, finished, updated_us)
select $1, $2, $3, 0, 0, 0, 0, 0 where $4::bigint = 0
on conflict (collection, import_id) do nothing)"};
constexpr PgStatement kLockState{"import_lock", R"(
select lines_done = $4::bigint and finished = 0 and principal = $3 from imports
where collection = $1 and import_id = $2 for update)"};
constexpr PgStatement kMove{"import_move", R"(
update imports set lines_done = $3::bigint, records = $4::bigint, errors = $5::bigint, finished = $6::smallint,
  updated_us = $7::bigint
where collection = $1 and import_id = $2)"};

constexpr PgStatement kFloor{"import_floor", "select 1 from floors where collection = $1 and least > $2::int"};
constexpr PgStatement kExisting{"import_existing",
                                "select id from records where collection = $1 and id = any($2::text[])"};

// The first error of a line is the one that is kept.
constexpr PgStatement kErrors{"import_note", R"(
insert into import_errors (collection, import_id, line, code, field)
select $1, $2, e.line, e.code, e.field from unnest($3::bigint[], $4::text[], $5::text[]) e(line, code, field)
on conflict do nothing)"};

constexpr PgStatement kState{"import_state", R"(
select principal, lines_done, records, errors, finished, updated_us from imports
where collection = $1 and import_id = $2)"};
constexpr PgStatement kErrorPage{"import_errors", R"(
select line, code, field from import_errors where collection = $1 and import_id = $2 and line > $3::bigint
order by line limit $4::bigint)"};

constexpr const char* kCopyRecords =
    "copy records (collection, id, revision, key_version, terms, open_fields, envelope) from stdin (format binary)";
constexpr const char* kCopyTerms = "copy record_terms (collection, term, id) from stdin (format binary)";

// Indexes into the chunk in the order of ids, and of equal ids in the order of the chunk. Sorted rows touch the index
// from left to right, and two imports that meet take their locks in one order.
std::vector<std::size_t> by_id(std::span<const Record> records) {
  std::vector<std::size_t> order(records.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::stable_sort(order.begin(), order.end(),
                   [&](std::size_t a, std::size_t b) { return records[a].id < records[b].id; });
  return order;
}

// Takes the import's row, looks at the floor and asks which ids are there, in one round trip.
Result<PgResult> enter(PgConnection& connection, std::span<const std::string> ids, std::uint32_t oldest,
                       const ImportState& after, std::uint64_t expected) {
  const PgParams none;
  PgParams fence;
  fence.text(after.collection).text(after.import_id).text(after.principal).u64(expected);
  PgParams existing;
  existing.text(after.collection).texts(ids);
  PgParams floor;
  floor.text(after.collection).i32(oldest);
  const PgCall calls[] = {
      {&kBegin, &none}, {&kFence, &fence}, {&kLockState, &fence}, {&kFloor, &floor}, {&kExisting, &existing}};
  auto results = connection.run_all(calls);
  if (!results) return results.error();
  const PgResult& state = (*results)[2];
  if (state.rows() == 0 || state.number(0, 0) == 0) return kMoved;
  if ((*results)[3].rows() != 0) return Error{Code::busy, "the key is out of use"};
  return std::move((*results)[4]);
}

Status copy_records(PgConnection& connection, std::span<const Record> records, std::span<const std::size_t> chosen,
                    std::span<const std::vector<Bytes>> terms) {
  auto copy = PgCopy::begin(connection, kCopyRecords);
  if (!copy) return copy.error();
  for (const std::size_t i : chosen) {
    const Record& record = records[i];
    if (auto ok = copy->row(7); !ok) return ok;
    copy->text(record.collection).text(record.id).u64(record.revision).i32(record.key_version);
    copy->byte_strings(terms[i]).text(record.open_fields).bytes(record.envelope);
  }
  return copy->finish();
}

struct TermRow {
  const Bytes* term;
  const std::string* id;
};

Status copy_terms(PgConnection& connection, std::string_view collection, std::vector<TermRow> rows) {
  if (rows.empty()) return {};
  std::sort(rows.begin(), rows.end(), [](const TermRow& a, const TermRow& b) { return *a.term < *b.term; });
  auto copy = PgCopy::begin(connection, kCopyTerms);
  if (!copy) return copy.error();
  for (const TermRow& row : rows) {
    if (auto ok = copy->row(3); !ok) return ok;
    copy->text(collection).bytes(*row.term).text(*row.id);
  }
  return copy->finish();
}

Status copy_chunk(PgConnection& connection, std::span<const Record> records, std::span<const std::size_t> chosen,
                  std::string_view collection) {
  if (chosen.empty()) return {};
  std::vector<std::vector<Bytes>> terms(records.size());
  std::vector<TermRow> rows;
  for (const std::size_t i : chosen) {
    terms[i] = pack_terms(records[i].terms);
    for (const Bytes& term : terms[i]) rows.push_back({&term, &records[i].id});
  }
  if (auto ok = copy_records(connection, records, chosen, terms); !ok) return ok;
  return copy_terms(connection, collection, std::move(rows));
}

Status note_errors(PgConnection& connection, const ImportState& after, std::span<const ImportError> errors) {
  if (errors.empty()) return {};
  std::vector<std::int64_t> lines;
  std::vector<std::string> codes;
  std::vector<std::string> fields;
  for (const ImportError& error : errors) {
    lines.push_back(static_cast<std::int64_t>(error.line));
    codes.push_back(error.code);
    fields.push_back(error.field);
  }
  PgParams params;
  params.text(after.collection).text(after.import_id).i64s(lines).texts(codes).texts(fields);
  if (auto noted = connection.run(kErrors, params); !noted) return noted.error();
  return {};
}

Status move_state(PgConnection& connection, const ImportState& state) {
  PgParams params;
  params.text(state.collection).text(state.import_id).u64(state.lines_done).u64(state.records).u64(state.errors);
  params.i16(state.finished ? 1 : 0).u64(state.updated_us);
  if (auto moved = connection.run(kMove, params); !moved) return moved.error();
  return {};
}

// Of the chunk's records in the order of ids, those that are new; the others go to `existing`.
std::vector<std::size_t> choose(std::span<const Record> records, std::span<const std::size_t> order,
                                const PgResult& found, std::vector<std::size_t>& existing) {
  std::unordered_set<std::string_view> taken;
  for (int row = 0; row < found.rows(); ++row) taken.insert(found.text(row, 0));
  std::vector<std::size_t> chosen;
  for (const std::size_t i : order) {
    const bool repeats = !chosen.empty() && records[chosen.back()].id == records[i].id;
    auto& list = repeats || taken.contains(records[i].id) ? existing : chosen;
    list.push_back(i);
  }
  std::sort(existing.begin(), existing.end());
  return chosen;
}

// One attempt. A unique violation means that another writer added one of the ids since `enter` looked.
Status attempt(PgConnection& connection, std::span<const Record> records, std::span<const ImportError> errors,
               const ImportState& after, std::uint64_t expected_lines_done, ChunkResult& result) {
  const auto order = by_id(records);
  std::vector<std::string> ids;
  ids.reserve(order.size());
  for (const std::size_t i : order) ids.push_back(records[i].id);

  PgTransaction transaction(connection);
  transaction.begun();
  auto found = enter(connection, ids, oldest_key(records), after, expected_lines_done);
  if (!found) return found.error();
  result.existing.clear();
  const auto chosen = choose(records, order, *found, result.existing);
  if (auto ok = copy_chunk(connection, records, chosen, after.collection); !ok) return ok;
  std::vector<ImportError> all(errors.begin(), errors.end());
  for (const std::size_t i : result.existing) all.push_back(existing_error(records[i]));
  if (auto ok = note_errors(connection, after, all); !ok) return ok;
  if (auto ok = move_state(connection, state_after(after, result)); !ok) return ok;
  return transaction.commit();
}

}  // namespace

Status copy_in(PgConnection& connection, std::span<const Record> records) {
  return copy_chunk(connection, records, by_id(records), records.front().collection);
}

Status apply_chunk(PgConnection& connection, std::span<const Record> records, std::span<const ImportError> errors,
                   const ImportState& after, std::uint64_t expected_lines_done, ChunkResult& result) {
  for (int tries = 0; tries < 3; ++tries) {
    auto done = attempt(connection, records, errors, after, expected_lines_done, result);
    if (done || connection.broken()) return done;
    const bool raced = done.error().code == Code::conflict && connection.last_state() == kUniqueViolation;
    if (!raced) return done;
  }
  return Error{Code::unavailable, "other writers add the same records"};
}

Result<bool> chunk_applied(PgConnection& connection, const ImportState& after, const ChunkResult& result) {
  auto stored = import_state(connection, after.collection, after.import_id);
  if (!stored && stored.error().code == Code::not_found) return false;
  if (!stored) return stored.error();
  const ImportState wanted = state_after(after, result);
  return stored->lines_done == wanted.lines_done && stored->records == wanted.records &&
         stored->errors == wanted.errors && stored->finished == wanted.finished &&
         stored->updated_us == wanted.updated_us && stored->principal == wanted.principal;
}

Result<ImportState> import_state(PgConnection& connection, std::string_view collection, std::string_view import_id) {
  PgParams params;
  params.text(collection).text(import_id);
  auto result = connection.run(kState, params);
  if (!result) return result.error();
  if (result->rows() == 0) return Error{Code::not_found, "no such import"};
  ImportState state;
  state.import_id = import_id;
  state.collection = collection;
  state.principal = result->text(0, 0);
  state.lines_done = result->size(0, 1);
  state.records = result->size(0, 2);
  state.errors = result->size(0, 3);
  state.finished = result->number(0, 4) != 0;
  state.updated_us = result->size(0, 5);
  return state;
}

Result<std::vector<ImportError>> import_errors(PgConnection& connection, std::string_view collection,
                                               std::string_view import_id, std::uint64_t after_line,
                                               std::size_t limit) {
  PgParams params;
  params.text(collection).text(import_id).u64(after_line).u64(page_rows(limit));
  auto result = connection.run(kErrorPage, params);
  if (!result) return result.error();
  std::vector<ImportError> errors;
  for (int row = 0; row < result->rows(); ++row) {
    errors.push_back({result->size(row, 0), std::string(result->text(row, 1)), std::string(result->text(row, 2))});
  }
  return errors;
}

}  // namespace sluis::store::pg
