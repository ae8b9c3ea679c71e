// The verbs on records, search pages included, over one SQLite connection. Writing verbs run within a transaction of
// the caller; reading verbs that use several queries run within a SqliteSnapshot.
#pragma once

#include <span>
#include <vector>

#include "store/rows.h"
#include "store/sqlite_db.h"
#include "store/store.h"

namespace sluis::store::sqlite {

Status put(SqliteDb& db, const Record& record, const Expected& expected);
// Adds a record that is not there; false if its id is taken.
Result<bool> insert_new(SqliteDb& db, const Record& record);
// Gives the record its new key version, envelope and terms; false if it has another revision or key version, or is
// gone.
Result<bool> rewrite_one(SqliteDb& db, const Record& record, std::uint32_t expected_key_version);
// Makes the record what it is here, whatever is there.
Status replace(SqliteDb& db, const Record& record);
Status remove(SqliteDb& db, std::string_view collection, std::string_view id, const Expected& expected);

// The rest of a query of id, revision, key version, open fields and envelope as a page.
Result<SearchPage> gather(SqliteQuery& query, std::string_view collection, PageBuilder& page);
Result<Record> get(SqliteDb& db, std::string_view collection, std::string_view id);
Result<std::vector<Record>> read(SqliteDb& db, std::string_view collection, std::span<const std::string> ids);
Result<std::uint64_t> count(SqliteDb& db, std::string_view collection);
Result<SearchPage> scan(SqliteDb& db, std::string_view collection, std::string_view after, std::size_t limit);
Result<SearchPage> search(SqliteDb& db, std::string_view collection, std::span<const Match> all_of,
                          std::string_view after, std::size_t limit);

}  // namespace sluis::store::sqlite
