#include "store/pg_keys.h"

#include <algorithm>

#include "store/rows.h"

namespace sluis::store::pg {
namespace {

// $1 name, $2 id, $3 created, $4 attributes, $5 revision, $6 mac; $7… the versions, one array a column; $13 due.
constexpr PgStatement kCreate{"key_create", R"(
with k as (
  insert into keys (name, id, created_us, attributes, revision, mac, due_us)
  values ($1, $2, $3::bigint, $4, $5::bigint, $6, $13::bigint) returning id
)
insert into key_versions (key_id, version, state, master_version, created_us, wrapped, mac)
select k.id, v.* from k, unnest($7::int[], $8::smallint[], $9::int[], $10::bigint[], $11::bytea[], $12::bytea[]) v)"};

// $14 expected revision. The update locks the key's row, and nobody writes versions without it.
constexpr PgStatement kUpdate{"key_update", R"(
with k as (
  update keys set created_us = $3::bigint, attributes = $4, revision = $5::bigint, mac = $6,
    due_us = $13::bigint
  where id = $2 and name = $1 and revision = $14::bigint returning id
), v as (
  insert into key_versions as old (key_id, version, state, master_version, created_us, wrapped, mac)
  select k.id, n.* from k, unnest($7::int[], $8::smallint[], $9::int[], $10::bigint[], $11::bytea[], $12::bytea[]) n
  on conflict (key_id, version) do update set state = excluded.state, master_version = excluded.master_version,
    created_us = excluded.created_us, wrapped = excluded.wrapped, mac = excluded.mac
)
select (select count(*) from k), exists (select 1 from keys where id = $2 and name = $1))"};

constexpr PgStatement kByName{"key_by_name", R"(
select k.name, k.id, k.created_us, k.attributes, k.revision, k.mac,
  v.version, v.state, v.master_version, v.created_us, v.wrapped, v.mac, k.due_us
from keys k left join key_versions v on v.key_id = k.id where k.name = $1 order by v.version)"};
constexpr PgStatement kById{"key_by_id", R"(
select k.name, k.id, k.created_us, k.attributes, k.revision, k.mac,
  v.version, v.state, v.master_version, v.created_us, v.wrapped, v.mac, k.due_us
from keys k left join key_versions v on v.key_id = k.id where k.id = $1 order by v.version)"};

// Names that start with the prefix are one range of the index, from the prefix on.
constexpr PgStatement kList{"key_list", R"(
select name from keys where name >= $1 and name > $2 and starts_with(name, $1) order by name limit $3::bigint)"};

// $1 prefix, $2 after, $3 rows, $4 bytes of attributes after which a page ends.
constexpr PgStatement kScan{"key_scan", R"(
with page as (
  select * from (
    select *, sum(octet_length(attributes)) over (order by name) - octet_length(attributes) as before from (
      select * from keys where name >= $1 and name > $2 and starts_with(name, $1) order by name limit $3::bigint
    ) hit
  ) measured where before < $4::bigint
)
select k.name, k.id, k.created_us, k.attributes, k.revision, k.mac,
  v.version, v.state, v.master_version, v.created_us, v.wrapped, v.mac, k.due_us
from page k left join key_versions v on v.key_id = k.id order by k.name, v.version)"};

// Keys: $1 names, $2 ids, $3 created, $4 attributes, $5 revisions, $6 macs, $7 due, $8 expected revisions. Versions: $9
// key ids, $10… as in key_create. Gives the positions of the keys that were changed, from 1.
constexpr PgStatement kUpdateMany{"key_update_many", R"(
with u as (
  select * from unnest($1::text[], $2::bytea[], $3::bigint[], $4::text[], $5::bigint[], $6::bytea[], $7::bigint[],
    $8::bigint[]) with ordinality as u(name, id, created_us, attributes, revision, mac, due_us, expected, position)
), k as (
  update keys set created_us = u.created_us, attributes = u.attributes, revision = u.revision, mac = u.mac,
    due_us = u.due_us
  from u where keys.id = u.id and keys.name = u.name and keys.revision = u.expected returning keys.id, u.position
), v as (
  insert into key_versions as old (key_id, version, state, master_version, created_us, wrapped, mac)
  select n.* from unnest($9::bytea[], $10::int[], $11::smallint[], $12::int[], $13::bigint[], $14::bytea[],
    $15::bytea[]) as n(key_id, version, state, master_version, created_us, wrapped, mac)
  where n.key_id in (select id from k)
  on conflict (key_id, version) do update set state = excluded.state, master_version = excluded.master_version,
    created_us = excluded.created_us, wrapped = excluded.wrapped, mac = excluded.mac
)
select position from k order by position)"};

// $2 id, $3 expected revision. The versions go first in the order of the statement's parts, but their reference is
// checked at its end.
constexpr PgStatement kRemove{"key_remove", R"(
with k as (
  select id from keys where name = $1 and id = $2 and revision = $3::bigint for update
), v as (
  delete from key_versions where key_id in (select id from k)
), d as (
  delete from keys where id in (select id from k) returning id
)
select (select count(*) from d), exists (select 1 from keys where name = $1))"};
constexpr PgStatement kDue{"key_due", R"(
select name from keys where due_us > 0 and due_us <= $1::bigint order by due_us, name limit $2::bigint)"};

constexpr PgStatement kGetFact{"fact_get", "select value from facts where name = $1"};
constexpr PgStatement kNewFact{"fact_new", "insert into facts (name, value) values ($1, $2) on conflict do nothing"};
constexpr PgStatement kMoveFact{"fact_move", "update facts set value = $2 where name = $1 and value = $3"};

// Versions of one key or of several, one array a column.
struct VersionColumns {
  std::vector<Bytes> key_ids;
  std::vector<std::int64_t> versions, states, masters, created;
  std::vector<Bytes> wrapped, macs;

