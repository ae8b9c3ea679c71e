#include "store/postgres_store.h"

#include <algorithm>
#include <chrono>
#include <thread>
#include <type_traits>

#include "store/checks.h"
#include "store/pg_batch.h"
#include "store/pg_documents.h"
#include "store/pg_error.h"
#include "store/pg_imports.h"
#include "store/pg_keys.h"
#include "store/pg_leases.h"
#include "store/pg_migrate.h"
#include "store/pg_pool.h"
#include "store/pg_put.h"
#include "store/pg_records.h"
#include "store/pg_rollover.h"
#include "store/pg_tokens.h"
#include "store/rows.h"

namespace sluis::store {
namespace {

constexpr int kRetries = 5;
// For what is left of a batch that did not go together, one put after another.
constexpr std::chrono::seconds kTimeAlone{10};

// For a write that may be done twice: what settles it is doing it again.
template <typename Work>
auto repeated(const Work& work) {
  return [&work](PgConnection& connection) -> Result<bool> {
    if (auto done = work(connection); !done) return done.error();
    return true;
  };
}

class PostgresStore final : public Store {
 public:
  explicit PostgresStore(const PostgresOptions& options)
      : pool_({options.dsn, options.statement_timeout, options.on_trouble}, options.connections, options.wait) {}

  std::string_view kind() const noexcept override { return "postgresql"; }
  bool local() const noexcept override { return false; }

  Status migrate() override {
    auto connection = pool_.take();
    if (!connection) return connection.error();
    return pg::migrate(**connection, postgres_schema());
  }
  Status check_schema() override {
    auto found = reading([](PgConnection& c) { return pg::schema_version(c); });
    if (!found) return found.error();
    return judge_schema(*found, postgres_schema());
  }
  Status ping() override {
    return reading([](PgConnection& c) { return c.execute("select 1"); });
  }

  std::vector<Status> put_many(std::span<const Put> puts) override {
    std::vector<Status> results = check_puts(puts);
    pg::Batch batch(puts, results);
    run_together(batch, puts);
    run_alone(batch, puts);
    for (std::size_t i = 0; i < puts.size(); ++i) {
      if (batch.results()[i]) results[i] = *batch.results()[i];
    }
    return results;
  }
  Status remove(std::string_view collection, std::string_view id, const Expected& expected) override {
    if (auto ok = check_remove(collection, id, expected); !ok) return ok;
    return writing([&](PgConnection& c) { return pg::remove(c, collection, id, expected); },
                   [&](PgConnection& c) -> Result<bool> {
                     auto stored = pg::get(c, collection, id);
                     if (stored) return false;
                     if (stored.error().code == Code::not_found) return true;
                     return stored.error();
                   });
  }
  Result<Record> get(std::string_view collection, std::string_view id) override {
    if (auto ok = check_name(collection, id); !ok) return ok.error();
    return reading([&](PgConnection& c) { return pg::get(c, collection, id); });
  }
  Result<std::vector<Record>> read(std::string_view collection, const std::vector<std::string>& ids) override {
    if (auto ok = check_read(collection, ids); !ok) return ok.error();
    return reading([&](PgConnection& c) { return pg::read(c, collection, ids); });
  }
  Result<SearchPage> search(std::string_view collection, const std::vector<Match>& all_of, std::string_view after,
                            std::size_t limit) override {
    if (auto ok = check_search(collection, all_of, after, limit); !ok) return ok.error();
    return reading([&](PgConnection& c) { return pg::search(c, collection, all_of, after, limit); });
  }
  Result<SearchPage> scan(std::string_view collection, std::string_view after, std::size_t limit) override {
    return search(collection, {}, after, limit);
  }
  Result<std::uint64_t> count(std::string_view collection) override {
    if (auto ok = check_collection(collection); !ok) return ok.error();
    return reading([&](PgConnection& c) { return pg::count(c, collection); });
  }

