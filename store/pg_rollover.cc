#include "store/pg_rollover.h"

#include <algorithm>
#include <chrono>
#include <limits>
#include <numeric>
#include <thread>

#include "store/pg_error.h"
#include "store/pg_leases.h"
#include "store/pg_records.h"
#include "store/pg_transaction.h"
#include "store/rows.h"
#include "store/terms.h"

namespace sluis::store::pg {
namespace {

constexpr Error kLost{Code::conflict, "the lease is another holder's or has ended"};

// Rows that one statement of a scan reads, so that it stays far below the limit of time.
constexpr std::uint64_t kWindow = 50'000;

// $2 after, $3 least, $4 below, $5 limit of rows, $6 limit of bytes, $7 rows of the window. Columns as in
// store/pg_search.cc. The window is read no further than the page needs.
constexpr PgStatement kScan{"versions_scan", R"(
select id, revision, key_version, case when room then open_fields end, case when room then envelope end
from (
  select *, sum(octet_length(envelope) + octet_length(open_fields)) over (order by id rows unbounded preceding)
            - octet_length(envelope) - octet_length(open_fields) < $6::bigint as room
  from (
    select * from (select * from records where collection = $1 and id > $2 order by id limit $7::bigint) part
    where key_version >= $3::int and key_version < $4::int order by id limit $5::bigint
  ) hit
) page
order by id)"};
// $2 after, $3 rows of the window less one: its last id, if it is full.
constexpr PgStatement kWindowEnd{
    "versions_end", "select id from records where collection = $1 and id > $2 order by id offset $3::bigint limit 1"};

// $2 after, $3 rows of the window.
constexpr PgStatement kCount{"versions_count", R"(
select key_version, count(*), max(id) from (
  select key_version, id from records where collection = $1 and id > $2 order by id limit $3::bigint) part
group by key_version)"};

// $1 collection, $2 ids, $3 revisions, $4 expected key versions, $5 key versions, $6 envelopes, $7 terms (as in
// store/pg_put.cc), an element for each record; $8 name, $9 holder and $10 epoch of the lease. Answers with a row of
// NULL if the lease holds, and the number of each record written.
//
// The lease's row is locked against being taken until the commit, and read again should it have changed. The terms
// before are those of the statement's snapshot: as in a put, a row that changed since has another revision, or
// another key version if it was rewritten, and is not updated. Terms go and come in the order of their index.
constexpr PgStatement kRewrite{"rewrite", R"(
with lease as materialized (
  select 1 from leases where name = $8 and holder = $9 and epoch = $10::bigint
    and ends_us > (extract(epoch from clock_timestamp()) * 1000000)::bigint for share
), upd as (
  update records r set key_version = d.key_version, envelope = d.envelope, terms = d.terms::bytea[]
  from lease, unnest($2::text[], $3::bigint[], $4::int[], $5::int[], $6::bytea[], $7::text[])
    with ordinality as d(id, revision, expected, key_version, envelope, terms, n)
    cross join lateral (
      select terms as before from records o where o.collection = $1 and o.id = d.id and o.revision = d.revision
        and o.key_version = d.expected offset 0) old
  where r.collection = $1 and r.id = d.id and r.revision = d.revision and r.key_version = d.expected
  returning d.n, r.id, old.before, r.terms as after
), gone as materialized (
  select $1::text as collection, t as term, id from upd, unnest(before) t where t <> all(after) order by t, id
), del as (
  delete from record_terms t using gone g where t.collection = g.collection and t.term = g.term and t.id = g.id
), ins as (
  insert into record_terms (collection, term, id)
  select $1, t, id from upd, unnest(after) t where t <> all(before) order by t, id
)
select null::bigint from lease union all select n from upd)"};

// $2 ids, $3 revisions, $4 key versions, $5 envelopes. Answers with the numbers of those that are there so.
constexpr PgStatement kRewritten{"rewritten", R"(
select d.n from unnest($2::text[], $3::bigint[], $4::int[], $5::bytea[])
  with ordinality as d(id, revision, key_version, envelope, n)
join records r on r.collection = $1 and r.id = d.id and r.revision = d.revision and r.key_version = d.key_version
  and r.envelope = d.envelope)"};

constexpr PgStatement kFloor{"floor", "select least from floors where collection = $1"};
constexpr PgStatement kRaise{"floor_raise", R"(
insert into floors as f (collection, least) values ($1, $2::int)
on conflict (collection) do update set least = excluded.least where f.least < excluded.least)"};

// The members of the rewrites in the order of ids: groups of puts lock rows in that order too.
struct Columns {
  explicit Columns(std::span<const Rewrite> rewrites) : order(rewrites.size()) {
    std::iota(order.begin(), order.end(), std::size_t{0});
    std::sort(order.begin(), order.end(),
              [&](std::size_t a, std::size_t b) { return rewrites[a].record->id < rewrites[b].record->id; });
    for (const std::size_t i : order) {
      const Record& record = *rewrites[i].record;
      ids.push_back(record.id);
      revisions.push_back(static_cast<std::int64_t>(record.revision));
      expected.push_back(rewrites[i].expected_key_version);
      key_versions.push_back(record.key_version);
      envelopes.push_back(record.envelope);
    }
  }

  // Indexes that are not among the numbers (from 1) that the rows tell.
  std::vector<std::size_t> missing(const PgResult& result) const {
    std::vector<bool> found(order.size());
    for (int row = 0; row < result.rows(); ++row) {
      if (!result.null(row, 0)) found.at(order.at(result.size(row, 0) - 1)) = true;
    }
    std::vector<std::size_t> indexes;
    for (std::size_t i = 0; i < found.size(); ++i) {
      if (!found[i]) indexes.push_back(i);
    }
    return indexes;
  }

