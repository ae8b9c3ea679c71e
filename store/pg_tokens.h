// The verbs on login tokens over one PostgreSQL connection; each is one statement.
#pragma once

#include "store/pg_connection.h"
#include "store/store.h"

namespace sluis::store::pg {

// `evicted`: the number of live tokens removed.
Status add_token(PgConnection& connection, const LoginToken& token, std::size_t most, std::uint64_t now_us,
                 std::uint64_t& evicted);
Result<LoginToken> get_token(PgConnection& connection, const Digest& id);
// Whether the row is the one given: what settles a write whose outcome is unknown.
Result<bool> token_stored(PgConnection& connection, const LoginToken& token);
Status renew_token(PgConnection& connection, const LoginToken& token, std::uint64_t expected_expires_us);
Status remove_token(PgConnection& connection, const Digest& id);

}  // namespace sluis::store::pg
