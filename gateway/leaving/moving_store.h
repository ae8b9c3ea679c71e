// The store of the process, which may become another one while calls go on: every call goes to the one in charge, and
// the change waits for those that are under way. While a move looks at what is written, the ids of records that were
// written are noted, whatever became of the write. Thread-safe.
#pragma once

#include <atomic>
#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <shared_mutex>
#include <string>
#include <utility>

#include "store/store.h"

namespace sluis::gateway::leaving {

using Noted = std::map<std::string, std::set<std::string>>;  // ids by collection

class MovingStore final : public store::Store {
 public:
  explicit MovingStore(std::unique_ptr<store::Store> first) : current_(std::move(first)) {}

  // From its return on the id of each record is noted before it is written. end_noting forgets them.
  void begin_noting();
  Noted take_noted();  // within a pause: all that was written since begin_noting
  void end_noting();

  // No call is under way, and none begins, as long as this lives. Not to be held by a thread that calls the store.
  class Pause {
   public:
    explicit Pause(MovingStore& store) : store_(store), lock_(store.gate_) {}
    store::Store& current() const noexcept { return *store_.current_; }
    // What was in charge stays open, for whoever still looks at it, but gets no call any more.
    void change_to(std::unique_ptr<store::Store> next) {
      store_.former_ = std::exchange(store_.current_, std::move(next));
    }

   private:
    MovingStore& store_;
    std::unique_lock<std::shared_mutex> lock_;
  };

  std::string_view kind() const noexcept override;
  bool local() const noexcept override;
  Status migrate() override;
  Status check_schema() override;
  Status ping() override;

  std::vector<Status> put_many(std::span<const store::Put> puts) override;
  Status remove(std::string_view collection, std::string_view id, const store::Expected& expected) override;
  Result<store::Record> get(std::string_view collection, std::string_view id) override;
  Result<std::vector<store::Record>> read(std::string_view collection, const std::vector<std::string>& ids) override;
  Result<store::SearchPage> search(std::string_view collection, const std::vector<store::Match>& all_of,
                                   std::string_view after, std::size_t limit) override;
  Result<store::SearchPage> scan(std::string_view collection, std::string_view after, std::size_t limit) override;
  Result<std::uint64_t> count(std::string_view collection) override;

  Result<store::ChunkResult> import_chunk(const std::vector<store::Record>& records,
                                          const std::vector<store::ImportError>& errors,
                                          const store::ImportState& after, std::uint64_t expected_lines_done) override;
  Result<store::ImportState> import_state(std::string_view collection, std::string_view import_id) override;
  Result<std::vector<store::ImportError>> import_errors(std::string_view collection, std::string_view import_id,
                                                        std::uint64_t after_line, std::size_t limit) override;

  Result<store::SearchPage> scan_versions(std::string_view collection, std::uint32_t least, std::uint32_t below,
                                          std::string_view after, std::size_t limit) override;
  Result<std::vector<std::size_t>> rewrite(const store::Lease& lease,
                                           std::span<const store::Rewrite> rewrites) override;
  Result<std::map<std::uint32_t, std::uint64_t>> count_versions(std::string_view collection) override;
  Status raise_floor(std::string_view collection, std::uint32_t least) override;

  Result<store::Lease> take_lease(std::string_view name, std::string_view holder,
                                  std::chrono::milliseconds ttl) override;
  Status renew_lease(const store::Lease& lease, std::chrono::milliseconds ttl) override;
  Status drop_lease(const store::Lease& lease) override;

  Result<store::Document> get_document(std::string_view kind, std::string_view name) override;
  Status put_document(const store::Document& document, std::uint64_t expected_revision) override;
  Result<std::vector<store::Document>> list_documents(std::string_view kind, std::string_view after,
                                                      std::size_t limit) override;
  Status remove_document(std::string_view kind, std::string_view name, std::uint64_t expected_revision) override;

  Status create_key(const store::Key& key) override;
  Result<store::Key> get_key(std::string_view name) override;
  Result<store::Key> get_key(const KeyId& id) override;
  Result<std::vector<std::string>> list_keys(std::string_view prefix, std::string_view after,
                                             std::size_t limit) override;
  Status update_key(const store::Key& key, std::uint64_t expected_revision) override;
  Result<store::KeyPage> scan_keys(std::string_view prefix, std::string_view after, std::size_t limit) override;
  Result<std::vector<std::size_t>> update_keys(std::span<const store::KeyUpdate> updates) override;
  Status remove_key(std::string_view name, const KeyId& id, std::uint64_t expected_revision) override;
  Result<std::vector<std::string>> list_keys_due(std::uint64_t before_us, std::size_t limit) override;

  Result<std::uint64_t> add_token(const store::LoginToken& token, std::size_t most, std::uint64_t now_us) override;
  Result<store::LoginToken> get_token(const Digest& id) override;
  Status renew_token(const store::LoginToken& token, std::uint64_t expected_expires_us) override;
  Status remove_token(const Digest& id) override;

  Result<Bytes> get_fact(std::string_view name) override;
  Status put_fact(std::string_view name, ByteView value, const std::optional<Bytes>& expected) override;

 private:
  // Holds the change off while a call is under way.
  class Entered {
   public:
    explicit Entered(const MovingStore& store) : lock_(store.gate_), current_(*store.current_) {}
    store::Store* operator->() const noexcept { return &current_; }

   private:
    std::shared_lock<std::shared_mutex> lock_;
    store::Store& current_;
  };
  Entered in_charge() const { return Entered(*this); }
  void note(std::string_view collection, std::string_view id);

  mutable std::shared_mutex gate_;
  std::unique_ptr<store::Store> current_, former_;

  std::atomic<bool> noting_{false};
  std::mutex noted_mutex_;
  Noted noted_;
};

}  // namespace sluis::gateway::leaving
