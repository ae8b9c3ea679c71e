// The verbs on keys and facts over one PostgreSQL connection; each is one statement.
#pragma once

#include "store/pg_connection.h"
#include "store/store.h"

namespace sluis::store::pg {

Status create_key(PgConnection& connection, const Key& key);
Result<KeyPage> scan_keys(PgConnection& connection, std::string_view prefix, std::string_view after, std::size_t limit);
Status update_keys(PgConnection& connection, std::span<const KeyUpdate> updates, std::vector<std::size_t>& overtaken);
Status update_key(PgConnection& connection, const Key& key, std::uint64_t expected_revision);
Result<Key> get_key(PgConnection& connection, std::string_view name);
Result<Key> get_key(PgConnection& connection, const KeyId& id);
// Whether the key's row is the one given: what settles a write whose outcome is unknown.
Result<bool> key_stored(PgConnection& connection, const Key& key);
Result<std::vector<std::string>> list_keys(PgConnection& connection, std::string_view prefix, std::string_view after,
                                           std::size_t limit);

Status remove_key(PgConnection& connection, std::string_view name, const KeyId& id, std::uint64_t expected_revision);
Result<std::vector<std::string>> list_keys_due(PgConnection& connection, std::uint64_t before_us, std::size_t limit);

Result<Bytes> get_fact(PgConnection& connection, std::string_view name);
Status put_fact(PgConnection& connection, std::string_view name, ByteView value, const std::optional<Bytes>& expected);

}  // namespace sluis::store::pg
