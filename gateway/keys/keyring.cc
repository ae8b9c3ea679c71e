#include "gateway/keys/keyring.h"

#include <algorithm>
#include <utility>

#include "gateway/keys/key_rows.h"
#include "gateway/lifecycle/states.h"

namespace sluis::gateway {
namespace {

// A key that is about to expire does not count as cached, so that a call that may not block is not caught out.
constexpr std::chrono::seconds kMargin{2};
// How often a version that is not in the store may make the keyring look there again.
constexpr std::chrono::seconds kReloadInterval{1};
// How soon a store or an HSM that is away is asked again.
constexpr std::chrono::milliseconds kRetryInterval{1000};
constexpr Error kNoSealing{Code::conflict, "no version of the key is active"};

audit::Event key_made(const store::Key& key) {
  audit::Event event;
  event.principal = "sluis";
  event.action = "keys.create";
  event.key = key.name;
  event.key_version = 1;
  event.payload.detail = "id " + to_hex(key.id) + ", master version " + std::to_string(key.versions[0].master_version);
  return event;
}

}  // namespace

KeySet::KeySet(Versions versions, std::vector<Bytes> wrapped, std::uint32_t sealing, Times times)
    : versions_(std::move(versions)), wrapped_(std::move(wrapped)), sealing_(find(sealing)), times_(times) {}

std::shared_ptr<const OpenKey> KeySet::find(std::uint32_t version) const {
  for (const auto& key : versions_) {
    if (key->version() == version) return key;
  }
  return nullptr;
}

std::shared_ptr<const OpenKey> KeySet::find(const KeyId& id, std::uint32_t version, const Bytes& wrapped) const {
  for (std::size_t i = 0; i < versions_.size(); ++i) {
    const auto& key = versions_[i];
    if (key->version() == version && key->id() == id && wrapped_[i] == wrapped) return key;
  }
  return nullptr;
}

bool KeySet::same_versions(const KeySet& other) const noexcept {
  return std::equal(versions_.begin(), versions_.end(), other.versions_.begin(), other.versions_.end(),
                    [](const auto& a, const auto& b) { return a->version() == b->version() && a->id() == b->id(); });
}

Keyring::Keyring(store::Store& store, hsm::Token& token, KeyringConfig config, AdminLog admin_log, Clock clock)
    : store_(store),
      token_(token),
      config_(config),
      admin_log_(std::move(admin_log)),
      clock_(std::move(clock)),
      purger_([this](const std::stop_token& stop) { run_purger(stop); }) {}

Keyring::~Keyring() = default;

Status Keyring::start() {
  const auto master = newest_master(token_);
  if (!master) return master.error();
  auto governance = Governance::open(store_, token_, *master);
  if (!governance) return governance.error();
  governance_.emplace(std::move(*governance));
  return {};
}

Result<Keyring::Keys> Keyring::open(std::string_view name) {
  return get(name, IfMissing::fail);
}

Result<Keyring::Keys> Keyring::open_or_make(std::string_view name) {
  auto keys = get(name, IfMissing::make);
  if (keys && !(*keys)->sealing()) return kNoSealing;
  return keys;
}

Result<Keyring::Keys> Keyring::open_lasting(std::string_view name) {
  const Cached entry = find_cached(name);
  if (entry && clock_() < entry->keys->expires()) return entry->keys;
  return get(name, IfMissing::make);
}

Result<std::shared_ptr<const OpenKey>> Keyring::open_version(std::string_view name, std::uint32_t version) {
  auto keys = open(name);
  if (!keys) return keys.error();
  if (auto key = (*keys)->find(version)) return key;
  if (clock_() - (*keys)->checked() >= kReloadInterval) {
    keys = reload(name, *keys);
    if (!keys) return keys.error();
    if (auto key = (*keys)->find(version)) return key;
  }
  return Error{Code::not_found, "the key has no such version"};
}

Result<Keyring::Keys> Keyring::reload(std::string_view name, const Keys& seen) {
  return load_once(std::string(name), IfMissing::fail, seen);
}

void Keyring::forget(std::string_view name) {
  const std::unique_lock lock(cache_mutex_);
  if (const auto found = cache_.find(name); found != cache_.end()) cache_.erase(found);
}

bool Keyring::superseded(std::string_view name, std::uint32_t version) {
  const auto another = [version](const Keys& keys) { return keys->sealing() && keys->sealing()->version() != version; };
  const Cached entry = find_cached(name);
  if (entry && another(entry->keys)) return true;
  const auto keys = load_once(std::string(name), IfMissing::fail, entry ? entry->keys : nullptr);
  return keys && another(*keys);
}

Keyring::Cached Keyring::find_cached(std::string_view name) const {
  const std::shared_lock lock(cache_mutex_);
  const auto found = cache_.find(name);
  if (found == cache_.end()) return nullptr;
  const Cached& entry = found->second;
  // Written only where it changes, so that readers share the line.
  if (!entry->used.load(std::memory_order_relaxed)) entry->used.store(true, std::memory_order_relaxed);
  return entry;
}

bool Keyring::cached(std::string_view name) const {
  const Cached entry = find_cached(name);
  const auto margin = std::min<KeySet::Time::duration>({kMargin, config_.cache / 2, config_.refresh / 4});
  return entry && clock_() + margin < std::min(entry->serves, entry->keys->expires());
}

Result<Keyring::Keys> Keyring::get(std::string_view name, IfMissing if_missing) {
  const Cached entry = find_cached(name);
  const auto now = clock_();
  if (entry && now < entry->serves && now < entry->keys->expires()) return entry->keys;
  return load_once(std::string(name), if_missing, entry ? entry->keys : nullptr);
}

// `stale` is what the caller has seen in the cache: anything else there is the work of a load that has just ended.
Result<Keyring::Keys> Keyring::load_once(const std::string& name, IfMissing if_missing, const Keys& stale) {
  const auto already = [&]() -> std::optional<Keys> {
    const Cached entry = find_cached(name);
    const auto now = clock_();
    if (!entry || now >= entry->keys->expires()) return std::nullopt;
    if (entry->keys != stale && now < entry->serves) return entry->keys;
    return std::nullopt;
  };
  return flights_.run((if_missing == IfMissing::make ? "make " : "open ") + name, already,
                      [&] { return load(name, if_missing); });
}

Result<Keyring::Keys> Keyring::load(const std::string& name, IfMissing if_missing) {
  if (!governance_) return Error{Code::internal, "the keyring was not started"};
  auto keys = read(name, if_missing);
  if (!keys) return keep(name, keys.error());
  put(name, *keys, (*keys)->checked() + config_.refresh);
  return keys;
}

Result<Keyring::Keys> Keyring::read(const std::string& name, IfMissing if_missing) {
  const Time read_at = clock_();
  auto key = store_.get_key(name);
  const bool missing = !key && key.error().code == Code::not_found;
  if (missing && if_missing == IfMissing::make) key = make_key(name);
  if (!key) return key.error();
  if (key->name != name) return Error{Code::corrupt, "a key's row was changed outside Sluis"};
  if (const Status sound = governance_->check(*key); !sound) return sound.error();
  return open_row(*key, read_at);
}

// While the store or the HSM is away, what is open serves until its time ends; it does not become fresh by that.
Result<Keyring::Keys> Keyring::keep(const std::string& name, const Error& why) {
  const bool away = why.code == Code::unavailable || why.code == Code::busy;
  const Cached entry = find_cached(name);
  const auto now = clock_();
  if (!away) {
    const std::unique_lock lock(cache_mutex_);
    cache_.erase(name);
  }
  if (!away || !entry || now >= entry->keys->expires()) return why;
  put(name, entry->keys, now + std::min(kRetryInterval, config_.refresh));
  return entry->keys;
}

void Keyring::put(const std::string& name, const Keys& keys, Time serves) {
  auto entry = std::make_shared<Entry>();
  entry->keys = keys;
  entry->serves = serves;
  const std::unique_lock lock(cache_mutex_);
  Cached& there = cache_[name];
  // A read that began before must not replace what was read later.
  if (there && there->keys->checked() > keys->checked()) return;
  there = std::move(entry);
}

// Another gateway may be first: then its key is the one.
Result<store::Key> Keyring::make_key(const std::string& name) {
  const auto master = newest_master(token_);
  if (!master) return master.error();
  const auto data_key = token_.random(kAeadKeySize);
  if (!data_key) return data_key.error();
  store::Key key;
  key.name = name;
  if (const Status drawn = random_bytes(key.id); !drawn) return drawn.error();
  key.created_us = unix_time_us();
  key.attributes = "{}";
  key.revision = 1;
  store::KeyVersion& version = key.versions.emplace_back();
  version.key_id = key.id;
  version.version = 1;
  version.master_version = *master;
  version.created_us = key.created_us;
  auto wrapped = token_.wrap(*master, encode(context_of(key, version)), *data_key);
  if (!wrapped) return wrapped.error();
  version.wrapped = std::move(*wrapped);
  governance_->seal(key);
  const Status created = store_.create_key(key);
  if (!created && created.error().code == Code::conflict) return store_.get_key(name);
  if (!created) return created.error();
  admin_log_(key_made(key));
  return key;
}

// Versions whose wrapped bytes have not changed are taken over from what is open, with the time that is left to them.
Result<Keyring::Keys> Keyring::open_row(const store::Key& key, Time read_at) {
  const auto now = clock_();
  const Cached entry = find_cached(key.name);
  const Keys before = entry && now < entry->keys->expires() ? entry->keys : nullptr;
  KeySet::Versions versions;
  std::vector<Bytes> wrapped;
  std::uint32_t sealing = 0;
  KeySet::Times times{now + config_.cache, read_at};
  for (const store::KeyVersion& version : key.versions) {
    const Rights rights = rights_of(version.state);
    if (!rights.open) continue;
    auto there = before ? before->find(key.id, version.version, version.wrapped) : nullptr;
    if (there) times.expires = std::min(times.expires, before->expires());
    auto opened = there ? Result<std::shared_ptr<const OpenKey>>(std::move(there)) : unwrap(key, version);
    if (!opened) return opened.error();
    versions.push_back(std::move(*opened));
    wrapped.push_back(version.wrapped);
    if (rights.seal) sealing = version.version;
  }
  if (versions.empty()) return Error{Code::not_found, "the key was destroyed"};
  return std::make_shared<const KeySet>(std::move(versions), std::move(wrapped), sealing, times);
}

Result<std::shared_ptr<const OpenKey>> Keyring::unwrap(const store::Key& key, const store::KeyVersion& version) {
  auto data_key = token_.unwrap(version.master_version, encode(context_of(key, version)), version.wrapped);
  if (!data_key) return data_key.error();
  return OpenKey::make(key.id, version.version, std::move(*data_key));
}

void Keyring::purge() {
  const auto now = clock_();
  const std::unique_lock lock(cache_mutex_);
  std::erase_if(cache_, [now](const auto& entry) { return entry.second->keys->expires() <= now; });
}

void Keyring::refresh_used() {
  const auto now = clock_();
  std::vector<std::pair<std::string, Keys>> wanted;
  {
    const std::shared_lock lock(cache_mutex_);
    for (const auto& [name, entry] : cache_) {
      const bool due = now + config_.refresh / 2 >= entry->serves && now < entry->keys->expires();
      if (due && entry->used.exchange(false, std::memory_order_relaxed)) wanted.emplace_back(name, entry->keys);
    }
  }
  for (const auto& [name, keys] : wanted) static_cast<void>(load_once(name, IfMissing::fail, keys));
}

void Keyring::run_purger(const std::stop_token& stop) {
  constexpr std::chrono::milliseconds kShortest{5}, kLongest{1000};
  const auto pause = std::clamp(config_.refresh / 8, kShortest, kLongest);
  std::unique_lock lock(purger_mutex_);
  while (!stop.stop_requested()) {
    purger_wake_.wait_for(lock, stop, pause, [] { return false; });
    purge();
    refresh_used();
  }
}

}  // namespace sluis::gateway
