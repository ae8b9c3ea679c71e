// The verbs on records over one PostgreSQL connection.
#pragma once

#include <span>

#include "store/pg_connection.h"
#include "store/store.h"

namespace sluis::store::pg {

// One statement, one round trip and its own commit, but for a put of Kind::anything on a record that is there: two.
Status put(PgConnection& connection, const Record& record, const Expected& expected);
Status remove(PgConnection& connection, std::string_view collection, std::string_view id, const Expected& expected);

// Nothing where there is no such record.
Result<std::optional<std::uint64_t>> revision_of(PgConnection& connection, std::string_view collection,
                                                 std::string_view id);
Result<Record> get(PgConnection& connection, std::string_view collection, std::string_view id);
Result<std::vector<Record>> read(PgConnection& connection, std::string_view collection,
                                 std::span<const std::string> ids);
Result<std::uint64_t> count(PgConnection& connection, std::string_view collection);
Result<SearchPage> scan(PgConnection& connection, std::string_view collection, std::string_view after,
                        std::size_t limit);
Result<SearchPage> search(PgConnection& connection, std::string_view collection, std::span<const Match> all_of,
                          std::string_view after, std::size_t limit);

}  // namespace sluis::store::pg
