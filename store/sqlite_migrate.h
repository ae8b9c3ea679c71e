// Moves a SQLite store to the newest schema.
#pragma once

#include <span>

#include "store/schema.h"
#include "store/sqlite_db.h"

namespace sluis::store::sqlite {

// 0 for an empty file.
Result<std::int64_t> schema_version(SqliteDb& db);
// Safe if several programs do it at once: each step looks again once it holds the write lock. Error invalid if the
// store is newer than the steps known.
Status migrate(SqliteDb& db, std::span<const SchemaStep> steps);

}  // namespace sluis::store::sqlite
