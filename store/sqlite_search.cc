// Reading records: one, many, by equality, all of them.
#include "store/rows.h"
#include "store/sqlite_records.h"
#include "store/terms.h"

namespace sluis::store::sqlite {
namespace {

// Columns: id, revision, key_version, open_fields, envelope.
Record record_at(const SqliteQuery& row, std::string_view collection) {
  Record record;
  record.collection = collection;
  record.id = row.text(0);
  record.revision = row.size(1);
  record.key_version = static_cast<std::uint32_t>(row.number(2));
  record.open_fields = row.text(3);
  record.envelope = row.blob(4);
  return record;
}

// The smallest id at or after `from` that has one of the terms; none: empty.
using Terms = std::vector<Bytes>;
Result<std::string> seek(SqliteDb& db, std::string_view collection, const Terms& any_of, std::string_view from) {
  std::string best;
  for (const Bytes& term : any_of) {
    auto query = db.query(
        "select id from record_terms where collection = ? and term = ? and id >= ?"
        " order by id limit 1");
    auto row = query.bind(collection).bind(term).bind(from).step();
    if (!row) return row.error();
    if (*row && (best.empty() || query.text_view(0) < best)) best = query.text(0);
  }
  return best;
}

// The smallest id at or after `from` that satisfies every match. Each match in turn moves the candidate forward until
// none does: work is bounded by the rarest match, whatever the others hold.
Result<std::string> seek_all(SqliteDb& db, std::string_view collection, const std::vector<Terms>& all_of,
                             std::string from) {
  std::size_t agreed = 0;
  for (std::size_t i = 0; agreed < all_of.size(); i = (i + 1) % all_of.size()) {
    auto found = seek(db, collection, all_of[i], from);
    if (!found || found->empty()) return found;
    agreed = *found == from ? agreed + 1 : 1;
    from = *std::move(found);
  }
  return from;
}

// The smallest text greater than `id` without the bytes of NUL is not expressible; "id followed by U+0001" is, and no
// valid id lies between.
std::string successor(std::string_view id) {
  return std::string(id) + '\x01';
}

}  // namespace

Result<SearchPage> gather(SqliteQuery& query, std::string_view collection, PageBuilder& page) {
  for (;;) {
    auto row = query.step();
    if (!row) return row.error();
    if (!*row || !page.wants_more()) return page.finish(*row ? PageBuilder::Rest::some : PageBuilder::Rest::none);
    page.add(record_at(query, collection));
  }
}

Result<Record> get(SqliteDb& db, std::string_view collection, std::string_view id) {
  auto query = db.query(
      "select id, revision, key_version, open_fields, envelope from records"
      " where collection = ? and id = ?");
  auto row = query.bind(collection).bind(id).step();
  if (!row) return row.error();
  if (!*row) return Error{Code::not_found, "no such record"};
  return record_at(query, collection);
}

Result<std::vector<Record>> read(SqliteDb& db, std::string_view collection, std::span<const std::string> ids) {
  const SqliteSnapshot snapshot(db);
  if (!snapshot.begun()) return snapshot.begun().error();
  std::vector<Record> records;
  std::size_t bytes = 0;
  for (const std::string& id : ids) {
    auto record = get(db, collection, id);
    if (!record && record.error().code == Code::not_found) continue;
    if (!record) return record.error();
    bytes += record->envelope.size() + record->open_fields.size();
    if (bytes > kMaxReadBytes) return Error{Code::too_large, "the records asked for are too large together"};
    records.push_back(*std::move(record));
  }
  return records;
}

Result<std::uint64_t> count(SqliteDb& db, std::string_view collection) {
  auto query = db.query("select count(*) from records where collection = ?");
  auto row = query.bind(collection).step();
  if (!row) return row.error();
  return query.size(0);
}

Result<SearchPage> scan(SqliteDb& db, std::string_view collection, std::string_view after, std::size_t limit) {
  auto query = db.query(
      "select id, revision, key_version, open_fields, envelope from records"
      " where collection = ? and id > ? order by id limit ?");
  PageBuilder page(limit);
  query.bind(collection).bind(after).bind_size(page.rows_to_ask());
  return gather(query, collection, page);
}

Result<SearchPage> search(SqliteDb& db, std::string_view collection, std::span<const Match> all_of,
                          std::string_view after, std::size_t limit) {
  if (all_of.empty()) return scan(db, collection, after, limit);
  const SqliteSnapshot snapshot(db);
  if (!snapshot.begun()) return snapshot.begun().error();
  std::vector<Terms> wanted;
  for (const Match& match : all_of) wanted.push_back(pack_terms(match.any_of));
  PageBuilder page(limit);
  std::string from = after.empty() ? std::string() : successor(after);
  for (;;) {
    auto id = seek_all(db, collection, wanted, from);
    if (!id) return id.error();
    if (id->empty()) return page.finish(PageBuilder::Rest::none);
    if (!page.wants_more()) return page.finish(PageBuilder::Rest::some);
    auto record = get(db, collection, *id);
    if (!record) return Error{Code::corrupt, "an index term without its record"};
    page.add(*std::move(record));
    from = successor(*id);
  }
}

}  // namespace sluis::store::sqlite
