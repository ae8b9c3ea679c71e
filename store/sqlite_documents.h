// The verbs on documents over one SQLite connection. Writing verbs run within a transaction of the caller.
#pragma once

#include "store/sqlite_db.h"
#include "store/store.h"

namespace sluis::store::sqlite {

Result<Document> get_document(SqliteDb& db, std::string_view kind, std::string_view name);
Status put_document(SqliteDb& db, const Document& document, std::uint64_t expected_revision);
Result<std::vector<Document>> list_documents(SqliteDb& db, std::string_view kind, std::string_view after,
                                             std::size_t limit);
Status remove_document(SqliteDb& db, std::string_view kind, std::string_view name, std::uint64_t expected_revision);

}  // namespace sluis::store::sqlite
