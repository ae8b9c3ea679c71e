// The verbs on leases over one PostgreSQL connection; each is one statement, timed by the server's clock when the row
// is locked.
#pragma once

#include <chrono>

#include "store/pg_connection.h"
#include "store/store.h"

namespace sluis::store::pg {

Result<Lease> take_lease(PgConnection& connection, std::string_view name, std::string_view holder,
                         std::chrono::milliseconds ttl);
Status renew_lease(PgConnection& connection, const Lease& lease, std::chrono::milliseconds ttl);
Status drop_lease(PgConnection& connection, const Lease& lease);
// Whether this lease holds now.
Result<bool> lease_holds(PgConnection& connection, const Lease& lease);

}  // namespace sluis::store::pg
