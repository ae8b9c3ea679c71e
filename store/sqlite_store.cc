#include "store/sqlite_store.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>

#include "store/checks.h"
#include "store/rows.h"
#include "store/schema.h"
#include "store/sqlite_documents.h"
#include "store/sqlite_imports.h"
#include "store/sqlite_keys.h"
#include "store/sqlite_leases.h"
#include "store/sqlite_migrate.h"
#include "store/sqlite_pool.h"
#include "store/sqlite_records.h"
#include "store/sqlite_rollover.h"
#include "store/sqlite_tokens.h"

namespace sluis::store {
namespace {

class SqliteStore final : public Store {
 public:
  SqliteStore(std::string path, std::unique_ptr<SqliteDb> writer, std::unique_ptr<SqliteReaders> readers)
      : path_(std::move(path)), writer_(std::move(writer)), readers_(std::move(readers)) {}

  std::string_view kind() const noexcept override { return "sqlite"; }
  bool local() const noexcept override { return true; }

  Status migrate() override {
    // On a connection of its own: each step is its own transaction, and other gateways may be doing the same.
    auto db = SqliteDb::open(path_, SqliteDb::Role::writer);
    if (!db) return db.error();
    return sqlite::migrate(**db, sqlite_schema());
  }
  Status check_schema() override {
    const auto db = readers_->take();
    auto found = sqlite::schema_version(*db);
    if (!found) return found.error();
    return judge_schema(*found, sqlite_schema());
  }
  Status ping() override {
    const auto db = readers_->take();
    return (*db).query("select 1 from sqlite_schema limit 1").run();
  }

  std::vector<Status> put_many(std::span<const Put> puts) override {
    std::vector<Status> results = check_puts(puts);
    std::vector<SqliteWriter::Work> works;
    for (std::size_t i = 0; i < puts.size(); ++i) {
      if (!results[i]) continue;
      works.emplace_back([put = &puts[i]](SqliteDb& db) { return sqlite::put(db, *put->record, put->expected); });
    }
    const std::vector<Status> done = writer_.run_all(works);
    auto next = done.begin();
    for (Status& result : results) {
      if (result) result = *next++;
    }
    return results;
  }
  Status remove(std::string_view collection, std::string_view id, const Expected& expected) override {
    if (auto ok = check_remove(collection, id, expected); !ok) return ok;
    return writer_.run([&](SqliteDb& db) { return sqlite::remove(db, collection, id, expected); });
  }
  Result<Record> get(std::string_view collection, std::string_view id) override {
    if (auto ok = check_name(collection, id); !ok) return ok.error();
    const auto db = readers_->take();
    return sqlite::get(*db, collection, id);
  }
  Result<std::vector<Record>> read(std::string_view collection, const std::vector<std::string>& ids) override {
    if (auto ok = check_read(collection, ids); !ok) return ok.error();
    const auto db = readers_->take();
    return sqlite::read(*db, collection, ids);
  }
  Result<SearchPage> search(std::string_view collection, const std::vector<Match>& all_of, std::string_view after,
                            std::size_t limit) override {
    if (auto ok = check_search(collection, all_of, after, limit); !ok) return ok.error();
    const auto db = readers_->take();
    return sqlite::search(*db, collection, all_of, after, limit);
  }
  Result<SearchPage> scan(std::string_view collection, std::string_view after, std::size_t limit) override {
    return search(collection, {}, after, limit);
  }
  Result<std::uint64_t> count(std::string_view collection) override {
    if (auto ok = check_collection(collection); !ok) return ok.error();
    const auto db = readers_->take();
    return sqlite::count(*db, collection);
  }

  Result<ChunkResult> import_chunk(const std::vector<Record>& records, const std::vector<ImportError>& errors,
                                   const ImportState& after, std::uint64_t expected_lines_done) override {
    if (auto ok = check_chunk(records, errors, after, expected_lines_done); !ok) return ok.error();
    ChunkResult result;
    auto done = writer_.run([&](SqliteDb& db) -> Status {
      auto applied = sqlite::apply_chunk(db, records, errors, after, expected_lines_done);
      if (!applied) return applied.error();
      result = *std::move(applied);
      return {};
    });
    if (!done) return done.error();
    return result;
  }
  Result<ImportState> import_state(std::string_view collection, std::string_view import_id) override {
    if (auto ok = check_import(collection, import_id); !ok) return ok.error();
    const auto db = readers_->take();
    return sqlite::import_state(*db, collection, import_id);
  }
  Result<std::vector<ImportError>> import_errors(std::string_view collection, std::string_view import_id,
                                                 std::uint64_t after_line, std::size_t limit) override {
    if (auto ok = check_import(collection, import_id); !ok) return ok.error();
    const auto db = readers_->take();
    return sqlite::import_errors(*db, collection, import_id, clamp_line(after_line), limit);
  }

