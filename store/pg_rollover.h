// The verbs of a rollover over one PostgreSQL connection.
#pragma once

#include <map>
#include <span>

#include "store/pg_connection.h"
#include "store/store.h"

namespace sluis::store::pg {

// Several statements, each of which reads a bounded part of the collection.
Result<SearchPage> scan_versions(PgConnection& connection, std::string_view collection, std::uint32_t least,
                                 std::uint32_t below, std::string_view after, std::size_t limit);
Result<std::map<std::uint32_t, std::uint64_t>> count_versions(PgConnection& connection, std::string_view collection);

// One statement, and so one message: a holder that is frozen while it sends it holds no lock.
Status rewrite(PgConnection& connection, const Lease& lease, std::span<const Rewrite> rewrites,
               std::vector<std::size_t>& overtaken);
// Whether any of the records is as the rewrite leaves it: all of them are written, or none. Gives those that are not.
Result<bool> rewritten(PgConnection& connection, std::span<const Rewrite> rewrites,
                       std::vector<std::size_t>& overtaken);

// Every write of a record reads `floors`, and a transaction keeps its lock on a table that it reads until it ends; a
// statement sees what was committed before it had its locks. So whoever has had the table to itself knows that all
// earlier writes have ended, and that all later ones see the new floor.
Status raise_floor(PgConnection& connection, std::string_view collection, std::uint32_t least);

// 0 where there is none.
Result<std::uint32_t> floor_of(PgConnection& connection, std::string_view collection);

}  // namespace sluis::store::pg
