// The verbs on records over one PostgreSQL connection.
#pragma once

#include <span>

#include "store/pg_connection.h"
#include "store/rows.h"
#include "store/store.h"

namespace sluis::store::pg {

// See store/pg_put.h for put.
Status remove(PgConnection& connection, std::string_view collection, std::string_view id, const Expected& expected);

// Whether the stored record is this one, byte for byte: what settles a put whose outcome is unknown. Revisions alone
// would not do, should two gateways choose the same one; envelopes never repeat.
Result<bool> stored(PgConnection& connection, const Record& record);

// Within a transaction. Not an error if there is no such row.
Status lock_row(PgConnection& connection, std::string_view collection, std::string_view id);
// The parameter of a statement that compares revisions: NULL unless a revision is expected.
void bind_expected(PgParams& params, const Expected& expected);
// Adds the rows of a page to what is gathered; false if it wants no more of them.
bool append_page(const PgResult& result, std::string_view collection, PageBuilder& page);
Result<Record> get(PgConnection& connection, std::string_view collection, std::string_view id);
Result<std::vector<Record>> read(PgConnection& connection, std::string_view collection,
                                 std::span<const std::string> ids);
Result<std::uint64_t> count(PgConnection& connection, std::string_view collection);
Result<SearchPage> scan(PgConnection& connection, std::string_view collection, std::string_view after,
                        std::size_t limit);
Result<SearchPage> search(PgConnection& connection, std::string_view collection, std::span<const Match> all_of,
                          std::string_view after, std::size_t limit);

}  // namespace sluis::store::pg