  Result<ChunkResult> import_chunk(const std::vector<Record>& records, const std::vector<ImportError>& errors,
                                   const ImportState& after, std::uint64_t expected_lines_done) override {
    if (auto ok = check_chunk(records, errors, after, expected_lines_done); !ok) return ok.error();
    ChunkResult result;
    auto done = writing(
        [&](PgConnection& c) { return pg::apply_chunk(c, records, errors, after, expected_lines_done, result); },
        [&](PgConnection& c) { return pg::chunk_applied(c, after, result); });
    if (!done) return done.error();
    return result;
  }
  Result<ImportState> import_state(std::string_view collection, std::string_view import_id) override {
    if (auto ok = check_import(collection, import_id); !ok) return ok.error();
    return reading([&](PgConnection& c) { return pg::import_state(c, collection, import_id); });
  }
  Result<std::vector<ImportError>> import_errors(std::string_view collection, std::string_view import_id,
                                                 std::uint64_t after_line, std::size_t limit) override {
    if (auto ok = check_import(collection, import_id); !ok) return ok.error();
    const std::uint64_t line = clamp_line(after_line);
    return reading([&](PgConnection& c) { return pg::import_errors(c, collection, import_id, line, limit); });
  }

  Result<SearchPage> scan_versions(std::string_view collection, std::uint32_t least, std::uint32_t below,
                                   std::string_view after, std::size_t limit) override {
    if (auto ok = check_versions(collection, after, limit); !ok) return ok.error();
    return reading([&](PgConnection& c) { return pg::scan_versions(c, collection, least, below, after, limit); });
  }
  Result<std::vector<std::size_t>> rewrite(const Lease& lease, std::span<const Rewrite> rewrites) override {
    if (auto ok = check_lease(lease.name, lease.holder); !ok) return ok.error();
    if (auto ok = check_rewrites(rewrites); !ok) return ok.error();
    std::vector<std::size_t> overtaken;
    auto done = writing([&](PgConnection& c) { return pg::rewrite(c, lease, rewrites, overtaken); },
                        [&](PgConnection& c) { return pg::rewritten(c, rewrites, overtaken); });
    if (!done) return done.error();
    return overtaken;
  }
  Result<std::map<std::uint32_t, std::uint64_t>> count_versions(std::string_view collection) override {
    if (auto ok = check_collection(collection); !ok) return ok.error();
    return reading([&](PgConnection& c) { return pg::count_versions(c, collection); });
  }
  Status raise_floor(std::string_view collection, std::uint32_t least) override {
    if (auto ok = check_floor(collection, least); !ok) return ok;
    return writing([&](PgConnection& c) { return pg::raise_floor(c, collection, least); },
                   [&](PgConnection& c) -> Result<bool> {
                     auto found = pg::floor_of(c, collection);
                     if (!found) return found.error();
                     return *found >= least;
                   });
  }

  // Taking and renewing once more does no harm.
  Result<Lease> take_lease(std::string_view name, std::string_view holder, std::chrono::milliseconds ttl) override {
    if (auto ok = check_lease(name, holder); !ok) return ok.error();
    if (auto ok = check_ttl(ttl); !ok) return ok.error();
    Lease taken;
    const auto take = [&](PgConnection& c) -> Status {
      auto lease = pg::take_lease(c, name, holder, ttl);
      if (!lease) return lease.error();
      taken = *std::move(lease);
      return {};
    };
    if (auto done = writing(take, repeated(take)); !done) return done.error();
    return taken;
  }
  Status renew_lease(const Lease& lease, std::chrono::milliseconds ttl) override {
    if (auto ok = check_lease(lease.name, lease.holder); !ok) return ok;
    if (auto ok = check_ttl(ttl); !ok) return ok;
    const auto renew = [&](PgConnection& c) { return pg::renew_lease(c, lease, ttl); };
    return writing(renew, repeated(renew));
  }
  Status drop_lease(const Lease& lease) override {
    if (auto ok = check_lease(lease.name, lease.holder); !ok) return ok;
    return writing([&](PgConnection& c) { return pg::drop_lease(c, lease); },
                   [&](PgConnection& c) -> Result<bool> {
                     auto holds = pg::lease_holds(c, lease);
                     if (!holds) return holds.error();
                     return !*holds;
                   });
  }

  Result<Document> get_document(std::string_view kind, std::string_view name) override {
    if (auto ok = check_document_name(kind, name); !ok) return ok.error();
    return reading([&](PgConnection& c) { return pg::get_document(c, kind, name); });
  }
  Status put_document(const Document& document, std::uint64_t expected_revision) override {
    if (auto ok = check_document(document, expected_revision); !ok) return ok;
    return writing([&](PgConnection& c) { return pg::put_document(c, document, expected_revision); },
                   [&](PgConnection& c) { return pg::document_stored(c, document); });
  }
  Result<std::vector<Document>> list_documents(std::string_view kind, std::string_view after,
                                               std::size_t limit) override {
    if (auto ok = check_document_list(kind, after, limit); !ok) return ok.error();
    return reading([&](PgConnection& c) { return pg::list_documents(c, kind, after, limit); });
  }
  Status remove_document(std::string_view kind, std::string_view name, std::uint64_t expected_revision) override {
    if (auto ok = check_document_name(kind, name); !ok) return ok;
    return writing([&](PgConnection& c) { return pg::remove_document(c, kind, name, clamp_line(expected_revision)); },
                   [&](PgConnection& c) -> Result<bool> {
                     const auto stored = pg::get_document(c, kind, name);
                     if (stored) return false;
                     if (stored.error().code == Code::not_found) return true;
                     return stored.error();
                   });
  }

