#include "store/checks.h"
#include "store/rows.h"
#include "store/sqlite_db.h"
#include "store/sqlite_records.h"
#include "store/terms.h"
#include "store/transfer.h"

namespace sluis::store {
namespace {

// The rows of a query, one value each.
template <typename Read>
auto gather_rows(SqliteQuery& query, const Read& read) -> Result<std::vector<decltype(read())>> {
  std::vector<decltype(read())> values;
  for (;;) {
    auto row = query.step();
    if (!row) return row.error();
    if (!*row) return values;
    values.push_back(read());
  }
}

// Columns: id, revision, key version, open fields, envelope, terms.
Result<Record> whole_record(const SqliteQuery& query, std::string_view collection) {
  Record record;
  record.collection = collection;
  record.id = query.text(0);
  record.revision = query.size(1);
  record.key_version = static_cast<std::uint32_t>(query.number(2));
  record.open_fields = query.text(3);
  record.envelope = query.blob(4);
  const auto packed = unpack_list(query.blob(5));
  if (!packed) return packed.error();
  auto terms = unpack_terms(*packed);
  if (!terms) return terms.error();
  record.terms = *std::move(terms);
  return record;
}

class SqliteTransfer final : public Transfer {
 public:
  explicit SqliteTransfer(std::unique_ptr<SqliteDb> db) : db_(std::move(db)) {}

  Result<std::vector<std::string>> collections(std::string_view after, std::size_t limit) override {
    std::vector<std::string> names;
    for (std::string from(after); names.size() < page_rows(limit);) {
      auto query = db_->query("select collection from records where collection > ? order by collection limit 1");
      auto row = query.bind(from).step();
      if (!row) return row.error();
      if (!*row) break;
      from = names.emplace_back(query.text(0));
    }
    return names;
  }
  Result<std::vector<RecordHead>> heads(std::string_view collection, std::string_view after,
                                        std::size_t limit) override {
    auto query =
        db_->query("select id, revision, key_version from records where collection = ? and id > ? order by id limit ?");
    query.bind(collection).bind(after).bind_size(page_rows(limit));
    return gather_rows(query, [&] {
      return RecordHead{query.text(0), query.size(1), static_cast<std::uint32_t>(query.number(2))};
    });
  }
  Result<std::vector<Record>> records(std::string_view collection, std::string_view after, std::size_t limit) override {
    auto query = db_->query(
        "select id, revision, key_version, open_fields, envelope, terms from records"
        " where collection = ? and id > ? order by id limit ?");
    query.bind(collection).bind(after).bind_size(page_rows(limit));
    std::vector<Record> records;
    for (std::size_t bytes = 0; bytes < kMaxPageBytes;) {
      auto row = query.step();
      if (!row) return row.error();
      if (!*row) break;
      auto record = whole_record(query, collection);
      if (!record) return record.error();
      bytes += record->envelope.size() + record->open_fields.size();
      records.push_back(*std::move(record));
    }
    return records;
  }
  Result<std::vector<Record>> records(std::string_view collection, const std::vector<std::string>& ids) override {
    if (auto ok = check_read(collection, ids); !ok) return ok.error();
    const SqliteSnapshot snapshot(*db_);
    if (!snapshot.begun()) return snapshot.begun().error();
    std::vector<Record> records;
    std::size_t bytes = 0;
    for (const std::string& id : sorted(ids)) {
      auto query = db_->query(
          "select id, revision, key_version, open_fields, envelope, terms from records"
          " where collection = ? and id = ?");
      auto row = query.bind(collection).bind(id).step();
      if (!row) return row.error();
      if (!*row) continue;
      auto record = whole_record(query, collection);
      if (!record) return record.error();
      bytes += record->envelope.size() + record->open_fields.size();
      if (bytes > kMaxReadBytes) return Error{Code::too_large, "the records asked for are too large together"};
      records.push_back(*std::move(record));
    }
    return records;
  }
  Status write(std::span<const Record> records) override {
    if (auto ok = check_transfer(records); !ok) return ok;
    if (auto ok = db_->execute("BEGIN IMMEDIATE"); !ok) return ok;
    auto done = write_all(records);
    if (done) done = db_->execute("COMMIT");
    if (!done && db_->in_transaction()) static_cast<void>(db_->execute("ROLLBACK"));
    return done;
  }

  Result<std::vector<Fact>> facts(std::string_view after, std::size_t limit) override {
    auto query = db_->query("select name, value from facts where name > ? order by name limit ?");
    query.bind(after).bind_size(page_rows(limit));
    return gather_rows(query, [&] { return Fact{query.text(0), query.blob(1)}; });
  }
  Result<std::vector<Floor>> floors(std::string_view after, std::size_t limit) override {
    auto query = db_->query("select collection, least from floors where collection > ? order by collection limit ?");
    query.bind(after).bind_size(page_rows(limit));
    return gather_rows(query, [&] { return Floor{query.text(0), static_cast<std::uint32_t>(query.number(1))}; });
  }
  Result<std::vector<std::string>> kinds(std::string_view after, std::size_t limit) override {
    auto query = db_->query("select distinct kind from documents where kind > ? order by kind limit ?");
    query.bind(after).bind_size(page_rows(limit));
    return gather_rows(query, [&] { return query.text(0); });
  }
  Result<std::vector<ImportState>> imports(std::string_view collection, std::string_view after,
                                           std::size_t limit) override {
    auto query = db_->query(
        "select import_id, principal, lines_done, records, errors, finished, updated_us from imports"
        " where collection = ? and import_id > ? order by import_id limit ?");
    query.bind(collection).bind(after).bind_size(page_rows(limit));
    return gather_rows(query, [&] {
      return ImportState{query.text(0), std::string(collection), query.text(1),        query.size(2),
                         query.size(3), query.size(4),           query.number(5) != 0, query.size(6)};
    });
  }

 private:
  Status write_all(std::span<const Record> records) {
    for (const Record& record : records) {
      if (auto ok = sqlite::replace(*db_, record); !ok) return ok;
    }
    return {};
  }

  std::unique_ptr<SqliteDb> db_;
};

}  // namespace

Result<std::unique_ptr<Transfer>> transfer_sqlite(const std::string& path) {
  auto db = SqliteDb::open(path, SqliteDb::Role::writer);
  if (!db) return db.error();
  return std::unique_ptr<Transfer>(std::make_unique<SqliteTransfer>(*std::move(db)));
}

}  // namespace sluis::store
