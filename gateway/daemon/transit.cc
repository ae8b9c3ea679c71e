#include "gateway/daemon/parts.h"
#include "gateway/transit/api/handlers.h"

namespace sluis::gateway {

namespace {

std::string line(const Error& error) {
  return "transit: " + std::string(error.what.view());
}

transit::Settings settings_of(const Config& all) {
  using transit::Settings;
  constexpr std::uint64_t kLargestEntry = 2048;  // of one item, with room to spare
  const TransitSettings& config = all.transit;
  Settings settings;
  settings.mount = config.mount;
  settings.body_bytes = config.body_bytes;
  settings.batch_items = config.batch_items;
  settings.opened_items = static_cast<std::size_t>(all.audit_segment_bytes / kLargestEntry);
  settings.log_encrypts = config.log_each_encrypt ? Settings::Log::each : Settings::Log::summary;
  settings.exports = config.allow_export ? Settings::Export::allowed : Settings::Export::refused;
  return settings;
}

// A failure to rotate shows again each minute, until it is mended.
transit::Rotator::OnFailure telling(OpLog& log) {
  return [&log](const Error& error) {
    log.write(LogLevel::error, "a key could not be rotated", {{"why", std::string(error.what.view())}});
  };
}

// On disk before the next key is rotated; no call may come for hours that could take it along. While the log is halted
// it is kept for whoever writes next.
void record_rotation(Parts& parts, audit::Event event) {
  parts.admin_events.add(std::move(event));
  if (const Status written = parts.admin_events.drain(*parts.log); !written) {
    parts.oplog->write(LogLevel::error, "rotation not logged", {{"why", std::string(written.error().what.view())}});
  }
}

}  // namespace

Reasons make_transit(Parts& parts) {
  const TransitSettings& config = parts.config.transit;
  if (!config.enabled) return {};
  const auto stored = transit::stored_cache_size(*parts.store);
  if (!stored) return {line(stored.error())};
  transit::TransitKeysConfig keys;
  keys.cache = parts.config.key_cache;
  keys.refresh = config.refresh;
  keys.use_limit = config.encryptions_per_version;
  keys.cache_keys = *stored == 0 ? config.cache_keys : static_cast<std::size_t>(*stored);
  parts.transit_keys = std::make_unique<transit::TransitKeys>(*parts.store, *parts.token, keys);
  if (const auto started = parts.transit_keys->start(); !started) return {line(started.error())};
  parts.transit_summary = std::make_unique<transit::Summary>(*parts.log);
  parts.transit = std::make_shared<const transit::Parts>(transit::Parts{
      *parts.transit_keys, *parts.store, *parts.transit_summary, parts.budgets, settings_of(parts.config)});
  return {};
}

void start_rotator(Parts& parts) {
  if (!parts.transit_keys) return;
  parts.transit_rotator = std::make_unique<transit::Rotator>(
      *parts.transit_keys, [&parts](audit::Event event) { record_rotation(parts, std::move(event)); },
      telling(*parts.oplog));
}

}  // namespace sluis::gateway
