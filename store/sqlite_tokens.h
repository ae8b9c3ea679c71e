// The verbs on login tokens over one SQLite connection; writing verbs run within a transaction of the caller.
#pragma once

#include "store/sqlite_db.h"
#include "store/store.h"

namespace sluis::store::sqlite {

// `evicted`: the number of live tokens removed.
Status add_token(SqliteDb& db, const LoginToken& token, std::size_t most, std::uint64_t now_us, std::uint64_t& evicted);
Result<LoginToken> get_token(SqliteDb& db, const Digest& id);
Status renew_token(SqliteDb& db, const LoginToken& token, std::uint64_t expected_expires_us);
Status remove_token(SqliteDb& db, const Digest& id);

}  // namespace sluis::store::sqlite
