#include "store/pg_put.h"

#include <algorithm>
#include <map>
#include <set>
#include <utility>

#include "store/pg_records.h"
#include "store/pg_transaction.h"
#include "store/terms.h"

namespace sluis::store::pg {
namespace {

// The key version, or NULL if it is below the floor.
#define SLUIS_FLOOR(collection, version)                                                                  \
  "case when not exists (select from floors f where f.collection = " collection " and f.least > " version \
  ") then " version " end"

constexpr Error kConflict{Code::conflict, "the record is not at the expected revision"};

// $1 collection, $2 id, $3 revision, $4 key version, $5 open fields, $6 envelope, $7 terms.
// A key version below the floor of the collection becomes NULL, which its column refuses: nothing is written, and the
// check is one look at a small table (see store/pg_rollover.h for why it holds).
// The two inserts say by their count of rows whether the record was new: its own row, or a row for each term.
constexpr PgStatement kInsert{
    "put_new",
    "insert into records (collection, id, revision, key_version, open_fields, envelope, terms)"
    " values ($1, $2, $3::bigint, " SLUIS_FLOOR("$1", "$4::int") ", $5, $6, $7::bytea[]) on conflict do nothing"};
constexpr PgStatement kInsertWithTerms{
    "put_new_terms",
    "with r as (insert into records (collection, id, revision, key_version, open_fields, envelope, terms)"
    " values ($1, $2, $3::bigint, " SLUIS_FLOOR("$1", "$4::int") ", $5, $6, $7::bytea[])"
    " on conflict do nothing returning 1)"
    " insert into record_terms (collection, term, id)"
    " select $1, t, $2 from r, unnest($7::bytea[]) t"};

// $1 collections, $2 ids, $3 revisions, $4 key versions, $5 open fields, $6 envelopes, $7 terms: an element for each
// record, terms as the text of an array, for an array of arrays cannot be unnested by rows; $8 collections, each once,
// $9 the lowest key version in each: one look at the floors serves them all, for if one is below nothing is written.
// Answers with the records that were new.
constexpr PgStatement kInsertMany{
    "put_many",
    "with r as (insert into records (collection, id, revision, key_version, open_fields, envelope, terms)"
    "  select collection, id, revision, case when not exists ("
    "    select from unnest($8::text[], $9::int[]) o(collection, oldest)"
    "    join floors f on f.collection = o.collection and f.least > o.oldest) then key_version end,"
    "   open_fields, envelope, terms::bytea[]"
    "  from unnest($1::text[], $2::text[], $3::bigint[], $4::int[], $5::text[], $6::bytea[], $7::text[])"
    "  with ordinality as d(collection, id, revision, key_version, open_fields, envelope, terms, n) order by n"
    "  on conflict do nothing returning collection, id, terms),"
    " x as (insert into record_terms (collection, term, id)"
    "  select r.collection, u, r.id from r, unnest(r.terms) u)"
    " select collection, id from r"};

// $8 expected revision or NULL. All parts of one statement see one snapshot, so the terms to delete are those of the
// row as it was in that snapshot: `old`. Should the row have changed since, its revision is another, the update finds
// nothing, and no term is touched. Terms that stay are left alone. Those that are `gone` are joined by values of
// which the planner knows nothing: it can only look each up by its whole key, where a plan made while the table was
// small would read all terms of the collection.
constexpr PgStatement kUpdate{
    "put_old",
    "with old as materialized (select revision, terms from records where collection = $1 and id = $2),"
    " upd as (update records r set revision = $3::bigint, key_version = " SLUIS_FLOOR("$1", "$4::int") ","
    "  open_fields = $5, envelope = $6, terms = $7::bytea[] from old where r.collection = $1 and r.id = $2 and r.revision = old.revision"
    "  and old.revision < $3::bigint and ($8::bigint is null or old.revision = $8::bigint)"
    "  returning r.collection, r.id, old.terms as before),"
    " gone as materialized (select collection, term, id from upd, unnest(before) term"
    "  where term <> all($7::bytea[])),"
    " del as (delete from record_terms t using gone g"
    "  where t.collection = g.collection and t.term = g.term and t.id = g.id),"
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

PutMany::PutMany(std::span<const PutSteps* const> puts) : puts_(puts.begin(), puts.end()) {
  std::vector<std::string_view> collections, ids, open_fields;
  std::vector<std::string> terms;
  std::vector<std::int64_t> revisions, key_versions;
  std::vector<ByteView> envelopes;
  std::map<std::string_view, std::int64_t> oldest;
  for (const PutSteps* put : puts) {
    const Record& record = put->record();
    collections.push_back(record.collection);
    ids.push_back(record.id);
    revisions.push_back(static_cast<std::int64_t>(record.revision));
    key_versions.push_back(record.key_version);
    auto& version = oldest.try_emplace(record.collection, record.key_version).first->second;
    version = std::min<std::int64_t>(version, record.key_version);
    open_fields.push_back(record.open_fields);
    envelopes.push_back(record.envelope);
    terms.push_back(pg_array_text(put->terms()));
  }
  params_.texts(collections).texts(ids).i64s(revisions).i32s(key_versions).texts(open_fields);
  params_.byte_strings(envelopes).texts(terms);
  std::vector<std::string_view> floored;
  std::vector<std::int64_t> versions;
  for (const auto& [collection, version] : oldest) {
    floored.push_back(collection);
    versions.push_back(version);
  }
  params_.texts(floored).i32s(versions);
}

PgCall PutMany::call() const noexcept {
  return {&kInsertMany, &params_};
}

std::vector<PutSteps::Inserted> PutMany::judge(const PgResult& result) const {
  using Inserted = PutSteps::Inserted;
  const auto rows = static_cast<std::size_t>(result.rows());
  if (rows == puts_.size()) return std::vector<Inserted>(rows, Inserted::yes);
  std::set<std::pair<std::string_view, std::string_view>> found;
  for (int row = 0; row < result.rows(); ++row) found.emplace(result.text(row, 0), result.text(row, 1));
  std::vector<Inserted> inserted;
  for (const PutSteps* put : puts_) {
    const bool is_new = found.contains({put->record().collection, put->record().id});
    inserted.push_back(is_new ? Inserted::yes : Inserted::no);
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
