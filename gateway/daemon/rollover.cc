// What can be rolled over, and when it is due by itself.
#include <algorithm>
#include <array>

#include "crypto/hash.h"
#include "gateway/daemon/parts.h"
#include "gateway/daemon/replay.h"
#include "gateway/rollover/key_sweep.h"
#include "gateway/rollover/master_sweep.h"
#include "gateway/rollover/record_sweep.h"

namespace sluis::gateway {

namespace {

using rollover::Due;
using rollover::FindDue;
using rollover::KeySweep;
using rollover::Kind;
using rollover::MasterSweep;
using rollover::RecordSweep;
using rollover::RecordSweepParts;
using rollover::Rollovers;
using rollover::Sweep;
using rollover::Sweeper;
using rollover::Trigger;
using rollover::Wish;
using SweepTarget = rollover::Target;

// Whether the key is there; what has no key has nothing to roll over.
Result<bool> exists(KeyAdmin& keys, std::string_view key) {
  const auto facts = keys.show(key);
  if (facts) return true;
  if (facts.error().code == Code::not_found) return false;
  return facts.error();
}

Sweeper of_collections(Parts& parts) {
  Sweeper out;
  out.make = [&parts](const SweepTarget& target) -> Result<std::unique_ptr<Sweep>> {
    const auto collection = parts.records->collection(target.subject);
    if (!collection) return std::unique_ptr<Sweep>();
    const auto there = exists(*parts.key_admin, collection->key_name());
    if (!there) return there.error();
    if (!*there) return std::unique_ptr<Sweep>();
    const RecordSweepParts sweep{*parts.store, *parts.keyring, *parts.key_admin,
                                 [&parts](std::string_view name) { return parts.records->collection(name); },
                                 parts.config.rollover.threads};
    return std::unique_ptr<Sweep>(std::make_unique<RecordSweep>(sweep, target.subject));
  };
  out.list = [&parts](std::string_view key) -> Result<std::vector<SweepTarget>> {
    std::vector<SweepTarget> targets;
    const auto collections = parts.records->collections();
    for (const auto& [name, collection] : *collections) {
      if (!key.empty() && key != collection->key_name()) continue;
      const auto there = exists(*parts.key_admin, collection->key_name());
      if (!there) return there.error();
      if (*there) targets.push_back({Kind::collection, name});
    }
    return targets;
  };
  return out;
}

Sweeper of_keys(Parts& parts) {
  Sweeper out;
  out.make = [&parts](const SweepTarget& target) -> Result<std::unique_ptr<Sweep>> {
    const auto there = exists(*parts.key_admin, target.subject);
    if (!there) return there.error();
    if (!*there) return std::unique_ptr<Sweep>();
    return std::unique_ptr<Sweep>(
        std::make_unique<KeySweep>(*parts.key_admin, target.subject, parts.keyring->settle_time()));
  };
  return out;
}

Sweeper of_adopted(Parts& parts) {
  Sweeper out;
  out.make = [&parts](const SweepTarget& target) -> Result<std::unique_ptr<Sweep>> {
    if (!parts.adopted) return std::unique_ptr<Sweep>();
    return parts.adopted->make_sweep(target);
  };
  out.list = [&parts](std::string_view key) -> Result<std::vector<SweepTarget>> {
    if (!parts.adopted) return std::vector<SweepTarget>{};
    return parts.adopted->targets(key);
  };
  return out;
}

Sweeper of_master(Parts& parts) {
  Sweeper out;
  out.make = [&parts](const SweepTarget&) -> Result<std::unique_ptr<Sweep>> {
    return std::unique_ptr<Sweep>(std::make_unique<MasterSweep>(*parts.key_admin));
  };
  out.list = [](std::string_view key) -> Result<std::vector<SweepTarget>> {
    if (!key.empty()) return std::vector<SweepTarget>{};
    return std::vector<SweepTarget>{{Kind::master, ""}};
  };
  return out;
}

// Data of compromised keys, which nobody has moved yet.
Status find_compromised(Parts& parts, std::vector<Due>& due) {
  const auto collections = parts.records->collections();
  for (const auto& [name, collection] : *collections) {
    const auto facts = parts.key_admin->show(collection->key_name());
    if (!facts && facts.error().code == Code::not_found) continue;
    if (!facts) return facts.error();
    std::uint32_t newest = 0;
    for (const VersionFacts& version : facts->versions) {
      const bool open = version.state == store::KeyState::compromised && version.emptied_us == 0;
      if (open) newest = version.version;
    }
    if (newest == 0) continue;
    Due one{{Wish::What::collection, name}, Trigger::compromise, 0, {}};
    one.reason = "version " + std::to_string(newest) + " of its key is compromised";
    if (facts->sealing() != nullptr && facts->sealing()->version > newest) one.to = facts->sealing()->version;
    due.push_back(std::move(one));
  }
  return {};
}

// Data that was to follow to a newer version, and whose sweep was cancelled or failed. Adopted tables and data keys
// keep no such account: their next rollover takes them along.
bool left_behind(const KeyFacts& facts, const Period& period) {
  if (!period.reencrypt_within || facts.sealing() == nullptr || !facts.name.starts_with("records/")) return false;
  return std::any_of(facts.versions.begin(), facts.versions.end(), [&](const VersionFacts& version) {
    return version.state == store::KeyState::deactivated && version.emptied_us == 0;
  });
}

void add_if_old(const KeyFacts& facts, const std::vector<PeriodSetting>& settings, const Wish& wish,
                std::uint64_t now_us, std::vector<Due>& due) {
  const PeriodSetting* setting = setting_of(settings, facts.name);
  if (setting == nullptr || !setting->window.open(now_us)) return;
  Due one{wish, Trigger::schedule, 0, {}};
  if (rotation_due(facts, setting->period, now_us)) {
    one.reason = "version " + std::to_string(facts.sealing()->version) + " of " + facts.name + " is " +
                 duration_text(*setting->period.rotate_every) + " old";
    due.push_back(std::move(one));
  } else if (left_behind(facts, setting->period)) {
    one.to = facts.sealing()->version;
    one.reason = "data of " + facts.name + " is left under an older version";
    due.push_back(std::move(one));
  }
}

Status find_old_transit_keys(Parts& parts, const std::vector<PeriodSetting>& settings, std::uint64_t now_us,
                             std::vector<Due>& due) {
  constexpr std::size_t kPage = 500;
  std::string after;
  for (;;) {
    const auto page = parts.key_admin->list("transit/", after, kPage);
    if (!page) return page.error();
    if (page->empty()) return {};
    for (const KeyFacts& facts : *page) add_if_old(facts, settings, {Wish::What::key, facts.name}, now_us, due);
    after = page->back().name;
  }
}

// Keys whose period has come to its end, inside their windows.
Status find_old(Parts& parts, std::uint64_t now_us, std::vector<Due>& due) {
  const auto settings = parts.periods_now();
  const auto rotates = [&](std::string_view prefix) {
    return std::any_of(settings.begin(), settings.end(), [&](const PeriodSetting& setting) {
      return setting.name.starts_with(prefix) && setting.period.rotate_every;
    });
  };
  if (rotates(kMasterName)) {
    const auto master = parts.key_admin->show(kMasterName);
    if (!master) return master.error();
    add_if_old(*master, settings, {Wish::What::master, {}}, now_us, due);
  }
  const auto collections = parts.records->collections();
  for (const auto& [name, collection] : *collections) {
    const auto facts = parts.key_admin->show(collection->key_name());
    if (!facts && facts.error().code == Code::not_found) continue;
    if (!facts) return facts.error();
    add_if_old(*facts, settings, {Wish::What::collection, name}, now_us, due);
  }
  return rotates("transit/") ? find_old_transit_keys(parts, settings, now_us, due) : Status{};
}

FindDue due_of(Parts& parts) {
  return [&parts](std::uint64_t now_us) -> Result<std::vector<Due>> {
    std::vector<Due> due;
    if (const Status found = find_compromised(parts, due); !found) return found.error();
    if (const Status found = find_old(parts, now_us, due); !found) return found.error();
    return due;
  };
}

}  // namespace

Reasons make_rollovers(Parts& parts) {
  std::array<std::uint8_t, 8> drawn{};
  if (const Status status = random_bytes(drawn); !status) {
    return {"rollover: " + std::string(status.error().what.view())};
  }
  Rollovers::Config config;
  config.runner.lease = parts.config.rollover.lease;
  config.runner.gateway = parts.config.audit_gateway;
  config.schedule = parts.config.rollover.schedule;
  config.holder = parts.config.audit_gateway + '/' + to_hex(drawn);
  Rollovers::Parts out{
      *parts.store,
      *parts.documents,
      *parts.log,
      parts.admin_events,
      {{Kind::collection, of_collections(parts)},
       {Kind::key, of_keys(parts)},
       {Kind::adopted, of_adopted(parts)},
       {Kind::master, of_master(parts)}},
      due_of(parts),
      [&parts](const std::string& about, const Error& error) {
        parts.oplog->write(LogLevel::warning, "rollover", {{"about", about}, {"why", std::string(error.what.view())}});
      },
      [] { return unix_microseconds(); }};
  parts.rollovers = std::make_unique<Rollovers>(std::move(out), std::move(config));
  return {};
}

}  // namespace sluis::gateway