  void add(const Key& key) {
    for (const KeyVersion& version : key.versions) {
      key_ids.emplace_back(key.id.begin(), key.id.end());
      versions.push_back(version.version);
      states.push_back(static_cast<std::int64_t>(version.state));
      masters.push_back(version.master_version);
      created.push_back(static_cast<std::int64_t>(version.created_us));
      wrapped.push_back(version.wrapped);
      macs.push_back(version.mac);
    }
  }
  void bind(PgParams& params) const {
    params.i32s(versions).i16s(states).i32s(masters).i64s(created).byte_strings(wrapped).byte_strings(macs);
  }
};

struct KeyColumns {
  std::vector<std::string_view> names, attributes;
  std::vector<Bytes> ids, macs;
  std::vector<std::int64_t> created, revisions, due, expected;

  void add(const KeyUpdate& update) {
    const Key& key = *update.key;
    names.push_back(key.name);
    ids.emplace_back(key.id.begin(), key.id.end());
    created.push_back(static_cast<std::int64_t>(key.created_us));
    attributes.push_back(key.attributes);
    revisions.push_back(static_cast<std::int64_t>(key.revision));
    macs.push_back(key.mac);
    due.push_back(static_cast<std::int64_t>(key.due_us));
    expected.push_back(static_cast<std::int64_t>(update.expected_revision));
  }
  void bind(PgParams& params) const {
    params.texts(names).byte_strings(ids).i64s(created).texts(attributes).i64s(revisions).byte_strings(macs);
    params.i64s(due).i64s(expected);
  }
};

void bind_key(PgParams& params, const Key& key) {
  VersionColumns versions;
  versions.add(key);
  params.text(key.name).bytes(key.id).u64(key.created_us).text(key.attributes).u64(key.revision).bytes(key.mac);
  versions.bind(params);
  params.u64(key.due_us);
}

Bytes copied(ByteView bytes) {
  return {bytes.begin(), bytes.end()};
}

Result<KeyVersion> version_at(const PgResult& result, int row, const KeyId& id) {
  auto state = key_state_of(result.number(row, 7));
  if (!state) return state.error();
  return KeyVersion{id,
                    static_cast<std::uint32_t>(result.number(row, 6)),
                    *state,
                    static_cast<std::uint32_t>(result.number(row, 8)),
                    result.size(row, 9),
                    copied(result.bytes(row, 10)),
                    copied(result.bytes(row, 11))};
}

// The joined rows of the key that begins at `row`, ordered by version; moves `row` on to the next key.
Result<Key> take_key(const PgResult& result, int& row) {
  Key key;
  key.name = result.text(row, 0);
  if (auto ok = copy_key_id(result.bytes(row, 1), key.id); !ok) return ok.error();
  key.created_us = result.size(row, 2);
  key.attributes = result.text(row, 3);
  key.revision = result.size(row, 4);
  key.mac = copied(result.bytes(row, 5));
  key.due_us = result.size(row, 12);
  for (; row < result.rows() && result.text(row, 0) == key.name; ++row) {
    if (result.null(row, 6)) continue;  // a key without versions
    auto version = version_at(result, row, key.id);
    if (!version) return version.error();
    key.versions.push_back(*std::move(version));
  }
  return key;
}

Result<Key> key_of(const PgResult& result) {
  if (result.rows() == 0) return Error{Code::not_found, "no such key"};
  int row = 0;
  return take_key(result, row);
}

}  // namespace

Status create_key(PgConnection& connection, const Key& key) {
  PgParams params;
  bind_key(params, key);
  auto result = connection.run(kCreate, params);
  if (!result) return result.error();
  return {};
}

Status update_key(PgConnection& connection, const Key& key, std::uint64_t expected_revision) {
  PgParams params;
  bind_key(params, key);
  params.u64(expected_revision);
  auto result = connection.run(kUpdate, params);
  if (!result) return result.error();
  if (result->number(0, 0) == 1) return {};
  if (result->number(0, 1) == 0) return Error{Code::not_found, "no such key"};
  return Error{Code::conflict, "the key is not at the expected revision"};
}

Result<Key> get_key(PgConnection& connection, std::string_view name) {
  PgParams params;
  params.text(name);
  auto result = connection.run(kByName, params);
  if (!result) return result.error();
  return key_of(*result);
}

Result<Key> get_key(PgConnection& connection, const KeyId& id) {
  PgParams params;
  params.bytes(id);
  auto result = connection.run(kById, params);
  if (!result) return result.error();
  return key_of(*result);
}

Result<bool> key_stored(PgConnection& connection, const Key& key) {
  auto stored = get_key(connection, key.id);
  if (!stored && stored.error().code == Code::not_found) return false;
  if (!stored) return stored.error();
  return stored->name == key.name && stored->revision == key.revision && stored->mac == key.mac;
}

Result<std::vector<std::string>> list_keys(PgConnection& connection, std::string_view prefix, std::string_view after,
                                           std::size_t limit) {
  PgParams params;
  params.text(prefix).text(after).u64(page_rows(limit));
  auto result = connection.run(kList, params);
  if (!result) return result.error();
  std::vector<std::string> names;
  for (int row = 0; row < result->rows(); ++row) names.emplace_back(result->text(row, 0));
  return names;
}

Result<KeyPage> scan_keys(PgConnection& connection, std::string_view prefix, std::string_view after,
                          std::size_t limit) {
  PgParams params;
  params.text(prefix).text(after).u64(page_rows(limit)).u64(kMaxPageBytes);
  auto result = connection.run(kScan, params);
  if (!result) return result.error();
  KeyPage page;
  for (int row = 0; row < result->rows();) {
    auto key = take_key(*result, row);
    if (!key) return key.error();
    page.keys.push_back(*std::move(key));
  }
  if (page.keys.empty()) return page;
  const auto beyond = list_keys(connection, prefix, page.keys.back().name, 1);
  if (!beyond) return beyond.error();
  page.more = !beyond->empty();
  return page;
}

Status update_keys(PgConnection& connection, std::span<const KeyUpdate> updates, std::vector<std::size_t>& overtaken) {
  overtaken.clear();
  if (updates.empty()) return {};
  KeyColumns keys;
  VersionColumns versions;
  for (const KeyUpdate& update : updates) {
    keys.add(update);
    versions.add(*update.key);
  }
  PgParams params;
  keys.bind(params);
  params.byte_strings(versions.key_ids);
  versions.bind(params);
  auto result = connection.run(kUpdateMany, params);
  if (!result) return result.error();
  int row = 0;
  for (std::size_t i = 0; i < updates.size(); ++i) {
    const bool changed = row < result->rows() && result->size(row, 0) == i + 1;
    row += changed ? 1 : 0;
    if (!changed) overtaken.push_back(i);
  }
  return {};
}

Status remove_key(PgConnection& connection, std::string_view name, const KeyId& id, std::uint64_t expected_revision) {
  PgParams params;
  params.text(name).bytes(id).u64(expected_revision);
  auto result = connection.run(kRemove, params);
  if (!result) return result.error();
  if (result->number(0, 0) == 1) return {};
  if (result->number(0, 1) == 0) return Error{Code::not_found, "no such key"};
  return Error{Code::conflict, "the key is not at the expected revision"};
}

Result<std::vector<std::string>> list_keys_due(PgConnection& connection, std::uint64_t before_us, std::size_t limit) {
  PgParams params;
  params.u64(before_us).u64(page_rows(limit));
  auto result = connection.run(kDue, params);
  if (!result) return result.error();
  std::vector<std::string> names;
  for (int row = 0; row < result->rows(); ++row) names.emplace_back(result->text(row, 0));
  return names;
}

Result<Bytes> get_fact(PgConnection& connection, std::string_view name) {
  PgParams params;
  params.text(name);
  auto result = connection.run(kGetFact, params);
  if (!result) return result.error();
  if (result->rows() == 0) return Error{Code::not_found, "no such fact"};
  return copied(result->bytes(0, 0));
}

Status put_fact(PgConnection& connection, std::string_view name, ByteView value, const std::optional<Bytes>& expected) {
  PgParams params;
  params.text(name).bytes(value);
  if (expected) params.bytes(*expected);
  auto result = connection.run(expected ? kMoveFact : kNewFact, params);
  if (!result) return result.error();
  if (result->affected() == 0) return Error{Code::conflict, "the fact is not as expected"};
  return {};
}

}  // namespace sluis::store::pg
