// The verbs of a rollover over one SQLite connection. Writing verbs run within a transaction of the caller.
#pragma once

#include <map>
#include <span>

#include "store/sqlite_db.h"
#include "store/store.h"

namespace sluis::store::sqlite {

Result<SearchPage> scan_versions(SqliteDb& db, std::string_view collection, std::uint32_t least, std::uint32_t below,
                                 std::string_view after, std::size_t limit);
Result<std::map<std::uint32_t, std::uint64_t>> count_versions(SqliteDb& db, std::string_view collection);
Result<std::vector<std::size_t>> rewrite(SqliteDb& db, const Lease& lease, std::span<const Rewrite> rewrites);
Status raise_floor(SqliteDb& db, std::string_view collection, std::uint32_t least);
// Error busy if the key version is below the floor. Writers have the file to themselves, so none is under way.
Status check_floor(SqliteDb& db, std::string_view collection, std::uint32_t key_version);

}  // namespace sluis::store::sqlite
