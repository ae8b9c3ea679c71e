#include "gateway/transit/keys/shelf.h"

#include <algorithm>
#include <utility>

#include "gateway/keys/key_rows.h"
#include "gateway/transit/keys/attributes.h"

namespace sluis::gateway::transit {
namespace {

using std::chrono::steady_clock;

constexpr int kTries = 16;  // of a change that others overtake
constexpr std::chrono::seconds kVersionInterval{1};
constexpr std::chrono::seconds kMargin{2};
constexpr Error kOvertaken{Code::busy, "the key is being changed by others"};

bool usable(const store::KeyVersion& version) {
  return version.state != store::KeyState::destroyed;
}

// What update_key has to be given: the others stay.
store::Key only_touched(const Draft& draft) {
  store::Key row = draft.row;
  std::erase_if(row.versions, [&](const store::KeyVersion& version) {
    return std::find(draft.touched.begin(), draft.touched.end(), version.version) == draft.touched.end();
  });
  return row;
}

}  // namespace

std::string_view name_of_row(std::string_view row_name) noexcept {
  return row_name.starts_with(kRowPrefix) ? row_name.substr(kRowPrefix.size()) : row_name;
}

std::string row_of_name(std::string_view name) {
  return std::string(kRowPrefix).append(name);
}

std::uint32_t Draft::latest() const {
  for (auto version = row.versions.rbegin(); version != row.versions.rend(); ++version) {
    if (usable(*version)) return version->version;
  }
  return 0;
}

store::KeyVersion* Draft::version(std::uint32_t number) {
  for (store::KeyVersion& version : row.versions) {
    if (version.version == number) return &version;
  }
  return nullptr;
}

void Draft::put_version(store::KeyVersion version) {
  touched.push_back(version.version);
  if (store::KeyVersion* there = this->version(version.version)) {
    *there = std::move(version);
    return;
  }
  const auto after = std::find_if(row.versions.begin(), row.versions.end(),
                                  [&](const auto& other) { return other.version > version.version; });
  row.versions.insert(after, std::move(version));
}

std::uint64_t due_time(const Draft& draft) {
  const Attributes& attributes = draft.attributes;
  if (attributes.auto_rotate_period_s == 0 || attributes.soft_deleted || !attributes.allow_rotation) return 0;
  for (const store::KeyVersion& version : draft.row.versions) {
    if (version.version == draft.latest()) return version.created_us + attributes.auto_rotate_period_s * 1'000'000;
  }
  return 0;
}

Shelf::Shelf(store::Store& store, hsm::Token& token, const TransitKeysConfig& config, TransitKeys::Clock clock,
             TransitKeys::WallClock wall)
    : store_(store),
      token_(token),
      config_(config),
      clock_(clock ? std::move(clock) : TransitKeys::Clock(steady_clock::now)),
      wall_(wall ? std::move(wall) : TransitKeys::WallClock(unix_time_us)),
      cache_(std::max<std::size_t>(config.cache_keys, 1)) {}

Status Shelf::start() {
  const auto master = newest_master(token_);
  if (!master) return master.error();
  auto governance = Governance::open(store_, token_, *master);
  if (!governance) return governance.error();
  governance_.emplace(std::move(*governance));
  return {};
}

// Inline calls ask cached() first. Before the row is too old one of the others asks the store, so that all go on.
bool Shelf::cached(std::string_view row_name) const {
  const Entry entry = cache_.find(row_name);
  if (!entry) return false;
  const auto now = clock_();
  if (now + std::min<steady_clock::duration>(kMargin, config_.cache / 2) >= entry->expires) return false;
  const auto age = now - entry->checked;
  const bool being_asked = entry->refreshing.load(std::memory_order_relaxed);
  return age < (being_asked ? config_.refresh : config_.refresh / 4 * 3);
}

Result<Shelf::Key> Shelf::open(const std::string& row_name) {
  const Entry entry = cache_.find(row_name);
  if (!fresh(entry)) return load_once(row_name, entry);
  if (clock_() - entry->checked < config_.refresh / 4 * 3) return entry->key;
  return refresh_early(row_name, entry);
}

Result<Shelf::Key> Shelf::refresh_early(const std::string& row_name, const Entry& entry) {
  if (entry->refreshing.exchange(true, std::memory_order_relaxed)) return entry->key;
  auto key = load_once(row_name, entry);
  entry->refreshing.store(false, std::memory_order_relaxed);
  return key;
}

Result<Shelf::Key> Shelf::open_for(const std::string& row_name, std::uint32_t version) {
  auto key = open(row_name);
  if (!key || version <= (*key)->latest()) return key;
  const Entry entry = cache_.find(row_name);
  const bool in_vain = entry && entry->in_vain.load(std::memory_order_relaxed);
  if (in_vain && clock_() - entry->checked < kVersionInterval) return key;
  key = load_once(row_name, entry);
  if (!key || version <= (*key)->latest()) return key;
  if (const Entry read = cache_.find(row_name)) read->in_vain.store(true, std::memory_order_relaxed);
  return key;
}

Result<Shelf::Key> Shelf::load_once(const std::string& row_name, const Entry& seen) {
  const auto already = [&]() -> std::optional<Key> {
    const Entry entry = cache_.find(row_name);
    if (entry != seen && fresh(entry)) return entry->key;
    return std::nullopt;
  };
  return flights_.run(row_name, already, [&] { return load(row_name); });
}

Result<Shelf::Key> Shelf::load(const std::string& row_name) {
  const Time read_at = clock_();
  auto draft = read(row_name);
  if (!draft) return keep(row_name, draft.error(), read_at);
  auto entry = open_row(draft->row, std::move(draft->attributes), read_at);
  if (!entry) return keep(row_name, entry.error(), read_at);
  cache_.put(row_name, *entry);
  return (*entry)->key;
}

// While the store or the HSM is away, what is open serves until its time ends; they are asked again once in a while.
Result<Shelf::Key> Shelf::keep(const std::string& row_name, const Error& why, Time read_at) {
  const Entry entry = cache_.find(row_name);
  const bool away = why.code == Code::unavailable || why.code == Code::busy;
  if (!away) cache_.erase(row_name);
  if (!away || !alive(entry)) return why;
  auto kept = std::make_shared<CachedKey>();
  kept->key = entry->key;
  kept->expires = entry->expires;
  kept->checked = read_at;
  cache_.put(row_name, kept);
  return entry->key;
}

Result<Draft> Shelf::read(const std::string& row_name) {
  if (!governance_) return Error{Code::internal, "the Transit keys were not started"};
  auto row = store_.get_key(row_name);
  if (!row) return row.error();
  if (row->name != row_name) return Error{Code::corrupt, "a key's row was changed outside Sluis"};
  if (const Status sound = governance_->check(*row); !sound) return sound.error();
  auto attributes = attributes_of(row->attributes);
  if (!attributes) return attributes.error();
  Draft draft{std::move(*row), std::move(*attributes)};
  if (draft.latest() == 0) return Error{Code::corrupt, "a Transit key has no version"};
  return draft;
}

// Versions whose rows have not changed are taken over from the cache, with the time that is left to them.
Result<std::shared_ptr<CachedKey>> Shelf::open_row(const store::Key& row, Attributes attributes, Time read_at) {
  const Entry before = cache_.find(row.name);
  const bool known = alive(before) && before->key->id == row.id;
  auto key = std::make_shared<TransitKey>();
  auto entry = std::make_shared<CachedKey>();
  entry->expires = clock_() + config_.cache;
  entry->checked = read_at;
  for (const store::KeyVersion& version : row.versions) {
    if (!usable(version) || version.version < attributes.min_decryption_version) continue;
    const KeyVersion* there = known ? before->key->find(version.version) : nullptr;
    if (there != nullptr && there->mark == version.mac) {
      const auto& versions = before->key->versions;
      key->versions.push_back(
          *std::find_if(versions.begin(), versions.end(), [&](const auto& v) { return v.get() == there; }));
      entry->expires = std::min(entry->expires, before->expires);
      continue;
    }
    auto opened = open_version(row, version, attributes.type);
    if (!opened) return opened.error();
    key->versions.push_back(std::move(*opened));
  }
  if (key->versions.empty()) return Error{Code::corrupt, "a Transit key has no version that decrypts"};
  key->name = name_of_row(row.name);
  key->id = row.id;
  key->revision = row.revision;
  key->created_us = row.created_us;
  key->due_us = row.due_us;
  key->attributes = std::move(attributes);
  entry->key = std::move(key);
  return entry;
}

Result<std::shared_ptr<const KeyVersion>> Shelf::open_version(const store::Key& row, const store::KeyVersion& version,
                                                              KeyType type) {
  const auto bytes = unwrap(row, version);
  if (!bytes) return bytes.error();
  auto material = decode_material(type, bytes->expose_secret(), Origin::own);
  if (!material) return material.error();
  auto opened = std::make_shared<KeyVersion>();
  opened->number = version.version;
  opened->created_us = version.created_us;
  opened->key = std::move(material->key);
  opened->pair = std::move(material->pair);
  opened->hmac_key = std::move(material->hmac_key);
  opened->mark = version.mac;
  return std::shared_ptr<const KeyVersion>(std::move(opened));
}

Result<SecretKey> Shelf::unwrap(const store::Key& row, const store::KeyVersion& version) {
  return token_.unwrap(version.master_version, encode(context_of(row, version)), version.wrapped);
}

Result<store::KeyVersion> Shelf::wrap(const store::Key& row, std::uint32_t number, std::uint64_t created_us,
                                      const SecretKey& bytes) {
  const auto master = newest_master(token_);
  if (!master) return master.error();
  store::KeyVersion version;
  version.key_id = row.id;
  version.version = number;
  version.master_version = *master;
  version.created_us = created_us;
  auto wrapped = token_.wrap(*master, encode(context_of(row, version)), bytes);
  if (!wrapped) return wrapped.error();
  version.wrapped = std::move(*wrapped);
  return version;
}

Result<store::Key> Shelf::new_row(std::string row_name) const {
  store::Key row;
  row.name = std::move(row_name);
  if (const Status drawn = random_bytes(row.id); !drawn) return drawn.error();
  row.created_us = wall_();
  row.revision = 1;
  return row;
}

// Attributes, due time and MACs, as they go to the store.
Status Shelf::finish(Draft& draft) {
  if (!governance_) return Error{Code::internal, "the Transit keys were not started"};
  auto text = to_json(draft.attributes);
  if (!text) return text.error();
  draft.row.attributes = std::move(*text);
  draft.row.due_us = due_time(draft);
  governance_->seal(draft.row);
  return {};
}

// The row is opened before it is stored: what cannot be opened again is never written.
Result<Shelf::Key> Shelf::add(Draft& draft) {
  if (const Status finished = finish(draft); !finished) return finished.error();
  auto entry = open_row(draft.row, draft.attributes, clock_());
  if (!entry) return entry.error();
  if (const Status stored = store_.create_key(draft.row); !stored) return stored.error();
  cache_.put(draft.row.name, *entry);
  return (*entry)->key;
}

Result<Shelf::Change> Shelf::change(const std::string& row_name, const Edit& edit) {
  for (int i = 0; i < kTries; ++i) {
    const Time read_at = clock_();
    auto draft = read(row_name);
    if (!draft) return draft.error();
    if (const Status edited = edit(*draft); !edited) return edited.error();
    const bool changed = draft->effect == Draft::Effect::changed;
    const std::uint64_t expected = draft->row.revision;
    if (changed) ++draft->row.revision;
    if (const Status finished = changed ? finish(*draft) : Status{}; !finished) return finished.error();
    auto entry = open_row(draft->row, draft->attributes, read_at);
    if (!entry) return entry.error();
    const Status stored = changed ? store_.update_key(only_touched(*draft), expected) : Status{};
    if (!stored && stored.error().code == Code::conflict) continue;
    if (!stored) return stored.error();
    if (changed) (*entry)->checked = clock_();  // a read that began before must not replace it
    cache_.put(row_name, *entry);
    return Change{(*entry)->key, std::move(draft->event), std::move(draft->warnings)};
  }
  return kOvertaken;
}

Result<Shelf::Change> Shelf::remove(const std::string& row_name, const Edit& edit) {
  for (int i = 0; i < kTries; ++i) {
    auto draft = read(row_name);
    if (!draft) return draft.error();
    if (const Status edited = edit(*draft); !edited) return edited.error();
    const Status removed = store_.remove_key(row_name, draft->row.id, draft->row.revision);
    if (!removed && removed.error().code == Code::conflict) continue;
    if (!removed) return removed.error();
    cache_.erase(row_name);
    return Change{nullptr, std::move(draft->event), std::move(draft->warnings)};
  }
  return kOvertaken;
}

}  // namespace sluis::gateway::transit
