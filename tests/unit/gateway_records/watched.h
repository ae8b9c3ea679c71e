// The real token and the real store, with somebody at the door: calls are counted, can be refused, and can be preceded
// by something that happens just then.
#pragma once

#include <atomic>
#include <functional>
#include <memory>

#include "hsm/token.h"
#include "store/store.h"

namespace sluis::gateway::test {

class WatchedToken final : public hsm::Token {
 public:
  explicit WatchedToken(hsm::Token& inner) : inner_(inner) {}

  std::atomic<bool> away{false};
  std::atomic<int> unwraps{0};  // of keys of collections: the log fetches its own keys when it likes
  std::atomic<int> macs{0};

  Result<hsm::KeyInfo> make(hsm::KeyKind kind, std::uint32_t version) override { return inner_.make(kind, version); }
  Result<std::vector<hsm::KeyInfo>> list() override {
    if (away) return gone();
    return inner_.list();
  }
  Status destroy(hsm::KeyKind kind, std::uint32_t version) override { return inner_.destroy(kind, version); }
  Result<Bytes> wrap(std::uint32_t master, ByteView context, const SecretKey& key) override {
    if (away) return gone();
    return inner_.wrap(master, context, key);
  }
  Result<SecretKey> unwrap(std::uint32_t master, ByteView context, ByteView wrapped) override {
    if (text_of(context).find("records/") != std::string_view::npos) ++unwraps;
    if (away) return gone();
    return inner_.unwrap(master, context, wrapped);
  }
  Result<SecretKey> mac(std::uint32_t version, ByteView data) override {
    ++macs;
    if (away) return gone();
    return inner_.mac(version, data);
  }
  Result<Bytes> sign(std::uint32_t version, ByteView message) override { return inner_.sign(version, message); }
  Result<Bytes> public_key(std::uint32_t version) override { return inner_.public_key(version); }
  Result<SecretKey> random(std::size_t size) override {
    if (away) return gone();
    return inner_.random(size);
  }
  Result<hsm::TokenInfo> probe() override { return inner_.probe(); }

 private:
  static Error gone() { return {Code::unavailable, "the token is away"}; }
  hsm::Token& inner_;
};

class WatchedStore final : public store::Store {
 public:
  explicit WatchedStore(store::Store& inner) : inner_(inner) {}

  std::atomic<bool> away{false};
  std::atomic<int> puts{0}, put_calls{0};
  std::atomic<int> token_reads{0};
  std::atomic<int> searches{0};
  std::function<void()> after_search;        // taken away when it has run
  std::atomic<int> key_reads{0};             // of collections
  std::function<void()> before_update_keys;  // taken away when it has run
  std::function<void()> before_renew;        // taken away when it has run
  std::function<void()> before_put;          // taken away when it has run
  std::function<void()> before_rewrite;      // taken away when it has run
  std::function<Status()> before_chunk;      // an error refuses the chunk
  std::function<Status()> after_chunk;       // an error comes in place of the result
  std::function<void()> before_create_key;  // of a collection: the log makes its own when it likes; taken away likewise