  Status create_key(const Key& key) override {
    if (auto ok = check_key(key); !ok) return ok;
    return writing([&](PgConnection& c) { return pg::create_key(c, key); },
                   [&](PgConnection& c) { return pg::key_stored(c, key); });
  }
  Result<Key> get_key(std::string_view name) override {
    if (!valid_text(name, kMaxNameBytes)) return Error{Code::not_found, "no such key"};
    return reading([&](PgConnection& c) { return pg::get_key(c, name); });
  }
  Result<Key> get_key(const KeyId& id) override {
    return reading([&](PgConnection& c) { return pg::get_key(c, id); });
  }
  Result<std::vector<std::string>> list_keys(std::string_view prefix, std::string_view after,
                                             std::size_t limit) override {
    if (auto ok = check_list(prefix, after); !ok) return ok.error();
    return reading([&](PgConnection& c) { return pg::list_keys(c, prefix, after, limit); });
  }
  Status update_key(const Key& key, std::uint64_t expected_revision) override {
    if (auto ok = check_key_update(key, expected_revision); !ok) return ok;
    return writing([&](PgConnection& c) { return pg::update_key(c, key, expected_revision); },
                   [&](PgConnection& c) { return pg::key_stored(c, key); });
  }

  Result<KeyPage> scan_keys(std::string_view prefix, std::string_view after, std::size_t limit) override {
    if (auto ok = check_list(prefix, after); !ok) return ok.error();
    return reading([&](PgConnection& c) { return pg::scan_keys(c, prefix, after, limit); });
  }
  // What a broken connection leaves unknown is tried again: what is stored by then counts as overtaken.
  Result<std::vector<std::size_t>> update_keys(std::span<const KeyUpdate> updates) override {
    if (auto ok = check_key_updates(updates); !ok) return ok.error();
    std::vector<std::size_t> overtaken;
    auto done = writing([&](PgConnection& c) { return pg::update_keys(c, updates, overtaken); },
                        [](PgConnection&) -> Result<bool> { return false; });
    if (!done) return done.error();
    return overtaken;
  }

  Status remove_key(std::string_view name, const KeyId& id, std::uint64_t expected_revision) override {
    if (!valid_text(name, kMaxNameBytes)) return Error{Code::not_found, "no such key"};
    return writing([&](PgConnection& c) { return pg::remove_key(c, name, id, expected_revision); },
                   [&](PgConnection& c) -> Result<bool> {
                     const auto stored = pg::get_key(c, id);
                     if (stored) return false;
                     if (stored.error().code == Code::not_found) return true;
                     return stored.error();
                   });
  }
  Result<std::vector<std::string>> list_keys_due(std::uint64_t before_us, std::size_t limit) override {
    return reading([&](PgConnection& c) { return pg::list_keys_due(c, clamp_line(before_us), limit); });
  }

  Result<std::uint64_t> add_token(const LoginToken& token, std::size_t most, std::uint64_t now_us) override {
    if (auto ok = check_token(token); !ok) return ok.error();
    std::uint64_t evicted = 0;
    auto done = writing([&](PgConnection& c) { return pg::add_token(c, token, most, now_us, evicted); },
                        [&](PgConnection& c) { return pg::token_stored(c, token); });
    if (!done) return done.error();
    return evicted;
  }
  Result<LoginToken> get_token(const Digest& id) override {
    return reading([&](PgConnection& c) { return pg::get_token(c, id); });
  }
  Status renew_token(const LoginToken& token, std::uint64_t expected_expires_us) override {
    if (auto ok = check_token(token); !ok) return ok;
    return writing([&](PgConnection& c) { return pg::renew_token(c, token, expected_expires_us); },
                   [&](PgConnection& c) { return pg::token_stored(c, token); });
  }
  Status remove_token(const Digest& id) override {
    return writing([&](PgConnection& c) { return pg::remove_token(c, id); },
                   [&](PgConnection& c) -> Result<bool> {
                     auto stored = pg::get_token(c, id);
                     if (stored) return false;
                     if (stored.error().code == Code::not_found) return true;
                     return stored.error();
                   });
  }

