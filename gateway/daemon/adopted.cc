#include "gateway/daemon/parts.h"
#include "gateway/daemon/replay.h"
#include "hsm/pin.h"
#include "store/postgres_store.h"

namespace sluis::gateway {

namespace {

std::string line(const std::string& source, const Error& error) {
  return "data source '" + source + "': " + std::string(error.what.view());
}

Result<std::string> connection_string(const DataSourceSettings& settings) {
  const auto secret = settings.dsn_from.file.empty() ? hsm::read_pin_credential(settings.dsn_from.credential)
                                                     : hsm::read_pin_file(settings.dsn_from.file);
  if (!secret) return secret.error();
  // libpq takes the connection string as ordinary text: it holds a password, not a key or a cell.
  std::string dsn(text_of(secret->expose_secret()));
  const auto transport = settings.allow_plain_tcp ? store::Transport::may_be_open : store::Transport::must_be_private;
  if (const auto safe = store::require_tls(dsn, transport); !safe) return safe.error();
  return dsn;
}

}  // namespace

Reasons make_adopted(Parts& parts) {
  if (!parts.transit_keys) return {};
  Reasons wrong;
  std::vector<adopted::Sources::Source> sources;
  for (const DataSourceSettings& settings : parts.config.data_sources) {
    if (const auto dsn = connection_string(settings); !dsn) wrong.push_back(line(settings.name, dsn.error()));
    sources.push_back({settings.name, [settings] { return connection_string(settings); }, settings.connections});
  }
  parts.adopted_sources = std::make_unique<adopted::Sources>(
      std::move(sources),
      [log = parts.oplog.get()](std::string_view source, std::string_view state, std::string_view text) {
        log->write(LogLevel::warning, "data source trouble",
                   {{"source", std::string(source)}, {"sqlstate", std::string(state)}, {"text", std::string(text)}});
      });
  adopted::SweepParts sweep{*parts.transit_keys, parts.config.transit.refresh, [] { return unix_microseconds(); },
                            parts.config.rollover.threads};
  parts.adopted = std::make_unique<adopted::Tables>(
      adopted::Tables::Parts{*parts.documents, *parts.adopted_sources, std::move(sweep)});
  return wrong;
}

}  // namespace sluis::gateway
