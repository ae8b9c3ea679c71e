// Rows of keys and what is opened of them: read and checked, opened through the HSM, cached, changed by
// compare-and-set. The names are those of rows ("transit/orders"). Thread-safe; all but cached() may block.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "gateway/keys/governance.h"
#include "gateway/keys/single_flight.h"
#include "gateway/transit/keys/key_cache.h"
#include "gateway/transit/keys/material.h"
#include "gateway/transit/keys/transit_keys.h"

namespace sluis::gateway::transit {

inline constexpr std::string_view kRowPrefix = "transit/";

// A key as a change finds and leaves it.
struct Draft {
  store::Key row;
  Attributes attributes;
  enum class Effect : std::uint8_t { changed, none } effect = Effect::changed;
  std::vector<std::uint32_t> touched = {};  // versions whose rows are new or changed
  std::optional<audit::Event> event = {};
  std::vector<std::string> warnings = {};

  std::uint32_t latest() const;                      // of the versions that are not destroyed
  store::KeyVersion* version(std::uint32_t number);  // null if there is no row
  void put_version(store::KeyVersion version);       // in place of a row of that number
};

class Shelf {
 public:
  using Key = TransitKeys::Key;
  using Change = TransitKeys::Change;
  using Edit = std::function<Status(Draft&)>;

  Shelf(store::Store& store, hsm::Token& token, const TransitKeysConfig& config, TransitKeys::Clock clock,
        TransitKeys::WallClock wall);
  Status start();

  Result<Key> open(const std::string& row_name);
  Result<Key> open_for(const std::string& row_name, std::uint32_t version);
  // Asks the store again.
  Result<Key> reload(const std::string& row_name) { return load_once(row_name, cache_.find(row_name)); }
  bool cached(std::string_view row_name) const;
  void purge() { cache_.purge(clock_()); }
  void keep_at_most(std::size_t keys) { cache_.keep_at_most(keys); }
  std::size_t cached_keys() const { return cache_.size(); }

  // The row, checked, and its attributes.
  Result<Draft> read(const std::string& row_name);
  // A new row: conflict if the name exists. The draft's versions are complete.
  Result<Key> add(Draft& draft);
  // Reads, edits and writes; again where another gateway was first. An error of the edit ends it.
  Result<Change> change(const std::string& row_name, const Edit& edit);
  // The same for the removal of the row: `edit` says whether it may go.
  Result<Change> remove(const std::string& row_name, const Edit& edit);

  Result<store::KeyVersion> wrap(const store::Key& row, std::uint32_t number, std::uint64_t created_us,
                                 const SecretKey& bytes);
  Result<SecretKey> unwrap(const store::Key& row, const store::KeyVersion& version);
  // A row without versions and MACs.
  Result<store::Key> new_row(std::string row_name) const;

  hsm::Token& token() noexcept { return token_; }
  store::Store& store() noexcept { return store_; }
  std::uint64_t now_us() const { return wall_(); }
  const TransitKeysConfig& config() const noexcept { return config_; }

 private:
  using Entry = KeyCache::Entry;
  using Time = CachedKey::Time;

  bool alive(const Entry& entry) const { return entry && clock_() < entry->expires; }
  bool fresh(const Entry& entry) const { return alive(entry) && clock_() < entry->checked + config_.refresh; }
  Result<Key> refresh_early(const std::string& row_name, const Entry& entry);
  Result<Key> load_once(const std::string& row_name, const Entry& seen);
  Result<Key> load(const std::string& row_name);
  Result<Key> keep(const std::string& row_name, const Error& why, Time read_at);
  Result<std::shared_ptr<CachedKey>> open_row(const store::Key& row, Attributes attributes, Time read_at);
  Result<std::shared_ptr<const KeyVersion>> open_version(const store::Key& row, const store::KeyVersion& version,
                                                         KeyType type);
  Status finish(Draft& draft);

  store::Store& store_;
  hsm::Token& token_;
  const TransitKeysConfig config_;
  const TransitKeys::Clock clock_;
  const TransitKeys::WallClock wall_;
  std::optional<Governance> governance_;  // set by start()
  KeyCache cache_;
  SingleFlight<Key> flights_;
};

// "transit/orders" -> "orders"; a row of another kind keeps its name.
std::string_view name_of_row(std::string_view row_name) noexcept;
std::string row_of_name(std::string_view name);

// When a key with these attributes and versions wants to be rotated; 0: never.
std::uint64_t due_time(const Draft& draft);

}  // namespace sluis::gateway::transit
