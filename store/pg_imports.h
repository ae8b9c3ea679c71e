// The verbs on imports over one PostgreSQL connection.
#pragma once

#include <span>

#include "store/pg_connection.h"
#include "store/store.h"

namespace sluis::store::pg {

// One transaction. `result` is set before the commit is sent, for callers who find out later that it happened.
// Within a transaction of the caller: adds records of one collection, at least one, none of which is there.
Status copy_in(PgConnection& connection, std::span<const Record> records);
Status apply_chunk(PgConnection& connection, std::span<const Record> records, std::span<const ImportError> errors,
                   const ImportState& after, std::uint64_t expected_lines_done, ChunkResult& result);
// Whether the import stands exactly where a chunk with these arguments and this result leaves it.
Result<bool> chunk_applied(PgConnection& connection, const ImportState& after, const ChunkResult& result);

Result<ImportState> import_state(PgConnection& connection, std::string_view collection, std::string_view import_id);
Result<std::vector<ImportError>> import_errors(PgConnection& connection, std::string_view collection,
                                               std::string_view import_id, std::uint64_t after_line, std::size_t limit);

}  // namespace sluis::store::pg
