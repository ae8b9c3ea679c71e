// How long keys may be used, and who is told when they are used for longer.
#include <algorithm>

#include "gateway/daemon/daemon.h"
#include "gateway/daemon/replay.h"

namespace sluis::gateway {

namespace {

// With one for each collection: a limit that comes later is lower than none, and must not pass for the first.
std::vector<PeriodSetting> all_periods(const Config& config) {
  std::vector<PeriodSetting> all = config.periods;
  for (const CollectionSchema& collection : config.collections) {
    const std::string key = "records/" + collection.name;
    const bool given = std::any_of(all.begin(), all.end(), [&](const PeriodSetting& one) { return one.name == key; });
    if (!given) all.push_back({key, {}, {}});
  }
  return all;
}

}  // namespace

Reasons settle_periods(Parts& parts, const Config& config) {
  const auto answer = parts.periods->settle(all_periods(config), unix_microseconds());
  if (!answer) return {"keys: periods: " + std::string(answer.error().what.view())};
  for (const std::string& change : answer->changed) {
    audit::Event event;
    event.principal = "sluis";
    event.action = "keys.period";
    event.payload.detail = change;
    parts.admin_events.add(std::move(event));
  }
  Reasons out;
  for (const std::string& why : answer->refused) out.push_back("keys: " + why);
  return out;
}

Reasons make_key_service(Parts& parts) {
  parts.periods = std::make_unique<Periods>(*parts.documents);
  if (auto refused = settle_periods(parts, parts.config); !refused.empty()) return refused;
  parts.key_watch = std::make_unique<KeyWatch>(*parts.key_admin);
  return {};
}

std::vector<PeriodSetting> Daemon::periods() const {
  const std::lock_guard lock(loaded_mutex_);
  return loaded_.config.periods;
}

// Never a problem: a key that is too old still works. Once a minute is often enough.
Status Daemon::watch_keys() {
  constexpr std::uint64_t kIntervalUs = 60'000'000;
  const std::uint64_t now = unix_microseconds();
  if (now < keys_looked_us_ + kIntervalUs && now >= keys_looked_us_) return {};
  keys_looked_us_ = now;
  if (!parts_.key_watch->look(periods(), now)) return {};  // what is away says so itself
  const auto found = parts_.key_watch->findings();
  std::string text;
  if (!found.overdue.empty()) text = found.overdue.front();
  if (found.overdue.size() > 1)
    text += ", and " + std::to_string(found.overdue.size() - 1) + " more: `sluis keys list`";
  readiness_->warn("keys", text);
  return {};
}

}  // namespace sluis::gateway
