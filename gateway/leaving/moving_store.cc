#include "gateway/leaving/moving_store.h"

#include <utility>

namespace sluis::gateway::leaving {

using namespace store;  // the names of the interface that is passed on here

void MovingStore::begin_noting() {
  // A call that is under way has not noted anything: it ends first.
  const std::unique_lock<std::shared_mutex> none_under_way(gate_);
  const std::lock_guard lock(noted_mutex_);
  noted_.clear();
  noting_ = true;
}

Noted MovingStore::take_noted() {
  const std::lock_guard lock(noted_mutex_);
  return std::exchange(noted_, {});
}

void MovingStore::end_noting() {
  const std::lock_guard lock(noted_mutex_);
  noting_ = false;
  noted_.clear();
}

void MovingStore::note(std::string_view collection, std::string_view id) {
  const std::lock_guard lock(noted_mutex_);
  noted_[std::string(collection)].emplace(id);
}

std::string_view MovingStore::kind() const noexcept {
  return in_charge()->kind();
}

bool MovingStore::local() const noexcept {
  return in_charge()->local();
}

Status MovingStore::migrate() {
  return in_charge()->migrate();
}

Status MovingStore::check_schema() {
  return in_charge()->check_schema();
}

Status MovingStore::ping() {
  return in_charge()->ping();
}

std::vector<Status> MovingStore::put_many(std::span<const Put> puts) {
  const Entered current = in_charge();
  if (noting_) {
    for (const Put& put : puts) note(put.record->collection, put.record->id);
  }
  return current->put_many(puts);
}

Status MovingStore::remove(std::string_view collection, std::string_view id, const Expected& expected) {
  const Entered current = in_charge();
  if (noting_) note(collection, id);
  return current->remove(collection, id, expected);
}

Result<Record> MovingStore::get(std::string_view collection, std::string_view id) {
  return in_charge()->get(collection, id);
}

Result<std::vector<Record>> MovingStore::read(std::string_view collection, const std::vector<std::string>& ids) {
  return in_charge()->read(collection, ids);
}

Result<SearchPage> MovingStore::search(std::string_view collection, const std::vector<Match>& all_of,
                                       std::string_view after, std::size_t limit) {
  return in_charge()->search(collection, all_of, after, limit);
}

Result<SearchPage> MovingStore::scan(std::string_view collection, std::string_view after, std::size_t limit) {
  return in_charge()->scan(collection, after, limit);
}

Result<std::uint64_t> MovingStore::count(std::string_view collection) {
  return in_charge()->count(collection);
}

Result<ChunkResult> MovingStore::import_chunk(const std::vector<Record>& records,
                                              const std::vector<ImportError>& errors, const ImportState& after,
                                              std::uint64_t expected_lines_done) {
  const Entered current = in_charge();
  if (noting_) {
    for (const Record& record : records) note(record.collection, record.id);
  }
  return current->import_chunk(records, errors, after, expected_lines_done);
}

Result<ImportState> MovingStore::import_state(std::string_view collection, std::string_view import_id) {
  return in_charge()->import_state(collection, import_id);
}

Result<std::vector<ImportError>> MovingStore::import_errors(std::string_view collection, std::string_view import_id,
                                                            std::uint64_t after_line, std::size_t limit) {
  return in_charge()->import_errors(collection, import_id, after_line, limit);
}

Result<SearchPage> MovingStore::scan_versions(std::string_view collection, std::uint32_t least, std::uint32_t below,
                                              std::string_view after, std::size_t limit) {
  return in_charge()->scan_versions(collection, least, below, after, limit);
}

Result<std::vector<std::size_t>> MovingStore::rewrite(const Lease& lease, std::span<const Rewrite> rewrites) {
  const Entered current = in_charge();
  if (noting_) {
    for (const Rewrite& one : rewrites) note(one.record->collection, one.record->id);
  }
  return current->rewrite(lease, rewrites);
}

Result<std::map<std::uint32_t, std::uint64_t>> MovingStore::count_versions(std::string_view collection) {
  return in_charge()->count_versions(collection);
}

Status MovingStore::raise_floor(std::string_view collection, std::uint32_t least) {
  return in_charge()->raise_floor(collection, least);
}

Result<Lease> MovingStore::take_lease(std::string_view name, std::string_view holder, std::chrono::milliseconds ttl) {
  return in_charge()->take_lease(name, holder, ttl);
}

Status MovingStore::renew_lease(const Lease& lease, std::chrono::milliseconds ttl) {
  return in_charge()->renew_lease(lease, ttl);
}

Status MovingStore::drop_lease(const Lease& lease) {
  return in_charge()->drop_lease(lease);
}

Result<Document> MovingStore::get_document(std::string_view kind, std::string_view name) {
  return in_charge()->get_document(kind, name);
}

Status MovingStore::put_document(const Document& document, std::uint64_t expected_revision) {
  return in_charge()->put_document(document, expected_revision);
}

Result<std::vector<Document>> MovingStore::list_documents(std::string_view kind, std::string_view after,
                                                          std::size_t limit) {
  return in_charge()->list_documents(kind, after, limit);
}

Status MovingStore::remove_document(std::string_view kind, std::string_view name, std::uint64_t expected_revision) {
  return in_charge()->remove_document(kind, name, expected_revision);
}

Status MovingStore::create_key(const Key& key) {
  return in_charge()->create_key(key);
}

Result<Key> MovingStore::get_key(std::string_view name) {
  return in_charge()->get_key(name);
}

Result<Key> MovingStore::get_key(const KeyId& id) {
  return in_charge()->get_key(id);
}

Result<std::vector<std::string>> MovingStore::list_keys(std::string_view prefix, std::string_view after,
                                                        std::size_t limit) {
  return in_charge()->list_keys(prefix, after, limit);
}

Status MovingStore::update_key(const Key& key, std::uint64_t expected_revision) {
  return in_charge()->update_key(key, expected_revision);
}

Result<KeyPage> MovingStore::scan_keys(std::string_view prefix, std::string_view after, std::size_t limit) {
  return in_charge()->scan_keys(prefix, after, limit);
}

Result<std::vector<std::size_t>> MovingStore::update_keys(std::span<const KeyUpdate> updates) {
  return in_charge()->update_keys(updates);
}

Status MovingStore::remove_key(std::string_view name, const KeyId& id, std::uint64_t expected_revision) {
  return in_charge()->remove_key(name, id, expected_revision);
}

Result<std::vector<std::string>> MovingStore::list_keys_due(std::uint64_t before_us, std::size_t limit) {
  return in_charge()->list_keys_due(before_us, limit);
}

Result<std::uint64_t> MovingStore::add_token(const LoginToken& token, std::size_t most, std::uint64_t now_us) {
  return in_charge()->add_token(token, most, now_us);
}

Result<LoginToken> MovingStore::get_token(const Digest& id) {
  return in_charge()->get_token(id);
}

Status MovingStore::renew_token(const LoginToken& token, std::uint64_t expected_expires_us) {
  return in_charge()->renew_token(token, expected_expires_us);
}

Status MovingStore::remove_token(const Digest& id) {
  return in_charge()->remove_token(id);
}

Result<Bytes> MovingStore::get_fact(std::string_view name) {
  return in_charge()->get_fact(name);
}

Status MovingStore::put_fact(std::string_view name, ByteView value, const std::optional<Bytes>& expected) {
  return in_charge()->put_fact(name, value, expected);
}

}  // namespace sluis::gateway::leaving
