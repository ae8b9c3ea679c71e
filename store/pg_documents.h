// The verbs on documents over one PostgreSQL connection; each is one statement.
#pragma once

#include "store/pg_connection.h"
#include "store/store.h"

namespace sluis::store::pg {

Result<Document> get_document(PgConnection& connection, std::string_view kind, std::string_view name);
Status put_document(PgConnection& connection, const Document& document, std::uint64_t expected_revision);
// Whether the row is the one given: what settles a write whose outcome is unknown.
Result<bool> document_stored(PgConnection& connection, const Document& document);
Result<std::vector<Document>> list_documents(PgConnection& connection, std::string_view kind, std::string_view after,
                                             std::size_t limit);
Status remove_document(PgConnection& connection, std::string_view kind, std::string_view name,
                       std::uint64_t expected_revision);

}  // namespace sluis::store::pg
