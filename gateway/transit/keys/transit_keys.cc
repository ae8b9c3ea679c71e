#include "gateway/transit/keys/transit_keys.h"

#include <utility>

#include "gateway/transit/keys/attributes.h"
#include "gateway/transit/keys/events.h"
#include "gateway/transit/keys/shelf.h"
#include "gateway/transit/keys/use_counters.h"

namespace sluis::gateway::transit {
namespace {

constexpr Error kNoSuchKey{Code::not_found, "encryption key not found"};

void run_purger(const std::stop_token& stop, std::mutex& mutex, std::condition_variable_any& wake, Shelf& shelf) {
  std::unique_lock lock(mutex);
  while (!stop.stop_requested()) {
    wake.wait_for(lock, stop, std::chrono::seconds(1), [] { return false; });
    shelf.purge();
  }
}

Attributes attributes_for(const CreateOptions& options) {
  Attributes attributes;
  attributes.type = options.type;
  attributes.derived = options.derived;
  attributes.convergent = options.convergent;
  attributes.exportable = options.exportable;
  attributes.allow_plaintext_backup = options.allow_plaintext_backup;
  attributes.auto_rotate_period_s = options.auto_rotate_period_s;
  attributes.key_size = options.key_size;
  if (options.type == KeyType::hmac && options.key_size == 0) attributes.key_size = kMinHmacKeySize;
  return attributes;
}

}  // namespace

TransitKeys::TransitKeys(store::Store& store, hsm::Token& token, TransitKeysConfig config, Clock clock, WallClock wall)
    : shelf_(std::make_unique<Shelf>(store, token, config, std::move(clock), std::move(wall))),
      counters_(std::make_unique<UseCounters>(*shelf_, config.use_limit)),
      purger_([this](const std::stop_token& stop) { run_purger(stop, purger_mutex_, purger_wake_, *shelf_); }) {}

TransitKeys::~TransitKeys() = default;

Status TransitKeys::start() {
  return shelf_->start();
}

Result<TransitKeys::Key> TransitKeys::open(std::string_view name) {
  if (!is_key_name(name)) return kNoSuchKey;
  return shelf_->open(row_of_name(name));
}

Result<TransitKeys::Key> TransitKeys::open_for(std::string_view name, std::uint32_t version) {
  if (!is_key_name(name)) return kNoSuchKey;
  return shelf_->open_for(row_of_name(name), version);
}

bool TransitKeys::cached(std::string_view name) const {
  return is_key_name(name) && shelf_->cached(row_of_name(name));
}

Result<TransitKeys::Change> TransitKeys::create(std::string_view name, const CreateOptions& options) {
  if (!is_key_name(name)) return Error{Code::invalid, "invalid key name"};
  const auto there = shelf_->open(row_of_name(name));
  if (there) return Change{*there, {}, {"key " + std::string(name) + " already existed"}};
  if (there.error().code != Code::not_found) return there.error();
  const Attributes attributes = attributes_for(options);
  if (const Status allowed = check_new(attributes); !allowed) return allowed.error();
  const auto material = make_material(shelf_->token(), attributes.type, attributes.key_size);
  if (!material) return material.error();
  auto made = make(name, attributes, "keys.create", *material);
  if (made || made.error().code != Code::conflict) return made;
  return create(name, options);  // another was first: it is there now
}

// The first version of a new key. Error conflict if the name exists.
Result<TransitKeys::Change> TransitKeys::make(std::string_view name, const Attributes& attributes,
                                              std::string_view action, const Material& material) {
  auto row = shelf_->new_row(row_of_name(name));
  if (!row) return row.error();
  const auto bytes = encode_material(attributes.type, material);
  if (!bytes) return bytes.error();
  auto version = shelf_->wrap(*row, 1, row->created_us, *bytes);
  if (!version) return version.error();
  Draft draft{std::move(*row), attributes};
  draft.put_version(std::move(*version));
  const auto key = shelf_->add(draft);
  if (!key) return key.error();
  return Change{
      *key, key_event(action, draft.row.name, 1, std::string("type ").append(transit::name(attributes.type))), {}};
}

Result<std::vector<std::string>> TransitKeys::names(std::string_view prefix, std::string_view after,
                                                    std::size_t limit) {
  const std::string start = after.empty() ? std::string() : row_of_name(after);
  auto rows = shelf_->store().list_keys(row_of_name(prefix), start, limit);
  if (!rows) return rows;
  for (std::string& row : *rows) row.erase(0, kRowPrefix.size());
  return rows;
}

// A version's row changes without its material where it goes under another master key or into another state.
Result<UseAnswer> TransitKeys::take_use(const TransitKey& key, std::uint32_t version, std::uint64_t n) {
  const auto answer = counters_->take(key, version, n);
  if (answer || answer.error().code != Code::not_found) return answer;
  const auto now = shelf_->reload(row_of_name(key.name));
  if (!now) return answer;
  const KeyVersion* before = key.find(version);
  const KeyVersion* after = (*now)->find(version);
  const bool same = before != nullptr && after != nullptr &&
                    equal_constant_time(before->hmac_key.expose_secret(), after->hmac_key.expose_secret());
  return same ? counters_->take(**now, version, n) : answer;
}

bool TransitKeys::use_ready(const TransitKey& key, std::uint32_t version, std::uint64_t n) const {
  return counters_->ready(key, version, n);
}

void TransitKeys::purge() {
  shelf_->purge();
}

void TransitKeys::keep_at_most(std::size_t keys) {
  shelf_->keep_at_most(keys);
}

std::size_t TransitKeys::cached_keys() const {
  return shelf_->cached_keys();
}

}  // namespace sluis::gateway::transit
