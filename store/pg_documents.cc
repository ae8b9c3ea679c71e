#include "store/pg_documents.h"

#include "store/rows.h"

namespace sluis::store::pg {
namespace {

constexpr Error kConflict{Code::conflict, "the document is not at the expected revision"};
constexpr Error kNoDocument{Code::not_found, "no such document"};

constexpr PgStatement kGet{"document_get",
                           "select name, revision, body, mac from documents where kind = $1 and name = $2"};
constexpr PgStatement kNew{"document_new",
                           "insert into documents (kind, name, revision, body, mac)"
                           " values ($1, $2, $3::bigint, $4, $5) on conflict do nothing"};
// $6 expected revision.
constexpr PgStatement kMove{"document_move",
                            "update documents set revision = $3::bigint, body = $4, mac = $5"
                            " where kind = $1 and name = $2 and revision = $6::bigint"};
// $2 after, $3 limit of rows, $4 limit of bytes.
constexpr PgStatement kList{"document_list", R"(
select name, revision, body, mac
from (
  select *, sum(octet_length(body)) over (order by name rows unbounded preceding) - octet_length(body) < $4::bigint
            as room
  from (select * from documents where kind = $1 and name > $2 order by name limit $3::bigint) hit
) page
where room order by name)"};
// $3 expected revision.
constexpr PgStatement kRemove{"document_remove", R"(
with d as (
  delete from documents where kind = $1 and name = $2 and revision = $3::bigint returning 1
)
select (select count(*) from d), exists (select 1 from documents where kind = $1 and name = $2))"};

Document document_at(const PgResult& result, int row, std::string_view kind) {
  const ByteView mac = result.bytes(row, 3);
  return {std::string(kind), std::string(result.text(row, 0)), result.size(row, 1), std::string(result.text(row, 2)),
          Bytes(mac.begin(), mac.end())};
}

}  // namespace

Result<Document> get_document(PgConnection& connection, std::string_view kind, std::string_view name) {
  PgParams params;
  params.text(kind).text(name);
  auto result = connection.run(kGet, params);
  if (!result) return result.error();
  if (result->rows() == 0) return kNoDocument;
  return document_at(*result, 0, kind);
}

Status put_document(PgConnection& connection, const Document& document, std::uint64_t expected_revision) {
  PgParams params;
  params.text(document.kind).text(document.name).u64(document.revision).text(document.body).bytes(document.mac);
  if (expected_revision != 0) params.u64(expected_revision);
  auto result = connection.run(expected_revision == 0 ? kNew : kMove, params);
  if (!result) return result.error();
  if (result->affected() == 0) return kConflict;
  return {};
}

Result<bool> document_stored(PgConnection& connection, const Document& document) {
  auto stored = get_document(connection, document.kind, document.name);
  if (!stored && stored.error().code == Code::not_found) return false;
  if (!stored) return stored.error();
  return stored->revision == document.revision && stored->body == document.body && stored->mac == document.mac;
}

Result<std::vector<Document>> list_documents(PgConnection& connection, std::string_view kind, std::string_view after,
                                             std::size_t limit) {
  PgParams params;
  params.text(kind).text(after).u64(page_rows(limit)).u64(kMaxPageBytes);
  auto result = connection.run(kList, params);
  if (!result) return result.error();
  std::vector<Document> documents;
  for (int row = 0; row < result->rows(); ++row) documents.push_back(document_at(*result, row, kind));
  return documents;
}

Status remove_document(PgConnection& connection, std::string_view kind, std::string_view name,
                       std::uint64_t expected_revision) {
  PgParams params;
  params.text(kind).text(name).u64(expected_revision);
  auto result = connection.run(kRemove, params);
  if (!result) return result.error();
  if (result->number(0, 0) == 1) return {};
  return result->number(0, 1) == 0 ? kNoDocument : kConflict;
}

}  // namespace sluis::store::pg
