// The verbs on keys and facts over one SQLite connection; writing verbs run within a transaction of the caller.
#pragma once

#include "store/sqlite_db.h"
#include "store/store.h"

namespace sluis::store::sqlite {

Status create_key(SqliteDb& db, const Key& key);
Result<KeyPage> scan_keys(SqliteDb& db, std::string_view prefix, std::string_view after, std::size_t limit);
Status update_keys(SqliteDb& db, std::span<const KeyUpdate> updates, std::vector<std::size_t>& overtaken);
Status update_key(SqliteDb& db, const Key& key, std::uint64_t expected_revision);
Result<Key> get_key(SqliteDb& db, std::string_view name);
Result<Key> get_key(SqliteDb& db, const KeyId& id);
Result<std::vector<std::string>> list_keys(SqliteDb& db, std::string_view prefix, std::string_view after,
                                           std::size_t limit);

Status remove_key(SqliteDb& db, std::string_view name, const KeyId& id, std::uint64_t expected_revision);
Result<std::vector<std::string>> list_keys_due(SqliteDb& db, std::uint64_t before_us, std::size_t limit);

Result<Bytes> get_fact(SqliteDb& db, std::string_view name);
Status put_fact(SqliteDb& db, std::string_view name, ByteView value, const std::optional<Bytes>& expected);

}  // namespace sluis::store::sqlite
