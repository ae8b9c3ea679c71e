#include "store/pg_records.h"

#include "store/pg_transaction.h"
#include "store/terms.h"

namespace sluis::store::pg {
namespace {

constexpr Error kConflict{Code::conflict, "the record is not at the expected revision"};
constexpr Error kNotFound{Code::not_found, "no such record"};

// $1 collection, $2 id, $3 revision, $4 key version, $5 open fields, $6 envelope, $7 terms.
// The two inserts say by their count of rows whether the record was new: its own row, or a row for each term.
constexpr PgStatement kInsert{
    "put_new",
    "insert into records (collection, id, revision, key_version, open_fields, envelope, terms)"
    " values ($1, $2, $3::bigint, $4::int, $5, $6, $7::bytea[]) on conflict do nothing"};
constexpr PgStatement kInsertWithTerms{
    "put_new_terms",
    "with r as (insert into records (collection, id, revision, key_version, open_fields, envelope, terms)"
    " values ($1, $2, $3::bigint, $4::int, $5, $6, $7::bytea[]) on conflict do nothing returning 1)"
    " insert into record_terms (collection, term, id)"
    " select $1, t, $2 from r, unnest($7::bytea[]) t"};

// $8 expected revision or NULL. All parts of one statement see one snapshot, so the terms to delete are those of the
// row as it was in that snapshot: `old`. Should the row have changed since, its revision is another, the update finds
// nothing, and no term is touched. Terms that stay are left alone.
constexpr PgStatement kUpdate{
    "put_old",
    "with old as materialized (select revision, terms from records where collection = $1 and id = $2),"
    " upd as (update records r set revision = $3::bigint, key_version = $4::int, open_fields = $5, envelope = $6,"
    "  terms = $7::bytea[] from old where r.collection = $1 and r.id = $2 and r.revision = old.revision"
    "  and old.revision < $3::bigint and ($8::bigint is null or old.revision = $8::bigint)"
    "  returning old.terms as before),"
    " del as (delete from record_terms t using upd where t.collection = $1 and t.id = $2"
    "  and t.term = any(upd.before) and t.term <> all($7::bytea[])),"
    " ins as (insert into record_terms (collection, term, id)"
    "  select $1, n, $2 from upd, unnest($7::bytea[]) n where n <> all(upd.before))"
    " select (select count(*) from upd), (select revision from old)"};

// $3 expected revision or NULL; the same reasoning.
constexpr PgStatement kRemove{
    "remove",
    "with old as materialized (select revision, terms from records where collection = $1 and id = $2),"
    " del as (delete from records r using old where r.collection = $1 and r.id = $2 and r.revision = old.revision"
    "  and ($3::bigint is null or old.revision = $3::bigint) returning old.terms as before),"
    " terms as (delete from record_terms t using del where t.collection = $1 and t.id = $2"
    "  and t.term = any(del.before))"
    " select (select count(*) from del), (select revision from old)"};

constexpr PgStatement kLock{"lock", "select 1 from records where collection = $1 and id = $2 for update"};

constexpr PgStatement kRevision{"revision", "select revision from records where collection = $1 and id = $2"};

void bind_row(PgParams& params, const Record& record, const std::vector<Bytes>& terms) {
  params.text(record.collection).text(record.id).u64(record.revision).i32(record.key_version);
  params.text(record.open_fields).bytes(record.envelope).byte_strings(terms);
}

void bind_expected(PgParams& params, const Expected& expected) {
  if (expected.kind == Expected::Kind::revision) {
    params.u64(expected.revision);
    return;
  }
  params.null();
}

// What a statement of the kUpdate kind did, and the revision it saw.
struct Outcome {
  bool done;
  std::optional<std::uint64_t> seen;
};

Outcome outcome_of(const PgResult& result) {
  Outcome outcome{result.number(0, 0) == 1, std::nullopt};
  if (!result.null(0, 1)) outcome.seen = result.size(0, 1);
  return outcome;
}

Result<bool> insert(PgConnection& connection, const Record& record, const std::vector<Bytes>& terms) {
  PgParams params;
  bind_row(params, record, terms);
  auto result = connection.run(terms.empty() ? kInsert : kInsertWithTerms, params);
  if (!result) return result.error();
  return result->affected() > 0;
}

Result<Outcome> update(PgConnection& connection, const Record& record, const std::vector<Bytes>& terms,
                       const Expected& expected) {
  PgParams params;
  bind_row(params, record, terms);
  bind_expected(params, expected);
  auto result = connection.run(kUpdate, params);
  if (!result) return result.error();
  return outcome_of(*result);
}

Result<Outcome> remove_once(PgConnection& connection, std::string_view collection, std::string_view id,
                            const Expected& expected) {
  PgParams params;
  params.text(collection).text(id);
  bind_expected(params, expected);
  auto result = connection.run(kRemove, params);
  if (!result) return result.error();
  return outcome_of(*result);
}

// Runs `statement` with the row locked first, so that its snapshot is the latest state and nobody can come between.
template <typename Statement>
Result<Outcome> while_locked(PgConnection& connection, std::string_view collection, std::string_view id,
                             const Statement& statement) {
  PgTransaction transaction(connection);
  if (auto ok = transaction.begin(); !ok) return ok.error();
  PgParams params;
  params.text(collection).text(id);
  if (auto locked = connection.run(kLock, params); !locked) return locked.error();
  Result<Outcome> outcome = statement();
  if (!outcome) return outcome;
  if (auto ok = transaction.commit(); !ok) return ok.error();
  return outcome;
}

// Replaces whatever is there, for Kind::anything. Nothing there: false.
Result<bool> replace(PgConnection& connection, const Record& record, const std::vector<Bytes>& terms) {
  const auto once = [&] { return update(connection, record, terms, {}); };
  auto outcome = once();
  if (!outcome) return outcome.error();
  // Seen but not replaced, though its revision is lower: another writer came between.
  if (!outcome->done && outcome->seen && *outcome->seen < record.revision) {
    outcome = while_locked(connection, record.collection, record.id, once);
    if (!outcome) return outcome.error();
  }
  if (outcome->done) return true;
  if (!outcome->seen) return false;
  return kConflict;
}

}  // namespace

Status put(PgConnection& connection, const Record& record, const Expected& expected) {
  const auto terms = pack_terms(record.terms);
  if (expected.kind == Expected::Kind::revision) {
    auto outcome = update(connection, record, terms, expected);
    if (!outcome) return outcome.error();
    return outcome->done ? Status() : kConflict;
  }
  // Twice at most: a record may be removed between the two statements, but hardly again and again.
  for (int tries = 0; tries < 3; ++tries) {
    auto added = insert(connection, record, terms);
    if (!added) return added.error();
    if (*added) return {};
    if (expected.kind == Expected::Kind::absent) return kConflict;
    auto replaced = replace(connection, record, terms);
    if (!replaced) return replaced.error();
    if (*replaced) return {};
  }
  return Error{Code::unavailable, "the record keeps changing"};
}

Status remove(PgConnection& connection, std::string_view collection, std::string_view id, const Expected& expected) {
  const auto once = [&] { return remove_once(connection, collection, id, expected); };
  auto outcome = once();
  if (!outcome) return outcome.error();
  if (!outcome->done && outcome->seen && expected.kind == Expected::Kind::anything) {
    outcome = while_locked(connection, collection, id, once);
    if (!outcome) return outcome.error();
  }
  if (outcome->done) return {};
  return outcome->seen ? kConflict : kNotFound;
}

Result<std::optional<std::uint64_t>> revision_of(PgConnection& connection, std::string_view collection,
                                                 std::string_view id) {
  PgParams params;
  params.text(collection).text(id);
  auto result = connection.run(kRevision, params);
  if (!result) return result.error();
  if (result->rows() == 0) return std::optional<std::uint64_t>();
  return std::optional<std::uint64_t>(result->size(0, 0));
}

}  // namespace sluis::store::pg
