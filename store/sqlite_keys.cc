#include "store/sqlite_keys.h"

#include <algorithm>

#include "store/rows.h"

namespace sluis::store::sqlite {
namespace {

Status save_version(SqliteDb& db, const KeyVersion& version) {
  return db
      .query(
          "insert into key_versions (key_id, version, state, master_version, created_us, wrapped, mac)"
          " values (?, ?, ?, ?, ?, ?, ?) on conflict (key_id, version) do update set state = excluded.state,"
          " master_version = excluded.master_version, created_us = excluded.created_us,"
          " wrapped = excluded.wrapped, mac = excluded.mac")
      .bind(ByteView(version.key_id))
      .bind_size(version.version)
      .bind_size(static_cast<std::uint64_t>(version.state))
      .bind_size(version.master_version)
      .bind_size(version.created_us)
      .bind(version.wrapped)
      .bind(version.mac)
      .run();
}

Status save_versions(SqliteDb& db, const Key& key) {
  for (const KeyVersion& version : key.versions) {
    if (auto ok = save_version(db, version); !ok) return ok;
  }
  return {};
}

// Reads the joined rows of one key, ordered by version.
Result<Key> key_of(SqliteQuery& query) {
  Key key;
  for (bool any = false;; any = true) {
    auto row = query.step();
    if (!row) return row.error();
    if (!*row && !any) return Error{Code::not_found, "no such key"};
    if (!*row) return key;
    if (!any) {
      key.name = query.text(0);
      if (auto ok = copy_key_id(query.blob(1), key.id); !ok) return ok.error();
      key.created_us = query.size(2);
      key.attributes = query.text(3);
      key.revision = query.size(4);
      key.mac = query.blob(5);
      key.due_us = query.size(12);
    }
    if (query.number(6) == 0) continue;  // a key without versions
    auto state = key_state_of(query.number(7));
    if (!state) return state.error();
    key.versions.push_back({key.id, static_cast<std::uint32_t>(query.number(6)), *state,
                            static_cast<std::uint32_t>(query.number(8)), query.size(9), query.blob(10),
                            query.blob(11)});
  }
}

}  // namespace

Status create_key(SqliteDb& db, const Key& key) {
  auto ok =
      db.query(
            "insert into keys (name, id, created_us, attributes, revision, mac, due_us) values (?, ?, ?, ?, ?, ?, ?)")
          .bind(key.name)
          .bind(ByteView(key.id))
          .bind_size(key.created_us)
          .bind(key.attributes)
          .bind_size(key.revision)
          .bind(key.mac)
          .bind_size(key.due_us)
          .run();
  if (!ok) return ok;
  return save_versions(db, key);
}

namespace {

// Whether the key was there at the expected revision.
Result<bool> moved(SqliteDb& db, const Key& key, std::uint64_t expected_revision) {
  auto ok = db.query(
                  "update keys set created_us = ?, attributes = ?, revision = ?, mac = ?, due_us = ?"
                  " where id = ? and name = ? and revision = ?")
                .bind_size(key.created_us)
                .bind(key.attributes)
                .bind_size(key.revision)
                .bind(key.mac)
                .bind_size(key.due_us)
                .bind(ByteView(key.id))
                .bind(key.name)
                .bind_size(expected_revision)
                .run();
  if (!ok) return ok.error();
  return db.changes() == 1;
}

}  // namespace

Status update_key(SqliteDb& db, const Key& key, std::uint64_t expected_revision) {
  const auto done = moved(db, key, expected_revision);
  if (!done) return done.error();
  if (*done) return save_versions(db, key);
  const auto stored = get_key(db, key.id);
  if (!stored) return stored.error();
  if (stored->name != key.name) return Error{Code::not_found, "no such key"};
  return Error{Code::conflict, "the key is not at the expected revision"};
}

Status update_keys(SqliteDb& db, std::span<const KeyUpdate> updates, std::vector<std::size_t>& overtaken) {
  overtaken.clear();
  for (std::size_t i = 0; i < updates.size(); ++i) {
    const auto done = moved(db, *updates[i].key, updates[i].expected_revision);
    if (!done) return done.error();
    if (!*done) overtaken.push_back(i);
    if (auto ok = *done ? save_versions(db, *updates[i].key) : Status{}; !ok) return ok;
  }
  return {};
}

Result<Key> get_key(SqliteDb& db, std::string_view name) {
  auto query = db.query(
      "select k.name, k.id, k.created_us, k.attributes, k.revision, k.mac,"
      " v.version, v.state, v.master_version, v.created_us, v.wrapped, v.mac, k.due_us"
      " from keys k left join key_versions v on v.key_id = k.id where k.name = ? order by v.version");
  query.bind(name);
  return key_of(query);
}

Result<Key> get_key(SqliteDb& db, const KeyId& id) {
  auto query = db.query(
      "select k.name, k.id, k.created_us, k.attributes, k.revision, k.mac,"
      " v.version, v.state, v.master_version, v.created_us, v.wrapped, v.mac, k.due_us"
      " from keys k left join key_versions v on v.key_id = k.id where k.id = ? order by v.version");
  query.bind(ByteView(id));
  return key_of(query);
}

Result<std::vector<std::string>> list_keys(SqliteDb& db, std::string_view prefix, std::string_view after,
                                           std::size_t limit) {
  // Names that start with the prefix are one range of the index, from the prefix on.
  auto query = db.query("select name from keys where name >= ? and name > ? order by name limit ?");
  query.bind(prefix).bind(after).bind_size(page_rows(limit));
  std::vector<std::string> names;
  for (;;) {
    auto row = query.step();
    if (!row) return row.error();
    if (!*row || !query.text_view(0).starts_with(prefix)) return names;
    names.push_back(query.text(0));
  }
}

Result<KeyPage> scan_keys(SqliteDb& db, std::string_view prefix, std::string_view after, std::size_t limit) {
  const std::size_t rows = page_rows(limit);
  const auto names = list_keys(db, prefix, after, rows);
  if (!names) return names.error();
  KeyPage page;
  std::size_t bytes = 0;
  for (const std::string& name : *names) {
    auto key = get_key(db, name);
    if (!key && key.error().code == Code::not_found) continue;  // removed between the two statements
    if (!key) return key.error();
    bytes += key->attributes.size();
    page.keys.push_back(*std::move(key));
    if (bytes >= kMaxPageBytes) break;
  }
  if (page.keys.empty()) return page;
  const auto beyond = list_keys(db, prefix, page.keys.back().name, 1);
  if (!beyond) return beyond.error();
  page.more = !beyond->empty();
  return page;
}

Status remove_key(SqliteDb& db, std::string_view name, const KeyId& id, std::uint64_t expected_revision) {
  auto stored = get_key(db, name);
  if (!stored) return stored.error();
  if (stored->id != id || stored->revision != expected_revision) {
    return Error{Code::conflict, "the key is not at the expected revision"};
  }
  auto ok = db.query("delete from key_versions where key_id = ?").bind(ByteView(id)).run();
  if (!ok) return ok;
  return db.query("delete from keys where id = ?").bind(ByteView(id)).run();
}

Result<std::vector<std::string>> list_keys_due(SqliteDb& db, std::uint64_t before_us, std::size_t limit) {
  auto query = db.query("select name from keys where due_us > 0 and due_us <= ? order by due_us, name limit ?");
  query.bind_size(before_us).bind_size(page_rows(limit));
  std::vector<std::string> names;
  for (;;) {
    auto row = query.step();
    if (!row) return row.error();
    if (!*row) return names;
    names.push_back(query.text(0));
  }
}

Result<Bytes> get_fact(SqliteDb& db, std::string_view name) {
  auto query = db.query("select value from facts where name = ?");
  auto row = query.bind(name).step();
  if (!row) return row.error();
  if (!*row) return Error{Code::not_found, "no such fact"};
  return query.blob(0);
}

Status put_fact(SqliteDb& db, std::string_view name, ByteView value, const std::optional<Bytes>& expected) {
  auto stored = get_fact(db, name);
  if (!stored && stored.error().code != Code::not_found) return stored.error();
  const bool as_expected = stored ? expected && *expected == *stored : !expected;
  if (!as_expected) return Error{Code::conflict, "the fact is not as expected"};
  return db
      .query(
          "insert into facts (name, value) values (?, ?)"
          " on conflict (name) do update set value = excluded.value")
      .bind(name)
      .bind(value)
      .run();
}

}  // namespace sluis::store::sqlite
