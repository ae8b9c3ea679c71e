// The verbs on imports over one SQLite connection; `apply_chunk` runs within a transaction of the caller.
#pragma once

#include <span>

#include "store/sqlite_db.h"
#include "store/store.h"

namespace sluis::store::sqlite {

Result<ChunkResult> apply_chunk(SqliteDb& db, std::span<const Record> records, std::span<const ImportError> errors,
                                const ImportState& after, std::uint64_t expected_lines_done);
Result<ImportState> import_state(SqliteDb& db, std::string_view collection, std::string_view import_id);
Result<std::vector<ImportError>> import_errors(SqliteDb& db, std::string_view collection, std::string_view import_id,
                                               std::uint64_t after_line, std::size_t limit);

}  // namespace sluis::store::sqlite
