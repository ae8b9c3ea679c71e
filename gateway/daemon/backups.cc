#include "gateway/backups/backups.h"

#include "gateway/backups/restore.h"
#include "gateway/daemon/parts.h"
#include "gateway/keys/key_rows.h"
#include "gateway/keys/newest.h"

namespace sluis::gateway {

namespace {

std::string line(const Error& error) {
  return "backup: " + std::string(error.what.view());
}

OnComplaint telling(OpLog& log) {
  return [&log](const std::string& text) { log.write(LogLevel::warning, "backups", {{"text", text}}); };
}

// A path or a connection string of the kind that the store is.
Result<std::optional<Database>> other_database(const Config& config, const std::string& text, const SecretSource& from,
                                               OpLog& log) {
  if (text.empty() && !from.given()) return std::optional<Database>();
  if (config.store.kind == "sqlite") return std::optional(Database{"sqlite", text, {}});
  StoreSettings settings = config.store;
  settings.dsn = text;
  settings.dsn_from = from;
  auto options = postgres_options(settings, log);
  if (!options) return options.error();
  return std::optional(Database{"postgresql", "", *std::move(options)});
}

Result<BackupParts> backup_parts(Parts& parts) {
  const Config& config = parts.config;
  const BackupSettings& settings = config.backup;
  Database source{config.store.kind, config.store.path, {}};
  if (source.kind == "postgresql") {
    auto options = postgres_options(config.store, *parts.oplog);
    if (!options) return options.error();
    source.postgres = *std::move(options);
  }
  auto scratch = other_database(config, settings.scratch_dsn, settings.scratch_dsn_from, *parts.oplog);
  if (!scratch) return scratch.error();
  auto restore_to = other_database(config, settings.restore_to, settings.restore_to_from, *parts.oplog);
  if (!restore_to) return restore_to.error();
  RestoreMeans means{*parts.token,          {settings.pg_bin, "", settings.time_limit},
                     telling(*parts.oplog), collections_of(config),
                     unix_time_us,          settings.drill_records};
  return BackupParts{
      std::move(means),
      *parts.store,
      parts.signers->newest(),
      *parts.log,
      parts.admin_events,
      std::move(source),
      *std::move(scratch),
      *std::move(restore_to),
      CommandTarget({settings.command, settings.fetch_command, settings.expire_command, settings.time_limit},
                    telling(*parts.oplog)),
      settings.folder,
      config.audit_gateway,
      config.audit_origin,
      settings.method};
}

}  // namespace

// Before anything is served: a store that was restored is said to be so.
Reasons make_backups(Parts& parts) {
  const auto master = newest_version(*parts.token, hsm::KeyKind::master);
  if (!master) return {line(master.error())};
  auto governance = Governance::open(*parts.store, *parts.token, *master);
  if (!governance) return {line(governance.error())};
  parts.backup_governance = std::make_unique<Governance>(*std::move(governance));
  if (const auto said = report_restores(*parts.store, *parts.backup_governance, *parts.log); !said) {
    return {line(said.error())};
  }
  const BackupSettings& settings = parts.config.backup;
  if (settings.folder.empty()) return {};
  auto made = backup_parts(parts);
  if (!made) return {line(made.error())};
  const auto window = BackupWindow::parse(settings.window);
  if (!window) return {line(window.error())};
  BackupSchedule schedule;
  schedule.every = settings.every;
  schedule.window = *window;
  schedule.keep = settings.keep;
  schedule.drill = settings.drill;
  parts.backups =
      std::make_unique<Backups>(*std::move(made), Documents(*parts.store, *parts.backup_governance), schedule);
  return {};
}

// `sluisd --restore`: without a gateway, into the configured store.
Reasons restore_store(Parts& parts, const std::string& manifest) {
  auto signers = AuditSigners::make(*parts.token);
  if (!signers) return {line(signers.error())};
  parts.signers = *std::move(signers);
  const Config& config = parts.config;
  Database target{config.store.kind, config.store.path, {}};
  if (target.kind == "postgresql") {
    auto options = postgres_options(config.store, *parts.oplog);
    if (!options) return {line(options.error())};
    target.postgres = *std::move(options);
  }
  const RestoreMeans means{*parts.token,          {config.backup.pg_bin, "", config.backup.time_limit},
                           telling(*parts.oplog), collections_of(config),
                           unix_time_us,          config.backup.drill_records};
  BackupProgress progress;
  const auto restored = restore_generation(means, manifest, target, "sluisd --restore", progress, {});
  if (!restored) return {"restore: " + std::string(restored.error().what.view())};
  std::printf("Restored generation %s: %s records, %s of them opened; key versions marked destroyed: %s.\n",
              restored->manifest.id.c_str(), std::to_string(restored->records).c_str(),
              std::to_string(restored->opened).c_str(), std::to_string(restored->keys_destroyed).c_str());
  return {};
}

}  // namespace sluis::gateway