  Result<SearchPage> scan_versions(std::string_view collection, std::uint32_t least, std::uint32_t below,
                                   std::string_view after, std::size_t limit) override {
    if (auto ok = check_versions(collection, after, limit); !ok) return ok.error();
    const auto db = readers_->take();
    return sqlite::scan_versions(*db, collection, least, below, after, limit);
  }
  Result<std::vector<std::size_t>> rewrite(const Lease& lease, std::span<const Rewrite> rewrites) override {
    if (auto ok = check_lease(lease.name, lease.holder); !ok) return ok.error();
    if (auto ok = check_rewrites(rewrites); !ok) return ok.error();
    return writing<std::vector<std::size_t>>([&](SqliteDb& db) { return sqlite::rewrite(db, lease, rewrites); });
  }
  Result<std::map<std::uint32_t, std::uint64_t>> count_versions(std::string_view collection) override {
    if (auto ok = check_collection(collection); !ok) return ok.error();
    const auto db = readers_->take();
    return sqlite::count_versions(*db, collection);
  }
  Status raise_floor(std::string_view collection, std::uint32_t least) override {
    if (auto ok = check_floor(collection, least); !ok) return ok;
    return writer_.run([&](SqliteDb& db) { return sqlite::raise_floor(db, collection, least); });
  }

  Result<Lease> take_lease(std::string_view name, std::string_view holder, std::chrono::milliseconds ttl) override {
    if (auto ok = check_lease(name, holder); !ok) return ok.error();
    if (auto ok = check_ttl(ttl); !ok) return ok.error();
    return writing<Lease>([&](SqliteDb& db) { return sqlite::take_lease(db, name, holder, ttl); });
  }
  Status renew_lease(const Lease& lease, std::chrono::milliseconds ttl) override {
    if (auto ok = check_lease(lease.name, lease.holder); !ok) return ok;
    if (auto ok = check_ttl(ttl); !ok) return ok;
    return writer_.run([&](SqliteDb& db) { return sqlite::renew_lease(db, lease, ttl); });
  }
  Status drop_lease(const Lease& lease) override {
    if (auto ok = check_lease(lease.name, lease.holder); !ok) return ok;
    return writer_.run([&](SqliteDb& db) { return sqlite::drop_lease(db, lease); });
  }

  Result<Document> get_document(std::string_view kind, std::string_view name) override {
    if (auto ok = check_document_name(kind, name); !ok) return ok.error();
    const auto db = readers_->take();
    return sqlite::get_document(*db, kind, name);
  }
  Status put_document(const Document& document, std::uint64_t expected_revision) override {
    if (auto ok = check_document(document, expected_revision); !ok) return ok;
    return writer_.run([&](SqliteDb& db) { return sqlite::put_document(db, document, expected_revision); });
  }
  Result<std::vector<Document>> list_documents(std::string_view kind, std::string_view after,
                                               std::size_t limit) override {
    if (auto ok = check_document_list(kind, after, limit); !ok) return ok.error();
    const auto db = readers_->take();
    return sqlite::list_documents(*db, kind, after, limit);
  }
  Status remove_document(std::string_view kind, std::string_view name, std::uint64_t expected_revision) override {
    if (auto ok = check_document_name(kind, name); !ok) return ok;
    return writer_.run([&](SqliteDb& db) { return sqlite::remove_document(db, kind, name, expected_revision); });
  }

  Status create_key(const Key& key) override {
    if (auto ok = check_key(key); !ok) return ok;
    return writer_.run([&](SqliteDb& db) { return sqlite::create_key(db, key); });
  }
  Result<Key> get_key(std::string_view name) override {
    if (!valid_text(name, kMaxNameBytes)) return Error{Code::not_found, "no such key"};
    const auto db = readers_->take();
    return sqlite::get_key(*db, name);
  }
  Result<Key> get_key(const KeyId& id) override {
    const auto db = readers_->take();
    return sqlite::get_key(*db, id);
  }
  Result<std::vector<std::string>> list_keys(std::string_view prefix, std::string_view after,
                                             std::size_t limit) override {
    if (auto ok = check_list(prefix, after); !ok) return ok.error();
    const auto db = readers_->take();
    return sqlite::list_keys(*db, prefix, after, limit);
  }
  Status update_key(const Key& key, std::uint64_t expected_revision) override {
    if (auto ok = check_key_update(key, expected_revision); !ok) return ok;
    return writer_.run([&](SqliteDb& db) { return sqlite::update_key(db, key, expected_revision); });
  }

