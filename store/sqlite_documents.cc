#include "store/sqlite_documents.h"

#include "store/rows.h"

namespace sluis::store::sqlite {
namespace {

constexpr Error kConflict{Code::conflict, "the document is not at the expected revision"};

Document document_at(const SqliteQuery& query, std::string_view kind) {
  return {std::string(kind), query.text(0), query.size(1), query.text(2), query.blob(3)};
}

}  // namespace

Result<Document> get_document(SqliteDb& db, std::string_view kind, std::string_view name) {
  auto query = db.query("select name, revision, body, mac from documents where kind = ? and name = ?");
  auto row = query.bind(kind).bind(name).step();
  if (!row) return row.error();
  if (!*row) return Error{Code::not_found, "no such document"};
  return document_at(query, kind);
}

Status put_document(SqliteDb& db, const Document& document, std::uint64_t expected_revision) {
  const auto stored = get_document(db, document.kind, document.name);
  if (!stored && stored.error().code != Code::not_found) return stored.error();
  const std::uint64_t revision = stored ? stored->revision : 0;  // stored ones begin at 1
  if (revision != expected_revision) return kConflict;
  return db
      .query(
          "insert into documents (kind, name, revision, body, mac) values (?, ?, ?, ?, ?) on conflict (kind, name)"
          " do update set revision = excluded.revision, body = excluded.body, mac = excluded.mac")
      .bind(document.kind)
      .bind(document.name)
      .bind_size(document.revision)
      .bind(document.body)
      .bind(document.mac)
      .run();
}

Result<std::vector<Document>> list_documents(SqliteDb& db, std::string_view kind, std::string_view after,
                                             std::size_t limit) {
  auto query =
      db.query("select name, revision, body, mac from documents where kind = ? and name > ? order by name limit ?");
  query.bind(kind).bind(after).bind_size(page_rows(limit));
  std::vector<Document> documents;
  for (std::size_t bytes = 0; bytes < kMaxPageBytes; bytes += documents.back().body.size()) {
    auto row = query.step();
    if (!row) return row.error();
    if (!*row) break;
    documents.push_back(document_at(query, kind));
  }
  return documents;
}

Status remove_document(SqliteDb& db, std::string_view kind, std::string_view name, std::uint64_t expected_revision) {
  const auto stored = get_document(db, kind, name);
  if (!stored) return stored.error();
  if (stored->revision != expected_revision) return kConflict;
  return db.query("delete from documents where kind = ? and name = ?").bind(kind).bind(name).run();
}

}  // namespace sluis::store::sqlite
