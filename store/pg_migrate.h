// Moves a PostgreSQL store to the newest schema, in the first schema of the connection's search path.
#pragma once

#include <span>

#include "store/pg_connection.h"
#include "store/schema.h"

namespace sluis::store::pg {

// 0 where there is no store yet.
Result<std::int64_t> schema_version(PgConnection& connection);
// Safe if several gateways do it at once: each step takes an advisory lock, then looks again. Error invalid if the
// store is newer than the steps known.
Status migrate(PgConnection& connection, std::span<const SchemaStep> steps);

}  // namespace sluis::store::pg
