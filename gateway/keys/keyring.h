// The data keys of the gateway: made on first use, kept in the store wrapped under the newest master key, opened
// through the HSM into locked memory for a bounded time. A key's row is believed for KeyringConfig::refresh, then read
// again, so every gateway comes to know of new versions and states; what is unchanged stays open without the HSM. A
// thread of the keyring does so ahead of time for keys in use. While the HSM or the store is away, keys serve until
// their time ends; then calls fail with unavailable, and heal by themselves. All methods are thread-safe. cached() and
// fresh() never block; the others may, on the HSM and the store, when the key is not cached.
#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <shared_mutex>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "audit/entry.h"
#include "gateway/keys/governance.h"
#include "gateway/keys/open_key.h"
#include "gateway/keys/single_flight.h"
#include "hsm/token.h"
#include "store/store.h"

namespace sluis::gateway {

// The versions of one key that can be opened, ascending, as its row was at one moment.
class KeySet {
 public:
  using Time = std::chrono::steady_clock::time_point;
  using Versions = std::vector<std::shared_ptr<const OpenKey>>;
  struct Times {
    Time expires;  // of what is open
    Time checked;  // when the row began to be read
  };
  // One of `wrapped` for each version: what it was opened from. `sealing` 0: none.
  KeySet(Versions versions, std::vector<Bytes> wrapped, std::uint32_t sealing, Times times);

  const std::shared_ptr<const OpenKey>& newest() const { return versions_.back(); }
  // What new records are sealed under: the newest active version. Null if no version is active; never null in what
  // Keyring::open_or_make gives.
  const std::shared_ptr<const OpenKey>& sealing() const noexcept { return sealing_; }
  std::shared_ptr<const OpenKey> find(std::uint32_t version) const;  // null if there is none
  const Versions& versions() const noexcept { return versions_; }    // never empty
  // Null unless it is of the same key and was opened from the same bytes.
  std::shared_ptr<const OpenKey> find(const KeyId& id, std::uint32_t version, const Bytes& wrapped) const;
  bool same_versions(const KeySet& other) const noexcept;
  Time checked() const noexcept { return times_.checked; }
  Time expires() const noexcept { return times_.expires; }

 private:
  Versions versions_;
  std::vector<Bytes> wrapped_;
  std::shared_ptr<const OpenKey> sealing_;
  Times times_;
};

struct KeyringConfig {
  std::chrono::seconds cache{300};          // keys.cache_seconds: how long an opened key is kept
  std::chrono::milliseconds refresh{5000};  // keys.refresh_ms: how long a key's row is believed
};

// Receives an event for each administrative act (a key made). Called on any thread; must be short and must not call
// back.
using AdminLog = std::function<void(audit::Event)>;

class Keyring {
 public:
  using Clock = std::function<std::chrono::steady_clock::time_point()>;
  using Keys = std::shared_ptr<const KeySet>;

  // `store` and `token` must outlive the keyring.
  Keyring(
      store::Store& store, hsm::Token& token, KeyringConfig config, AdminLog admin_log,
      Clock clock = [] { return std::chrono::steady_clock::now(); });
  Keyring(const Keyring&) = delete;
  Keyring& operator=(const Keyring&) = delete;
  ~Keyring();

  // Finds the newest master key and opens (or makes) the governance key. Error not_found if the HSM has no master key.
  Status start();
  // What governing rows are sealed with. Only after start().
  const Governance& governance() const { return governance_.value(); }
  // How long after a change of a key's row every gateway knows of it: the time that a sweep waits between its steps.
  std::chrono::milliseconds settle_time() const noexcept {
    return config_.refresh + config_.refresh / 10 + std::chrono::milliseconds(50);
  }

  // The key's versions that are not destroyed. Errors: not_found if there is no such key, or no version is left;
  // unavailable; corrupt if a row was changed outside Sluis.
  Result<Keys> open(std::string_view name);
  // The same, and the key is made if there is none. conflict if no version may seal.
  Result<Keys> open_or_make(std::string_view name);
  // For the log's own keys: what is open serves until its time ends, without a look at the store, and no version need
  // be active. The key is made if there is none.
  Result<Keys> open_lasting(std::string_view name);
  // One version: asks the store again if the cached set lacks it (another gateway may have rolled the key over).
  Result<std::shared_ptr<const OpenKey>> open_version(std::string_view name, std::uint32_t version);
  // Asks the store again, unless that was done since `seen` was given.
  Result<Keys> reload(std::string_view name, const Keys& seen);

  // What is open of the key is given up: its row was changed.
  void forget(std::string_view name);
  // Whether new records are sealed under another version than this one, which the store has just refused as out of use.
  // Asks the store, unless what is known says so already.
  bool superseded(std::string_view name, std::uint32_t version);

  // Whether the set is still believed: no gateway has put to use a version that it lacks. To be asked *after* the store
  // has answered a search by the set's terms.
  bool fresh(const KeySet& keys) const { return clock_() < keys.checked() + config_.refresh; }
  // Whether open() would answer from memory now and for a while longer.
  bool cached(std::string_view name) const;
  // Reads the rows of the keys that were used lately and whose rows are believed for less than half of the time left; a
  // thread of the keyring calls it often enough.
  void refresh_used();
  // Gives up the keys whose time has ended; a thread of the keyring calls it once a second.
  void purge();

 private:
  using Time = KeySet::Time;
  enum class IfMissing : std::uint8_t { fail, make };
  struct Entry {
    Keys keys;
    Time serves;                            // until then it is given without a look at the store
    mutable std::atomic<bool> used{false};  // since the thread last looked
  };
  using Cached = std::shared_ptr<const Entry>;

  Result<Keys> get(std::string_view name, IfMissing if_missing);
  Cached find_cached(std::string_view name) const;
  Result<Keys> load_once(const std::string& name, IfMissing if_missing, const Keys& stale);
  Result<Keys> load(const std::string& name, IfMissing if_missing);
  Result<Keys> read(const std::string& name, IfMissing if_missing);
  Result<Keys> keep(const std::string& name, const Error& why);
  Result<store::Key> make_key(const std::string& name);
  Result<Keys> open_row(const store::Key& key, Time read_at);
  Result<std::shared_ptr<const OpenKey>> unwrap(const store::Key& key, const store::KeyVersion& version);
  void put(const std::string& name, const Keys& keys, Time serves);
  void run_purger(const std::stop_token& stop);

  store::Store& store_;
  hsm::Token& token_;
  KeyringConfig config_;
  AdminLog admin_log_;
  Clock clock_;
  std::optional<Governance> governance_;  // set by start()

  mutable std::shared_mutex cache_mutex_;
  std::map<std::string, Cached, std::less<>> cache_;

  SingleFlight<Keys> flights_;  // loads that are under way: one a key

  std::mutex purger_mutex_;
  std::condition_variable_any purger_wake_;
  std::jthread purger_;
};

}  // namespace sluis::gateway
