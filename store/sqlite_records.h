// The verbs on records, search pages included, over one SQLite connection. Writing verbs run within a transaction of
// the caller; reading verbs that use several queries run within a SqliteSnapshot.
#pragma once

#include <span>
#include <vector>

#include "store/sqlite_db.h"
#include "store/store.h"

namespace sluis::store::sqlite {

Status put(SqliteDb& db, const Record& record, const Expected& expected);
// Adds a record that is not there; false if its id is taken.
Result<bool> insert_new(SqliteDb& db, const Record& record);
Status remove(SqliteDb& db, std::string_view collection, std::string_view id, const Expected& expected);

Result<Record> get(SqliteDb& db, std::string_view collection, std::string_view id);
Result<std::vector<Record>> read(SqliteDb& db, std::string_view collection, std::span<const std::string> ids);
Result<std::uint64_t> count(SqliteDb& db, std::string_view collection);
Result<SearchPage> scan(SqliteDb& db, std::string_view collection, std::string_view after, std::size_t limit);
Result<SearchPage> search(SqliteDb& db, std::string_view collection, std::span<const Match> all_of,
                          std::string_view after, std::size_t limit);

}  // namespace sluis::store::sqlite
