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

// $1 collections, $2 ids, $3 revisions, $4 key versions, $5 open fields, $6 envelopes: an element for each record.
// $7 and $8: the terms of all records, and before each the number of its record, from 1. Answers with the numbers of
// the records that were new.
constexpr PgStatement kInsertMany{
    "put_many",
    "with d as (select * from unnest($1::text[], $2::text[], $3::bigint[], $4::int[], $5::text[], $6::bytea[])"
    "  with ordinality as d(collection, id, revision, key_version, open_fields, envelope, n)),"
    " t as (select owner, array_agg(term order by k) as terms from unnest($7::bigint[], $8::bytea[])"
    "  with ordinality as t(owner, term, k) group by owner),"
    " r as (insert into records (collection, id, revision, key_version, open_fields, envelope, terms)"
    "  select d.collection, d.id, d.revision, d.key_version, d.open_fields, d.envelope, coalesce(t.terms, '{}')"
    "  from d left join t on t.owner = d.n order by d.n on conflict do nothing returning collection, id, terms),"
    " x as (insert into record_terms (collection, term, id)"
    "  select r.collection, u, r.id from r, unnest(r.terms) u)"
    " select d.n from d join r on r.collection = d.collection and r.id = d.id"};

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
    : record_(record), expected_(expected), terms_(pack_terms(record.terms)) {
  if (expected.kind == Expected::Kind::revision) step_ = Step::update;
}

PgCall PutSteps::call() {
  if (step_ == Step::insert) {
    if (insert_.count() == 0) bind_row(insert_, record_, terms_);
    return {terms_.empty() ? &kInsert : &kInsertWithTerms, &insert_};
  }
  if (update_.count() == 0) {
    bind_row(update_, record_, terms_);
    bind_expected(update_, expected_);
  }
  return {&kUpdate, &update_};
}

std::optional<Status> PutSteps::judge(Inserted inserted) {
  step_ = Step::update;
  if (inserted == Inserted::yes) return Status();
  if (expected_.kind == Expected::Kind::absent) return kConflict;
  return std::nullopt;
}

std::optional<Status> PutSteps::judge(const PgResult& result) {
  if (step_ == Step::insert) return judge(result.affected() > 0 ? Inserted::yes : Inserted::no);
  if (result.number(0, 0) == 1) return Status();
  if (expected_.kind == Expected::Kind::revision) return kConflict;
  // Kind::anything, and the row was removed since the insert, or is newer, or another writer came between.
  if (result.null(0, 1)) step_ = Step::insert;
  if (!result.null(0, 1) && result.size(0, 1) >= record_.revision) return kConflict;
  raced_ = true;
  return std::nullopt;
}

PutMany::PutMany(std::span<const PutSteps* const> puts) : count_(puts.size()) {
  std::vector<std::string_view> collections, ids, open_fields;
  std::vector<std::int64_t> revisions, key_versions, owners;
  std::vector<ByteView> envelopes, terms;
  for (const PutSteps* put : puts) {
    const Record& record = put->record();
    collections.push_back(record.collection);
    ids.push_back(record.id);
    revisions.push_back(static_cast<std::int64_t>(record.revision));
    key_versions.push_back(record.key_version);
    open_fields.push_back(record.open_fields);
    envelopes.push_back(record.envelope);
    for (const Bytes& term : put->terms()) {
      owners.push_back(static_cast<std::int64_t>(ids.size()));
      terms.push_back(term);
    }
  }
  params_.texts(collections).texts(ids).i64s(revisions).i32s(key_versions).texts(open_fields);
  params_.byte_strings(envelopes).i64s(owners).byte_strings(terms);
}

PgCall PutMany::call() const noexcept {
  return {&kInsertMany, &params_};
}

std::vector<PutSteps::Inserted> PutMany::judge(const PgResult& result) const {
  std::vector<PutSteps::Inserted> inserted(count_, PutSteps::Inserted::no);
  for (int row = 0; row < result.rows(); ++row) {
    inserted.at(static_cast<std::size_t>(result.size(row, 0)) - 1) = PutSteps::Inserted::yes;
  }
  return inserted;
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
