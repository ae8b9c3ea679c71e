// The data keys of the gateway: made on first use, kept in the store wrapped under the newest master key, opened
// through the HSM into locked memory for a bounded time. While the HSM or the store is away, keys serve until their
// time ends; then calls fail with unavailable, and heal by themselves. All methods are thread-safe. cached() never
// blocks; the others may, on the HSM and the store, when the key is not cached.
#pragma once

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

// The versions of one key that can be opened, ascending.
class KeySet {
 public:
  using Versions = std::vector<std::shared_ptr<const OpenKey>>;
  KeySet(Versions versions, std::chrono::steady_clock::time_point opened,
         std::chrono::steady_clock::time_point expires) noexcept
      : versions_(std::move(versions)), opened_(opened), expires_(expires) {}

  const std::shared_ptr<const OpenKey>& newest() const { return versions_.back(); }
  // What new records are sealed under: the newest active version.
  const std::shared_ptr<const OpenKey>& sealing() const { return versions_.back(); }
  std::shared_ptr<const OpenKey> find(std::uint32_t version) const;  // null if there is none
  const Versions& versions() const noexcept { return versions_; }    // never empty
  std::chrono::steady_clock::time_point opened() const noexcept { return opened_; }
  std::chrono::steady_clock::time_point expires() const noexcept { return expires_; }

 private:
  Versions versions_;
  std::chrono::steady_clock::time_point opened_, expires_;
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
  std::chrono::milliseconds settle_time() const noexcept { return config_.refresh; }

  // The key's versions that are not destroyed. Errors: not_found if there is no such key, or no version is left;
  // unavailable; corrupt if a row was changed outside Sluis.
  Result<Keys> open(std::string_view name);
  // The same, and the key is made if there is none.
  Result<Keys> open_or_make(std::string_view name);
  // One version: asks the store again if the cached set lacks it (another gateway may have rolled the key over).
  Result<std::shared_ptr<const OpenKey>> open_version(std::string_view name, std::uint32_t version);

  // Whether open() would answer from memory now and for a while longer.
  bool cached(std::string_view name) const;
  // Gives up the keys whose time has ended; a thread of the keyring calls it once a second.
  void purge();

 private:
  enum class IfMissing : std::uint8_t { fail, make };

  Result<Keys> get(std::string_view name, IfMissing if_missing);
  Keys find_cached(std::string_view name) const;
  Result<Keys> load_once(const std::string& name, IfMissing if_missing, const Keys& stale);
  Result<Keys> load(const std::string& name, IfMissing if_missing);
  Result<store::Key> make_key(const std::string& name);
  Result<Keys> unwrap_all(const store::Key& key);
  void run_purger(const std::stop_token& stop);

  store::Store& store_;
  hsm::Token& token_;
  KeyringConfig config_;
  AdminLog admin_log_;
  Clock clock_;
  std::optional<Governance> governance_;  // set by start()

  mutable std::shared_mutex cache_mutex_;
  std::map<std::string, Keys, std::less<>> cache_;

  SingleFlight<Keys> flights_;  // loads that are under way: one a key

  std::mutex purger_mutex_;
  std::condition_variable_any purger_wake_;
  std::jthread purger_;
};

}  // namespace sluis::gateway