  std::vector<std::size_t> order;
  std::vector<std::string_view> ids;
  std::vector<std::int64_t> revisions, expected, key_versions;
  std::vector<ByteView> envelopes;
};

std::int64_t version_limit(std::uint32_t version) noexcept {
  return std::min<std::int64_t>(version, std::numeric_limits<std::int32_t>::max());
}

// Writers that come while this waits stand behind it, so it waits briefly, and longer each time.
Status attempt_raise(PgConnection& connection, const PgParams& params, const char* limit) {
  PgTransaction transaction(connection);
  if (auto ok = transaction.begin(); !ok) return ok;
  if (auto ok = connection.execute(limit); !ok) return ok;
  if (auto ok = connection.execute("lock table floors in access exclusive mode"); !ok) return ok;
  if (auto raised = connection.run(kRaise, params); !raised) return raised.error();
  return transaction.commit();
}

constexpr const char* kLimits[] = {
    "set local lock_timeout = '100ms'", "set local lock_timeout = '200ms'", "set local lock_timeout = '400ms'",
    "set local lock_timeout = '800ms'", "set local lock_timeout = '2s'",    "set local lock_timeout = '4s'",
};

}  // namespace

Result<SearchPage> scan_versions(PgConnection& connection, std::string_view collection, std::uint32_t least,
                                 std::uint32_t below, std::string_view after, std::size_t limit) {
  PageBuilder page(limit);
  std::string from(after);
  for (;;) {
    PgParams params;
    params.text(collection).text(from).i32(version_limit(least)).i32(version_limit(below));
    params.u64(page.rows_to_ask()).u64(kMaxPageBytes).u64(kWindow);
    auto result = connection.run(kScan, params);
    if (!result) return result.error();
    if (!append_page(*result, collection, page)) return page.finish(PageBuilder::Rest::some);
    PgParams window;
    window.text(collection).text(from).u64(kWindow - 1);
    auto end = connection.run(kWindowEnd, window);
    if (!end) return end.error();
    if (end->rows() == 0) return page.finish(PageBuilder::Rest::none);
    from = end->text(0, 0);
  }
}

Result<std::map<std::uint32_t, std::uint64_t>> count_versions(PgConnection& connection, std::string_view collection) {
  std::map<std::uint32_t, std::uint64_t> counts;
  std::string from;
  for (;;) {
    PgParams params;
    params.text(collection).text(from).u64(kWindow);
    auto result = connection.run(kCount, params);
    if (!result) return result.error();
    if (result->rows() == 0) return counts;
    for (int row = 0; row < result->rows(); ++row) {
      counts[static_cast<std::uint32_t>(result->number(row, 0))] += result->size(row, 1);
      if (result->text(row, 2) > from) from = result->text(row, 2);
    }
  }
}

Status rewrite(PgConnection& connection, const Lease& lease, std::span<const Rewrite> rewrites,
               std::vector<std::size_t>& overtaken) {
  if (rewrites.empty()) {
    auto holds = lease_holds(connection, lease);
    if (!holds) return holds.error();
    return *holds ? Status() : Status(kLost);
  }
  const Columns columns(rewrites);
  std::vector<std::string> terms;
  for (const std::size_t i : columns.order) terms.push_back(pg_array_text(pack_terms(rewrites[i].record->terms)));
  PgParams params;
  params.text(rewrites.front().record->collection).texts(columns.ids).i64s(columns.revisions);
  params.i32s(columns.expected).i32s(columns.key_versions).byte_strings(columns.envelopes).texts(terms);
  params.text(lease.name).text(lease.holder).u64(lease.epoch);
  auto result = connection.run(kRewrite, params);
  if (!result) return result.error();
  if (result->rows() == 0) return kLost;
  overtaken = columns.missing(*result);
  return {};
}

Result<bool> rewritten(PgConnection& connection, std::span<const Rewrite> rewrites,
                       std::vector<std::size_t>& overtaken) {
  if (rewrites.empty()) return false;
  const Columns columns(rewrites);
  PgParams params;
  params.text(rewrites.front().record->collection).texts(columns.ids).i64s(columns.revisions);
  params.i32s(columns.key_versions).byte_strings(columns.envelopes);
  auto result = connection.run(kRewritten, params);
  if (!result) return result.error();
  overtaken = columns.missing(*result);
  return result->rows() > 0;
}

Result<std::uint32_t> floor_of(PgConnection& connection, std::string_view collection) {
  PgParams params;
  params.text(collection);
  auto result = connection.run(kFloor, params);
  if (!result) return result.error();
  return result->rows() == 0 ? 0U : static_cast<std::uint32_t>(result->number(0, 0));
}

Status raise_floor(PgConnection& connection, std::string_view collection, std::uint32_t least) {
  auto found = floor_of(connection, collection);
  if (!found) return found.error();
  if (*found >= least) return {};
  PgParams params;
  params.text(collection).i32(least);
  for (const char* limit : kLimits) {
    auto done = attempt_raise(connection, params, limit);
    if (done || connection.broken() || !is_retryable(connection.last_state())) return done;
    std::this_thread::sleep_for(std::chrono::milliseconds(50));
  }
  // Asked once more, so that what failed last is not taken for a reason to begin anew.
  found = floor_of(connection, collection);
  if (found && *found >= least) return {};
  return Error{Code::unavailable, "writes from before do not end"};
}

}  // namespace sluis::store::pg
