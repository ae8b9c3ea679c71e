#include "gateway/keys/keyring.h"

#include <algorithm>
#include <utility>

#include "gateway/keys/key_rows.h"

namespace sluis::gateway {
namespace {

// A key that is about to expire does not count as cached, so that a call that may not block is not caught out.
constexpr std::chrono::seconds kMargin{2};
// How often a version that is not in the store may make the keyring look there again.
constexpr std::chrono::seconds kReloadInterval{1};

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

std::shared_ptr<const OpenKey> KeySet::find(std::uint32_t version) const {
  for (const auto& key : versions_) {
    if (key->version() == version) return key;
  }
  return nullptr;
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
  return get(name, IfMissing::make);
}

Result<std::shared_ptr<const OpenKey>> Keyring::open_version(std::string_view name, std::uint32_t version) {
  auto keys = open(name);
  if (!keys) return keys.error();
  if (auto key = (*keys)->find(version)) return key;
  if (clock_() - (*keys)->opened() >= kReloadInterval) {
    keys = load_once(std::string(name), IfMissing::fail, *keys);
    if (!keys) return keys.error();
    if (auto key = (*keys)->find(version)) return key;
  }
  return Error{Code::not_found, "the key has no such version"};
}

Keyring::Keys Keyring::find_cached(std::string_view name) const {
  const std::shared_lock lock(cache_mutex_);
  const auto found = cache_.find(name);
  return found == cache_.end() ? nullptr : found->second;
}

bool Keyring::cached(std::string_view name) const {
  const Keys keys = find_cached(name);
  return keys && clock_() + std::min(kMargin, config_.cache / 2) < keys->expires();
}

Result<Keyring::Keys> Keyring::get(std::string_view name, IfMissing if_missing) {
  const Keys keys = find_cached(name);
  if (keys && clock_() < keys->expires()) return keys;
  return load_once(std::string(name), if_missing, keys);
}

// `stale` is what the caller has seen in the cache: anything else there is the work of a load that has just ended.
Result<Keyring::Keys> Keyring::load_once(const std::string& name, IfMissing if_missing, const Keys& stale) {
  const auto already = [&]() -> std::optional<Keys> {
    Keys keys = find_cached(name);
    if (keys && keys != stale && clock_() < keys->expires()) return keys;
    return std::nullopt;
  };
  return flights_.run((if_missing == IfMissing::make ? "make " : "open ") + name, already,
                      [&] { return load(name, if_missing); });
}

Result<Keyring::Keys> Keyring::load(const std::string& name, IfMissing if_missing) {
  if (!governance_) return Error{Code::internal, "the keyring was not started"};
  auto key = store_.get_key(name);
  const bool missing = !key && key.error().code == Code::not_found;
  if (missing && if_missing == IfMissing::make) key = make_key(name);
  if (!key) return key.error();
  if (const Status sound = governance_->check(*key); !sound) return sound.error();
  auto keys = unwrap_all(*key);
  if (!keys) return keys.error();
  const std::unique_lock lock(cache_mutex_);
  cache_.insert_or_assign(name, *keys);
  return keys;
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

Result<Keyring::Keys> Keyring::unwrap_all(const store::Key& key) {
  KeySet::Versions versions;
  for (const store::KeyVersion& version : key.versions) {
    if (version.state == store::KeyState::destroyed) continue;
    auto data_key = token_.unwrap(version.master_version, encode(context_of(key, version)), version.wrapped);
    if (!data_key) return data_key.error();
    auto open_key = OpenKey::make(key.id, version.version, std::move(*data_key));
    if (!open_key) return open_key.error();
    versions.push_back(std::move(*open_key));
  }
  if (versions.empty()) return Error{Code::not_found, "the key was destroyed"};
  const auto now = clock_();
  return std::make_shared<const KeySet>(std::move(versions), now, now + config_.cache);
}

void Keyring::purge() {
  const auto now = clock_();
  const std::unique_lock lock(cache_mutex_);
  std::erase_if(cache_, [now](const auto& entry) { return entry.second->expires() <= now; });
}

void Keyring::run_purger(const std::stop_token& stop) {
  std::unique_lock lock(purger_mutex_);
  while (!stop.stop_requested()) {
    purger_wake_.wait_for(lock, stop, std::chrono::seconds(1), [] { return false; });
    purge();
  }
}

}  // namespace sluis::gateway
