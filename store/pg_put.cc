#include "store/pg_put.h"

#include "store/pg_records.h"
#include "store/pg_transaction.h"
#include "store/terms.h"

namespace sluis::store::pg {
namespace {

constexpr Error kConflict{Code::conflict, "the record is not at the expected revision"};

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

void bind_row(PgParams& params, const Record& record, const std::vector<Bytes>& terms) {
  params.text(record.collection).text(record.id).u64(record.revision).i32(record.key_version);
  params.text(record.open_fields).bytes(record.envelope).byte_strings(terms);
}

}  // namespace

PutSteps::PutSteps(const Record& record, const Expected& expected)
    : record_(record), expected_(expected), has_terms_(!record.terms.empty()) {
  const auto terms = pack_terms(record.terms);
  bind_row(insert_, record, terms);
  bind_row(update_, record, terms);
  bind_expected(update_, expected);
  if (expected.kind == Expected::Kind::revision) step_ = Step::update;
}

PgCall PutSteps::call() const noexcept {
  if (step_ == Step::insert) return {has_terms_ ? &kInsertWithTerms : &kInsert, &insert_};
  return {&kUpdate, &update_};
}

std::optional<Status> PutSteps::judge(const PgResult& result) {
  const Step run = std::exchange(step_, Step::update);
  if (run == Step::insert) {
    if (result.affected() > 0) return Status();
    if (expected_.kind == Expected::Kind::absent) return kConflict;
    return std::nullopt;
  }
  if (result.number(0, 0) == 1) return Status();
  if (expected_.kind == Expected::Kind::revision) return kConflict;
  // Kind::anything, and the row was removed since the insert, or is newer, or another writer came between.
  if (result.null(0, 1)) step_ = Step::insert;
  if (!result.null(0, 1) && result.size(0, 1) >= record_.revision) return kConflict;
  raced_ = true;
  return std::nullopt;
}

Status put(PgConnection& connection, const Record& record, const Expected& expected) {
  PutSteps steps(record, expected);
  // Each try that fails means that another writer or a removal came between; a hot row under many may do so in a row.
  for (int tries = 0; tries < 64; ++tries) {
    PgTransaction transaction(connection);
    if (steps.raced()) {
      // With the row locked first, the statement's snapshot is the latest state and nobody can come between.
      if (auto ok = transaction.begin(); !ok) return ok;
      if (auto ok = lock_row(connection, record.collection, record.id); !ok) return ok;
    }
    const PgCall call = steps.call();
    auto result = connection.run(*call.statement, *call.params);
    if (!result) return result.error();
    const auto outcome = steps.judge(*result);
    if (!outcome) continue;
    if (*outcome && steps.raced()) return transaction.commit();
    return *outcome;
  }
  return Error{Code::unavailable, "the record keeps changing"};
}

}  // namespace sluis::store::pg
