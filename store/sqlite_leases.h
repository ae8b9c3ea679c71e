// The verbs on leases over one SQLite connection, by this machine's clock. Writing verbs run within a transaction of
// the caller.
#pragma once

#include <chrono>

#include "store/sqlite_db.h"
#include "store/store.h"

namespace sluis::store::sqlite {

Result<Lease> take_lease(SqliteDb& db, std::string_view name, std::string_view holder, std::chrono::milliseconds ttl);
Status renew_lease(SqliteDb& db, const Lease& lease, std::chrono::milliseconds ttl);
Status drop_lease(SqliteDb& db, const Lease& lease);
// Error conflict if the lease is another holder's or has ended.
Status hold_lease(SqliteDb& db, const Lease& lease);

}  // namespace sluis::store::sqlite
