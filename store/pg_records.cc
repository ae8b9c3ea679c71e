#include "store/pg_records.h"

#include "store/pg_transaction.h"
#include "store/terms.h"

namespace sluis::store::pg {
namespace {

constexpr Error kConflict{Code::conflict, "the record is not at the expected revision"};
constexpr Error kNotFound{Code::not_found, "no such record"};

// $3 expected revision or NULL. All parts of one statement see one snapshot, so the terms to delete are those of the
// row as it was in that snapshot: `old`. Should the row have changed since, its revision is another, nothing is deleted
// and no term is touched. For `gone`, see store/pg_put.cc.
constexpr PgStatement kRemove{
    "remove",
    "with old as materialized (select revision, terms from records where collection = $1 and id = $2),"
    " del as (delete from records r using old where r.collection = $1 and r.id = $2 and r.revision = old.revision"
    "  and ($3::bigint is null or old.revision = $3::bigint) returning r.collection, r.id, old.terms as before),"
    " gone as materialized (select collection, term, id from del, unnest(before) term),"
    " terms as (delete from record_terms t using gone g"
    "  where t.collection = g.collection and t.term = g.term and t.id = g.id)"
    " select (select count(*) from del), (select revision from old)"};

constexpr PgStatement kLock{"lock", "select 1 from records where collection = $1 and id = $2 for update"};

// What the statement did, and the revision it saw.
struct Outcome {
  bool done;
  bool seen;
};

Result<Outcome> remove_once(PgConnection& connection, std::string_view collection, std::string_view id,
                            const Expected& expected) {
  PgParams params;
  params.text(collection).text(id);
  bind_expected(params, expected);
  auto result = connection.run(kRemove, params);
  if (!result) return result.error();
  return Outcome{result->number(0, 0) == 1, !result->null(0, 1)};
}

}  // namespace

Status lock_row(PgConnection& connection, std::string_view collection, std::string_view id) {
  PgParams params;
  params.text(collection).text(id);
  if (auto locked = connection.run(kLock, params); !locked) return locked.error();
  return {};
}

void bind_expected(PgParams& params, const Expected& expected) {
  if (expected.kind == Expected::Kind::revision) {
    params.u64(expected.revision);
    return;
  }
  params.null();
}

Status remove(PgConnection& connection, std::string_view collection, std::string_view id, const Expected& expected) {
  auto outcome = remove_once(connection, collection, id, expected);
  if (!outcome) return outcome.error();
  if (!outcome->done && outcome->seen && expected.kind == Expected::Kind::anything) {
    // Another writer came between. With the row locked first, the snapshot is the latest state and stays so.
    PgTransaction transaction(connection);
    if (auto ok = transaction.begin(); !ok) return ok;
    if (auto ok = lock_row(connection, collection, id); !ok) return ok;
    if (outcome = remove_once(connection, collection, id, expected); !outcome) return outcome.error();
    if (auto ok = transaction.commit(); !ok) return ok;
  }
  if (outcome->done) return {};
  return outcome->seen ? kConflict : kNotFound;
}

Result<bool> stored(PgConnection& connection, const Record& record) {
  auto found = get(connection, record.collection, record.id);
  if (!found && found.error().code == Code::not_found) return false;
  if (!found) return found.error();
  return found->revision == record.revision && found->key_version == record.key_version &&
         found->open_fields == record.open_fields && found->envelope == record.envelope;
}

}  // namespace sluis::store::pg
