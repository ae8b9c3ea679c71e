// Reading records: one, many, by equality, all of them.
#include <deque>
#include <unordered_map>

#include "store/pg_records.h"
#include "store/rows.h"
#include "store/terms.h"

namespace sluis::store::pg {
namespace {

constexpr Error kTooLarge{Code::too_large, "the records asked for are too large together"};

// Columns of every answer: id, revision, key version, open fields, envelope. Within a page, rows past the limit of
// bytes come without their contents (NULL): they tell that there is more and cost nothing.

constexpr PgStatement kGet{
    "get", "select id, revision, key_version, open_fields, envelope from records where collection = $1 and id = $2"};

constexpr PgStatement kCount{"count", "select count(*) from records where collection = $1"};

// $2 ids, $3 limit of bytes.
constexpr PgStatement kRead{"read", R"(
select id, revision, key_version, case when room then open_fields end, case when room then envelope end
from (
  select *, sum(octet_length(envelope) + octet_length(open_fields)) over (order by id rows unbounded preceding)
            <= $3::bigint as room
  from records
  where collection = $1 and id = any($2::text[])
) hit)"};

// $2 after, $3 limit of rows, $4 limit of bytes.
constexpr PgStatement kScan{"scan", R"(
select id, revision, key_version, case when room then open_fields end, case when room then envelope end
from (
  select *, sum(octet_length(envelope) + octet_length(open_fields)) over (order by id rows unbounded preceding)
            - octet_length(envelope) - octet_length(open_fields) < $4::bigint as room
  from (select * from records where collection = $1 and id > $2 order by id limit $3::bigint) hit
) page
order by id)"};

// $2 terms of the leading match, $3 after, $4 limit of rows, $5 terms of the other matches, $6 for each of those the
// number of its match, $7 how many other matches there are, $8 limit of bytes. Each term of the leading match is one
// ordered walk of the index that stops at the limit, and each id on it is probed for the others by primary key;
// `offset 0` keeps the planner from joining instead.
constexpr PgStatement kSearch{"search", R"(
select id, revision, key_version, case when room then open_fields end, case when room then envelope end
from (
  select r.*, sum(octet_length(envelope) + octet_length(open_fields)) over (order by r.id rows unbounded preceding)
              - octet_length(envelope) - octet_length(open_fields) < $8::bigint as room
  from (
    select distinct walk.id
    from unnest($2::bytea[]) leading_term(term) cross join lateral (
      select t.id from record_terms t
      where t.collection = $1 and t.term = leading_term.term and t.id > $3
        and (
          select count(distinct other.number)
          from unnest($5::bytea[], $6::int[]) other(term, number)
          join record_terms o on o.collection = $1 and o.term = other.term and o.id = t.id
          offset 0
        ) = $7::bigint
      order by t.id limit $4::bigint
    ) walk
    order by walk.id limit $4::bigint
  ) hit join records r on r.collection = $1 and r.id = hit.id
) page
order by id)"};

// $2 terms: how many rows they have, counted to a bound.
constexpr PgStatement kWeigh{"weigh",
                             "select count(*) from (select 1 from record_terms where collection = $1"
                             " and term = any($2::bytea[]) limit 2000) t"};

Record record_at(const PgResult& result, int row, std::string_view collection) {
  Record record;
  record.collection = collection;
  record.id = result.text(row, 0);
  record.revision = result.size(row, 1);
  record.key_version = static_cast<std::uint32_t>(result.number(row, 2));
  record.open_fields = result.text(row, 3);
  const ByteView envelope = result.bytes(row, 4);
  record.envelope.assign(envelope.begin(), envelope.end());
  return record;
}

SearchPage page_of(const PgResult& result, std::string_view collection, std::size_t limit) {
  PageBuilder page(limit);
  const bool all = append_page(result, collection, page);
  return page.finish(all ? PageBuilder::Rest::none : PageBuilder::Rest::some);
}

using Terms = std::vector<Bytes>;

// The index of the match with the fewest rows.
Result<std::size_t> lightest(PgConnection& connection, std::string_view collection, const std::vector<Terms>& all_of) {
  if (all_of.size() == 1) return std::size_t{0};
  std::deque<PgParams> params;
  std::vector<PgCall> calls;
  for (const Terms& terms : all_of) {
    params.emplace_back().text(collection).byte_strings(terms);
    calls.push_back({&kWeigh, &params.back()});
  }
  auto results = connection.run_all(calls);
  if (!results) return results.error();
  std::size_t best = 0;
  for (std::size_t i = 1; i < results->size(); ++i) {
    if ((*results)[i].number(0, 0) < (*results)[best].number(0, 0)) best = i;
  }
  return best;
}

}  // namespace

bool append_page(const PgResult& result, std::string_view collection, PageBuilder& page) {
  for (int row = 0; row < result.rows(); ++row) {
    if (!page.wants_more() || result.null(row, 4)) return false;
    page.add(record_at(result, row, collection));
  }
  return true;
}

Result<Record> get(PgConnection& connection, std::string_view collection, std::string_view id) {
  PgParams params;
  params.text(collection).text(id);
  auto result = connection.run(kGet, params);
  if (!result) return result.error();
  if (result->rows() == 0) return Error{Code::not_found, "no such record"};
  return record_at(*result, 0, collection);
}

Result<std::vector<Record>> read(PgConnection& connection, std::string_view collection,
                                 std::span<const std::string> ids) {
  PgParams params;
  params.text(collection).texts(ids).u64(kMaxReadBytes);
  auto result = connection.run(kRead, params);
  if (!result) return result.error();
  std::unordered_map<std::string_view, int> row_of;
  for (int row = 0; row < result->rows(); ++row) row_of.emplace(result->text(row, 0), row);
  std::vector<Record> records;
  std::size_t bytes = 0;
  for (const std::string& id : ids) {
    const auto found = row_of.find(id);
    if (found == row_of.end()) continue;
    if (result->null(found->second, 4)) return kTooLarge;
    // An id asked for twice is answered twice and counts twice.
    records.push_back(record_at(*result, found->second, collection));
    bytes += records.back().envelope.size() + records.back().open_fields.size();
    if (bytes > kMaxReadBytes) return kTooLarge;
  }
  return records;
}

Result<std::uint64_t> count(PgConnection& connection, std::string_view collection) {
  PgParams params;
  params.text(collection);
  auto result = connection.run(kCount, params);
  if (!result) return result.error();
  return result->size(0, 0);
}

Result<SearchPage> scan(PgConnection& connection, std::string_view collection, std::string_view after,
                        std::size_t limit) {
  PgParams params;
  params.text(collection).text(after).u64(PageBuilder(limit).rows_to_ask()).u64(kMaxPageBytes);
  auto result = connection.run(kScan, params);
  if (!result) return result.error();
  return page_of(*result, collection, limit);
}

Result<SearchPage> search(PgConnection& connection, std::string_view collection, std::span<const Match> all_of,
                          std::string_view after, std::size_t limit) {
  if (all_of.empty()) return scan(connection, collection, after, limit);
  std::vector<Terms> wanted;
  for (const Match& match : all_of) wanted.push_back(pack_terms(match.any_of));
  auto lead = lightest(connection, collection, wanted);
  if (!lead) return lead.error();
  Terms others;
  std::vector<std::int64_t> match_of;
  for (std::size_t i = 0; i < wanted.size(); ++i) {
    if (i == *lead) continue;
    others.insert(others.end(), wanted[i].begin(), wanted[i].end());
    match_of.resize(others.size(), static_cast<std::int64_t>(i));
  }
  PgParams params;
  params.text(collection).byte_strings(wanted[*lead]).text(after).u64(PageBuilder(limit).rows_to_ask());
  params.byte_strings(others).i32s(match_of).u64(wanted.size() - 1).u64(kMaxPageBytes);
  auto result = connection.run(kSearch, params);
  if (!result) return result.error();
  return page_of(*result, collection, limit);
}

}  // namespace sluis::store::pg
