#include "store/sqlite_rollover.h"

#include "store/rows.h"
#include "store/sqlite_leases.h"
#include "store/sqlite_records.h"

namespace sluis::store::sqlite {

Result<SearchPage> scan_versions(SqliteDb& db, std::string_view collection, std::uint32_t least, std::uint32_t below,
                                 std::string_view after, std::size_t limit) {
  auto query = db.query(
      "select id, revision, key_version, open_fields, envelope from records"
      " where collection = ? and id > ? and key_version >= ? and key_version < ? order by id limit ?");
  PageBuilder page(limit);
  query.bind(collection).bind(after).bind_size(least).bind_size(below).bind_size(page.rows_to_ask());
  return gather(query, collection, page);
}

Result<std::map<std::uint32_t, std::uint64_t>> count_versions(SqliteDb& db, std::string_view collection) {
  auto query = db.query("select key_version, count(*) from records where collection = ? group by key_version");
  query.bind(collection);
  std::map<std::uint32_t, std::uint64_t> counts;
  for (;;) {
    auto row = query.step();
    if (!row) return row.error();
    if (!*row) return counts;
    counts[static_cast<std::uint32_t>(query.number(0))] = query.size(1);
  }
}

Result<std::vector<std::size_t>> rewrite(SqliteDb& db, const Lease& lease, std::span<const Rewrite> rewrites) {
  if (auto ok = hold_lease(db, lease); !ok) return ok.error();
  std::vector<std::size_t> overtaken;
  for (std::size_t i = 0; i < rewrites.size(); ++i) {
    auto done = rewrite_one(db, *rewrites[i].record, rewrites[i].expected_key_version);
    if (!done) return done.error();
    if (!*done) overtaken.push_back(i);
  }
  return overtaken;
}

Status raise_floor(SqliteDb& db, std::string_view collection, std::uint32_t least) {
  return db
      .query(
          "insert into floors (collection, least) values (?, ?) on conflict (collection) do update set"
          " least = excluded.least where floors.least < excluded.least")
      .bind(collection)
      .bind_size(least)
      .run();
}

Status check_floor(SqliteDb& db, std::string_view collection, std::uint32_t key_version) {
  auto query = db.query("select 1 from floors where collection = ? and least > ?");
  auto row = query.bind(collection).bind_size(key_version).step();
  if (!row) return row.error();
  if (*row) return Error{Code::busy, "the key is out of use"};
  return {};
}

}  // namespace sluis::store::sqlite