  Result<Bytes> get_fact(std::string_view name) override {
    if (!valid_text(name, kMaxNameBytes)) return Error{Code::not_found, "no such fact"};
    return reading([&](PgConnection& c) { return pg::get_fact(c, name); });
  }
  Status put_fact(std::string_view name, ByteView value, const std::optional<Bytes>& expected) override {
    if (!valid_text(name, kMaxNameBytes)) return Error{Code::invalid, "fact name"};
    return writing([&](PgConnection& c) { return pg::put_fact(c, name, value, expected); },
                   [&](PgConnection& c) -> Result<bool> {
                     auto stored = pg::get_fact(c, name);
                     if (!stored && stored.error().code == Code::not_found) return false;
                     if (!stored) return stored.error();
                     return std::equal(stored->begin(), stored->end(), value.begin(), value.end());
                   });
  }

 private:
  // A read that broke its connection is repeated once, on a new one.
  template <typename Work>
  auto reading(const Work& work) -> std::invoke_result_t<Work, PgConnection&> {
    bool broke = false;
    auto first = attempt(work, broke);
    if (first || !broke) return first;
    return attempt(work, broke);
  }

  template <typename Work>
  auto attempt(const Work& work, bool& broke) -> std::invoke_result_t<Work, PgConnection&> {
    auto connection = pool_.take();
    if (!connection) return connection.error();
    auto result = work(**connection);
    broke = (*connection)->broken();
    return result;
  }

  // A write is repeated only if the server says that it undid it. If the connection broke instead, `applied` finds out
  // on another one whether the write is there.
  template <typename Work, typename Applied>
  Status writing(const Work& work, const Applied& applied) {
    for (int tries = 1;; ++tries) {
      auto connection = pool_.take();
      if (!connection) return connection.error();
      auto done = work(**connection);
      if (done) return done;
      if ((*connection)->broken()) break;
      if (tries == kRetries || !is_retryable((*connection)->last_state())) return done;
      std::this_thread::sleep_for(std::chrono::milliseconds(tries * tries));
    }
    return settle(applied);
  }

  template <typename Applied>
  Status settle(const Applied& applied) {
    return judge(reading(applied));
  }

  static Status judge(const Result<bool>& found) {
    if (found && *found) return {};
    return Error{Code::unavailable, "the database connection broke"};
  }

  // Leaves open what has to be run alone.
  void run_together(pg::Batch& batch, std::span<const Put> puts) {
    if (!batch.has_more()) return;
    bool broke = false;
    {
      auto connection = pool_.take();
      if (!connection) return settle_all(batch, connection.error());
      while (batch.has_more() && batch.run(**connection)) {
      }
      broke = (*connection)->broken();
    }
    if (broke) look_up(batch, puts);
  }

  static void settle_all(pg::Batch& batch, const Error& error) {
    for (const std::size_t position : batch.open()) batch.settle(position, error);
  }

  // The connection broke: each of them is there, or is not. While the database stays away nobody can tell, and asking
  // for one after another would only take long.
  void look_up(pg::Batch& batch, std::span<const Put> puts) {
    for (const std::size_t position : batch.open()) {
      const Record& record = *puts[position].record;
      const auto found = reading([&](PgConnection& c) { return pg::stored(c, record); });
      batch.settle(position, judge(found));
      if (!found && found.error().code == Code::unavailable) return settle_all(batch, found.error());
    }
  }

  // What one of them does to its transaction is its own here.
  void run_alone(pg::Batch& batch, std::span<const Put> puts) {
    const auto until = std::chrono::steady_clock::now() + kTimeAlone;
    for (const std::size_t position : batch.open()) {
      const auto& [record, expected] = puts[position];
      const Status done = writing([&](PgConnection& c) { return pg::put(c, *record, expected); },
                                  [&](PgConnection& c) { return pg::stored(c, *record); });
      batch.settle(position, done);
      if (!done && std::chrono::steady_clock::now() > until) return settle_all(batch, done.error());
    }
  }

  PgPool pool_;
};

}  // namespace

Result<std::unique_ptr<Store>> open_postgres(PostgresOptions options) {
  if (auto ok = require_tls(options.dsn, Transport::may_be_open); !ok) return ok.error();
  return std::unique_ptr<Store>(std::make_unique<PostgresStore>(options));
}

}  // namespace sluis::store