  std::string_view kind() const noexcept override { return inner_.kind(); }
  bool local() const noexcept override { return inner_.local(); }
  Status migrate() override { return inner_.migrate(); }
  Status check_schema() override { return inner_.check_schema(); }
  Status ping() override { return inner_.ping(); }
  std::vector<Status> put_many(std::span<const store::Put> some) override {
    puts += static_cast<int>(some.size());
    ++put_calls;
    run_once(before_put);
    if (away) return std::vector<Status>(some.size(), gone());
    return inner_.put_many(some);
  }
  Status remove(std::string_view collection, std::string_view id, const store::Expected& expected) override {
    if (away) return gone();
    return inner_.remove(collection, id, expected);
  }
  Result<store::Record> get(std::string_view collection, std::string_view id) override {
    if (away) return gone();
    return inner_.get(collection, id);
  }
  Result<std::vector<store::Record>> read(std::string_view collection, const std::vector<std::string>& ids) override {
    if (away) return gone();
    return inner_.read(collection, ids);
  }
  Result<store::SearchPage> search(std::string_view collection, const std::vector<store::Match>& all_of,
                                   std::string_view after, std::size_t limit) override {
    ++searches;
    if (away) return gone();
    auto found = inner_.search(collection, all_of, after, limit);
    run_once(after_search);
    return found;
  }
  Result<store::SearchPage> scan(std::string_view collection, std::string_view after, std::size_t limit) override {
    if (away) return gone();
    return inner_.scan(collection, after, limit);
  }
  Result<std::uint64_t> count(std::string_view collection) override { return inner_.count(collection); }
  Result<store::ChunkResult> import_chunk(const std::vector<store::Record>& records,
                                          const std::vector<store::ImportError>& errors,
                                          const store::ImportState& after, std::uint64_t expected_lines_done) override {
    if (before_chunk) {
      if (const Status allowed = before_chunk(); !allowed) return allowed.error();
    }
    auto result = inner_.import_chunk(records, errors, after, expected_lines_done);
    if (!after_chunk) return result;
    const Status told = after_chunk();
    return told ? result : Result<store::ChunkResult>(told.error());
  }
  Result<store::ImportState> import_state(std::string_view collection, std::string_view import_id) override {
    return inner_.import_state(collection, import_id);
  }
  Result<std::vector<store::ImportError>> import_errors(std::string_view collection, std::string_view import_id,
                                                        std::uint64_t after_line, std::size_t limit) override {
    return inner_.import_errors(collection, import_id, after_line, limit);
  }
  Result<store::SearchPage> scan_versions(std::string_view collection, std::uint32_t least, std::uint32_t below,
                                          std::string_view after, std::size_t limit) override {
    if (away) return gone();
    return inner_.scan_versions(collection, least, below, after, limit);
  }
  Result<std::vector<std::size_t>> rewrite(const store::Lease& lease,
                                           std::span<const store::Rewrite> rewrites) override {
    run_once(before_rewrite);
    if (away) return gone();
    return inner_.rewrite(lease, rewrites);
  }
  Result<std::map<std::uint32_t, std::uint64_t>> count_versions(std::string_view collection) override {
    if (away) return gone();
    return inner_.count_versions(collection);
  }
  Status raise_floor(std::string_view collection, std::uint32_t least) override {
    if (away) return gone();
    return inner_.raise_floor(collection, least);
  }
  Result<store::Lease> take_lease(std::string_view name, std::string_view holder,
                                  std::chrono::milliseconds ttl) override {
    if (away) return gone();
    return inner_.take_lease(name, holder, ttl);
  }
  Status renew_lease(const store::Lease& lease, std::chrono::milliseconds ttl) override {
    if (away) return gone();
    return inner_.renew_lease(lease, ttl);
  }
  Status drop_lease(const store::Lease& lease) override {
    if (away) return gone();
    return inner_.drop_lease(lease);
  }
  Result<store::Document> get_document(std::string_view kind, std::string_view name) override {
    if (away) return gone();
    return inner_.get_document(kind, name);
  }
  Status put_document(const store::Document& document, std::uint64_t expected_revision) override {
    if (away) return gone();
    return inner_.put_document(document, expected_revision);
  }
  Result<std::vector<store::Document>> list_documents(std::string_view kind, std::string_view after,
                                                      std::size_t limit) override {
    if (away) return gone();
    return inner_.list_documents(kind, after, limit);
  }
  Status remove_document(std::string_view kind, std::string_view name, std::uint64_t expected_revision) override {
    if (away) return gone();
    return inner_.remove_document(kind, name, expected_revision);
  }
  Status remove_key(std::string_view name, const KeyId& id, std::uint64_t expected_revision) override {
    if (away) return gone();
    return inner_.remove_key(name, id, expected_revision);
  }
  Result<std::vector<std::string>> list_keys_due(std::uint64_t before_us, std::size_t limit) override {
    if (away) return gone();
    return inner_.list_keys_due(before_us, limit);
  }
  Status create_key(const store::Key& key) override {
    if (key.name.starts_with("records/")) run_once(before_create_key);
    return inner_.create_key(key);
  }
  Result<store::Key> get_key(std::string_view name) override {
    if (name.starts_with("records/")) ++key_reads;
    if (away) return gone();
    return inner_.get_key(name);
  }
  Result<store::Key> get_key(const KeyId& id) override { return inner_.get_key(id); }
  Result<std::vector<std::string>> list_keys(std::string_view prefix, std::string_view after,
                                             std::size_t limit) override {
    return inner_.list_keys(prefix, after, limit);
  }
  Status update_key(const store::Key& key, std::uint64_t expected_revision) override {
    return inner_.update_key(key, expected_revision);
  }
  Result<store::KeyPage> scan_keys(std::string_view prefix, std::string_view after, std::size_t limit) override {
    return inner_.scan_keys(prefix, after, limit);
  }
  Result<std::vector<std::size_t>> update_keys(std::span<const store::KeyUpdate> updates) override {
    run_once(before_update_keys);
    return inner_.update_keys(updates);
  }
  Result<std::uint64_t> add_token(const store::LoginToken& token, std::size_t most, std::uint64_t now_us) override {
    if (away) return gone();
    return inner_.add_token(token, most, now_us);
  }
  Result<store::LoginToken> get_token(const Digest& id) override {
    ++token_reads;
    if (away) return gone();
    return inner_.get_token(id);
  }
  Status renew_token(const store::LoginToken& token, std::uint64_t expected_expires_us) override {
    run_once(before_renew);
    if (away) return gone();
    return inner_.renew_token(token, expected_expires_us);
  }
  Status remove_token(const Digest& id) override {
    if (away) return gone();
    return inner_.remove_token(id);
  }
  Result<Bytes> get_fact(std::string_view name) override { return inner_.get_fact(name); }
  Status put_fact(std::string_view name, ByteView value, const std::optional<Bytes>& expected) override {
    return inner_.put_fact(name, value, expected);
  }

 private:
  static Error gone() { return {Code::unavailable, "the store is away"}; }
  static void run_once(std::function<void()>& hook) {
    if (!hook) return;
    const auto now = std::exchange(hook, {});
    now();
  }
  store::Store& inner_;
};

}  // namespace sluis::gateway::test
