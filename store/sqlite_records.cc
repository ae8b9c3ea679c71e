#include "store/sqlite_records.h"

#include <algorithm>

#include "store/sqlite_rollover.h"
#include "store/terms.h"

namespace sluis::store::sqlite {
namespace {

constexpr Error kConflict{Code::conflict, "the record is not at the expected revision"};
constexpr Error kNotFound{Code::not_found, "no such record"};

struct Stored {
  std::uint64_t revision;
  std::uint32_t key_version;
  std::vector<Bytes> terms;
};

Result<std::optional<Stored>> find(SqliteDb& db, std::string_view collection, std::string_view id) {
  auto query = db.query("select revision, key_version, terms from records where collection = ? and id = ?");
  auto row = query.bind(collection).bind(id).step();
  if (!row) return row.error();
  if (!*row) return std::optional<Stored>();
  auto terms = unpack_list(query.blob(2));
  if (!terms) return terms.error();
  return std::optional<Stored>(Stored{query.size(0), static_cast<std::uint32_t>(query.number(1)), *std::move(terms)});
}

Status insert_row(SqliteDb& db, const Record& record, ByteView terms) {
  return db
      .query(
          "insert into records (collection, id, revision, key_version, terms, open_fields, envelope)"
          " values (?, ?, ?, ?, ?, ?, ?)")
      .bind(record.collection)
      .bind(record.id)
      .bind_size(record.revision)
      .bind_size(record.key_version)
      .bind(terms)
      .bind(record.open_fields)
      .bind(record.envelope)
      .run();
}

Status update_row(SqliteDb& db, const Record& record, ByteView terms) {
  return db
      .query(
          "update records set revision = ?, key_version = ?, terms = ?, open_fields = ?, envelope = ?"
          " where collection = ? and id = ?")
      .bind_size(record.revision)
      .bind_size(record.key_version)
      .bind(terms)
      .bind(record.open_fields)
      .bind(record.envelope)
      .bind(record.collection)
      .bind(record.id)
      .run();
}

// Runs `sql` with (collection, term, id) for each of `terms` that is not among `except`; both are sorted.
Status each_term(SqliteDb& db, const char* sql, std::string_view collection, std::string_view id,
                 std::span<const Bytes> terms, std::span<const Bytes> except) {
  for (const Bytes& term : terms) {
    if (std::binary_search(except.begin(), except.end(), term)) continue;
    if (auto ok = db.query(sql).bind(collection).bind(term).bind(id).run(); !ok) return ok;
  }
  return {};
}

constexpr const char* kAddTerm = "insert into record_terms (collection, term, id) values (?, ?, ?)";
constexpr const char* kDropTerm = "delete from record_terms where collection = ? and term = ? and id = ?";

bool holds(const Expected& expected, const std::optional<Stored>& stored, std::uint64_t revision) noexcept {
  switch (expected.kind) {
    case Expected::Kind::absent:
      return !stored;
    case Expected::Kind::revision:
      return stored && stored->revision == expected.revision;
    case Expected::Kind::anything:
      return !stored || stored->revision < revision;
  }
  return false;
}

Status write(SqliteDb& db, const Record& record, const std::optional<Stored>& stored) {
  const auto terms = pack_terms(record.terms);
  const Bytes list = pack_list(terms);
  const std::vector<Bytes> before = stored ? stored->terms : std::vector<Bytes>();
  auto ok = stored ? update_row(db, record, list) : insert_row(db, record, list);
  if (!ok) return ok;
  if (ok = each_term(db, kDropTerm, record.collection, record.id, before, terms); !ok) return ok;
  return each_term(db, kAddTerm, record.collection, record.id, terms, before);
}

}  // namespace

Status put(SqliteDb& db, const Record& record, const Expected& expected) {
  const auto stored = find(db, record.collection, record.id);
  if (!stored) return stored.error();
  if (!holds(expected, *stored, record.revision)) return kConflict;
  if (auto ok = check_floor(db, record.collection, record.key_version); !ok) return ok;
  return write(db, record, *stored);
}

Status replace(SqliteDb& db, const Record& record) {
  const auto stored = find(db, record.collection, record.id);
  if (!stored) return stored.error();
  return write(db, record, *stored);
}

Result<bool> insert_new(SqliteDb& db, const Record& record) {
  const auto terms = pack_terms(record.terms);
  auto added = db.query(
                     "insert into records (collection, id, revision, key_version, terms, open_fields, envelope)"
                     " values (?, ?, ?, ?, ?, ?, ?) on conflict do nothing")
                   .bind(record.collection)
                   .bind(record.id)
                   .bind_size(record.revision)
                   .bind_size(record.key_version)
                   .bind(pack_list(terms))
                   .bind(record.open_fields)
                   .bind(record.envelope)
                   .run();
  if (!added) return added.error();
  if (db.changes() == 0) return false;
  if (auto ok = each_term(db, kAddTerm, record.collection, record.id, terms, {}); !ok) return ok.error();
  return true;
}

Result<bool> rewrite_one(SqliteDb& db, const Record& record, std::uint32_t expected_key_version) {
  const auto stored = find(db, record.collection, record.id);
  if (!stored) return stored.error();
  const bool same = *stored && (*stored)->revision == record.revision && (*stored)->key_version == expected_key_version;
  if (!same) return false;
  const auto terms = pack_terms(record.terms);
  const Bytes list = pack_list(terms);
  auto ok = db.query("update records set key_version = ?, terms = ?, envelope = ? where collection = ? and id = ?")
                .bind_size(record.key_version)
                .bind(list)
                .bind(record.envelope)
                .bind(record.collection)
                .bind(record.id)
                .run();
  if (!ok) return ok.error();
  const std::vector<Bytes>& before = (*stored)->terms;
  if (ok = each_term(db, kDropTerm, record.collection, record.id, before, terms); !ok) return ok.error();
  if (ok = each_term(db, kAddTerm, record.collection, record.id, terms, before); !ok) return ok.error();
  return true;
}

Status remove(SqliteDb& db, std::string_view collection, std::string_view id, const Expected& expected) {
  auto stored = find(db, collection, id);
  if (!stored) return stored.error();
  if (!*stored) return kNotFound;
  if (expected.kind == Expected::Kind::revision && (*stored)->revision != expected.revision) return kConflict;
  auto ok = db.query("delete from records where collection = ? and id = ?").bind(collection).bind(id).run();
  if (!ok) return ok;
  return each_term(db, kDropTerm, collection, id, (*stored)->terms, {});
}

}  // namespace sluis::store::sqlite