  Result<KeyPage> scan_keys(std::string_view prefix, std::string_view after, std::size_t limit) override {
    if (auto ok = check_list(prefix, after); !ok) return ok.error();
    const auto db = readers_->take();
    return sqlite::scan_keys(*db, prefix, after, limit);
  }
  Result<std::vector<std::size_t>> update_keys(std::span<const KeyUpdate> updates) override {
    if (auto ok = check_key_updates(updates); !ok) return ok.error();
    std::vector<std::size_t> overtaken;
    auto done = writer_.run([&](SqliteDb& db) { return sqlite::update_keys(db, updates, overtaken); });
    if (!done) return done.error();
    return overtaken;
  }

  Status remove_key(std::string_view name, const KeyId& id, std::uint64_t expected_revision) override {
    if (!valid_text(name, kMaxNameBytes)) return Error{Code::not_found, "no such key"};
    return writer_.run([&](SqliteDb& db) { return sqlite::remove_key(db, name, id, expected_revision); });
  }
  Result<std::vector<std::string>> list_keys_due(std::uint64_t before_us, std::size_t limit) override {
    const auto db = readers_->take();
    return sqlite::list_keys_due(*db, clamp_line(before_us), limit);
  }

  Result<std::uint64_t> add_token(const LoginToken& token, std::size_t most, std::uint64_t now_us) override {
    if (auto ok = check_token(token); !ok) return ok.error();
    std::uint64_t evicted = 0;
    auto done = writer_.run([&](SqliteDb& db) { return sqlite::add_token(db, token, most, now_us, evicted); });
    if (!done) return done.error();
    return evicted;
  }
  Result<LoginToken> get_token(const Digest& id) override {
    const auto db = readers_->take();
    return sqlite::get_token(*db, id);
  }
  Status renew_token(const LoginToken& token, std::uint64_t expected_expires_us) override {
    if (auto ok = check_token(token); !ok) return ok;
    return writer_.run([&](SqliteDb& db) { return sqlite::renew_token(db, token, expected_expires_us); });
  }
  Status remove_token(const Digest& id) override {
    return writer_.run([&](SqliteDb& db) { return sqlite::remove_token(db, id); });
  }

  Result<Bytes> get_fact(std::string_view name) override {
    if (!valid_text(name, kMaxNameBytes)) return Error{Code::not_found, "no such fact"};
    const auto db = readers_->take();
    return sqlite::get_fact(*db, name);
  }
  Status put_fact(std::string_view name, ByteView value, const std::optional<Bytes>& expected) override {
    if (!valid_text(name, kMaxNameBytes)) return Error{Code::invalid, "fact name"};
    return writer_.run([&](SqliteDb& db) { return sqlite::put_fact(db, name, value, expected); });
  }

 private:
  // A write with an answer.
  template <typename T, typename Work>
  Result<T> writing(const Work& work) {
    std::optional<T> answer;
    auto done = writer_.run([&](SqliteDb& db) -> Status {
      auto result = work(db);
      if (!result) return result.error();
      answer = *std::move(result);
      return {};
    });
    if (!done) return done.error();
    return *std::move(answer);
  }

  std::string path_;
  SqliteWriter writer_;
  std::unique_ptr<SqliteReaders> readers_;
};

// SQLite would make the file readable for others and give its log the same mode; a file from elsewhere is tightened.
Status prepare_file(const std::string& path) {
  const int file = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, S_IRUSR | S_IWUSR);
  if (file < 0) return Error{Code::unavailable, "the store's file cannot be opened or made"};
  const bool tightened = ::fchmod(file, S_IRUSR | S_IWUSR) == 0;
  ::close(file);
  if (!tightened) return Error{Code::unavailable, "the store's file has another owner"};
  // A new name is durable once its folder is synced.
  const auto parent = std::filesystem::absolute(path).parent_path();
  const int folder = ::open(parent.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (folder < 0) return Error{Code::unavailable, "the store's folder cannot be opened"};
  const bool synced = ::fsync(folder) == 0;
  ::close(folder);
  if (!synced) return Error{Code::unavailable, "the store's folder cannot be synced"};
  return {};
}

}  // namespace

Result<std::unique_ptr<Store>> open_sqlite(const SqliteOptions& options) {
  if (auto ok = prepare_file(options.path); !ok) return ok.error();
  auto writer = SqliteDb::open(options.path, SqliteDb::Role::writer);
  if (!writer) return writer.error();
  auto readers = SqliteReaders::open(options.path, options.readers);
  if (!readers) return readers.error();
  return std::unique_ptr<Store>(std::make_unique<SqliteStore>(options.path, *std::move(writer), *std::move(readers)));
}

}  // namespace sluis::store
