#include "gateway/daemon/parts.h"

#include <utility>

#include "gateway/daemon/replay.h"
#include "gateway/keys/newest.h"
#include "hsm/pin.h"
#include "store/postgres_store.h"
#include "store/sqlite_store.h"

namespace sluis::gateway {

namespace {

std::string line(std::string_view part, const Error& error) {
  return std::string(part) + ": " + std::string(error.what.view());
}

Result<SecretKey> read_secret(const SecretSource& source) {
  if (!source.credential.empty()) return hsm::read_pin_credential(source.credential);
  if (!source.file.empty()) return hsm::read_pin_file(source.file);
  return Error{Code::invalid, "neither a file nor a credential is configured for it"};
}

Reasons self_test(hsm::Pkcs11Token& token) {
  const auto steps = token.selftest();
  if (!steps) return {line("hsm: self-test", steps.error())};
  Reasons out;
  for (const auto& step : *steps) {
    if (step.outcome != hsm::SelfTestStep::Outcome::failed) continue;
    out.push_back("hsm: self-test: " + std::string(step.name) + ": " + std::string(step.detail));
  }
  return out;
}

Result<std::unique_ptr<store::Store>> open_postgresql(const StoreSettings& settings, OpLog& log) {
  auto options = postgres_options(settings, log);
  if (!options) return options.error();
  return store::open_postgres(*std::move(options));
}

}  // namespace

Result<store::PostgresOptions> postgres_options(const StoreSettings& settings, OpLog& log) {
  store::PostgresOptions options;
  options.dsn = settings.dsn;
  if (settings.dsn_from.given()) {
    const auto secret = read_secret(settings.dsn_from);
    if (!secret) return secret.error();
    // libpq takes the connection string as ordinary text: it holds a password, not a key or a record.
    options.dsn = text_of(secret->expose_secret());
  }
  const auto transport = settings.allow_plain_tcp ? store::Transport::may_be_open : store::Transport::must_be_private;
  if (const auto private_ = store::require_tls(options.dsn, transport); !private_) return private_.error();
  options.connections = settings.connections;
  options.on_trouble = [&log](std::string_view state, std::string_view text) {
    log.write(LogLevel::warning, "database trouble", {{"sqlstate", std::string(state)}, {"text", std::string(text)}});
  };
  return options;
}

Reasons make_oplog(Parts& parts) {
  auto log = OpLog::open(parts.config.log);
  if (!log) return {line("log", log.error())};
  parts.oplog = *std::move(log);
  return {};
}

Reasons make_token(Parts& parts) {
  const auto& settings = parts.config.hsm;
  auto pin = read_secret(settings.pin);
  if (!pin) return {line("hsm: PIN", pin.error())};
  auto profile = hsm::builtin_profile(settings.profile);
  if (!profile) return {line("hsm", profile.error())};
  hsm::Pkcs11Config config;
  config.module_path = settings.module;
  config.reserved = settings.reserved;
  config.token_label = settings.token_label;
  config.token_serial = settings.token_serial;
  config.profile = *std::move(profile);
  config.session_limit = settings.sessions;
  config.observer = [log = parts.oplog.get()](hsm::Event event) {
    const auto level = event == hsm::Event::reconnected ? LogLevel::info : LogLevel::error;
    log->write(level, "hsm", {{"what", std::string(hsm::name(event))}});
  };
  auto token = hsm::Pkcs11Token::open(std::move(config), *std::move(pin));
  if (!token) return {line("hsm", token.error())};
  parts.token = *std::move(token);
  return self_test(*parts.token);
}

Reasons open_store(Parts& parts) {
  const auto& settings = parts.config.store;
  auto store = settings.kind == "sqlite" ? store::open_sqlite({settings.path, settings.connections})
                                         : open_postgresql(settings, *parts.oplog);
  if (!store) return {line("store", store.error())};
  parts.store = *std::move(store);
  return {};
}

Reasons check_store(Parts& parts) {
  if (const auto schema = parts.store->check_schema(); !schema) return {line("store", schema.error())};
  return {};
}

Reasons make_keys(Parts& parts) {
  const KeyringConfig config{parts.config.key_cache, parts.config.key_refresh};
  parts.keyring = std::make_unique<Keyring>(*parts.store, *parts.token, config,
                                            [&parts](audit::Event event) { parts.admin_events.add(std::move(event)); });
  if (const auto started = parts.keyring->start(); !started) return {line("keys", started.error())};
  parts.key_admin = std::make_unique<KeyAdmin>(
      *parts.store, *parts.token, *parts.keyring,
      [&parts](audit::Event event) { parts.admin_events.add(std::move(event)); }, [] { return unix_microseconds(); },
      transit_acts(parts));
  auto periods = PeriodKeys::make(*parts.keyring, *parts.token, config);
  if (!periods) return {line("keys", periods.error())};
  parts.period_keys = *std::move(periods);
  auto signers = AuditSigners::make(*parts.token);
  if (!signers) return {line("keys", signers.error())};
  parts.signers = *std::move(signers);
  return {};
}

Reasons open_log(Parts& parts) {
  audit::LogConfig config;
  config.folder = parts.config.audit_folder;
  config.origin = parts.config.audit_origin;
  config.gateway = parts.config.audit_gateway;
  config.segment_bytes = parts.config.audit_segment_bytes;
  constexpr std::uint64_t day_us = 86'400'000'000;
  auto earlier =
      parts.signers->earlier(config.folder, parts.config.audit_key_overlap_days * day_us, unix_microseconds());
  if (!earlier) return {line("audit", earlier.error())};
  config.earlier = *std::move(earlier);
  audit::Damage damage;
  auto log = audit::Log::open(config, *parts.period_keys, parts.signers->newest(), &damage);
  if (!log) {
    Reasons out{line("audit", log.error())};
    if (!damage.file.empty()) {
      out.push_back("audit: " + damage.file + ", byte " + std::to_string(damage.offset) + ", entry " +
                    std::to_string(damage.index) + ": " + std::string(damage.why));
    }
    return out;
  }
  parts.log = *std::move(log);
  const auto& recovery = parts.log->recovery();
  parts.oplog->write(
      LogLevel::info, "audit log recovered",
      {{"entries", std::to_string(recovery.entries)}, {"torn_bytes", std::to_string(recovery.torn_bytes)}});
  if (const auto replayed = replay_budgets(*parts.log, parts.budgets, unix_microseconds()); !replayed) {
    return {line("audit", replayed.error())};
  }
  return {};
}

std::shared_ptr<const Collections> collections_of(const Config& config) {
  auto out = std::make_shared<Collections>();
  for (const auto& schema : config.collections) out->emplace(schema.name, std::make_shared<const Collection>(schema));
  return out;
}

Reasons make_documents(Parts& parts) {
  const auto master = newest_version(*parts.token, hsm::KeyKind::master);
  if (!master) return {line("keys", master.error())};
  auto governance = Governance::open(*parts.store, *parts.token, *master);
  if (!governance) return {line("keys", governance.error())};
  parts.governance = std::make_unique<Governance>(*std::move(governance));
  parts.documents = std::make_unique<Documents>(*parts.store, *parts.governance);
  return {};
}

Reasons make_approvals(Parts& parts) {
  approvals::Settings settings;
  settings.expire_us = static_cast<std::uint64_t>(parts.config.approval_time.count()) * 1'000'000;
  parts.ledger = std::make_unique<approvals::Ledger>(*parts.documents);
  parts.approvals = std::make_unique<approvals::Approvals>(*parts.documents, *parts.ledger, *parts.log, settings);
  parts.policy_changes = std::make_unique<approvals::PolicyChanges>(*parts.documents, *parts.ledger, *parts.approvals);
  if (const auto recalled = parts.ledger->recall(*parts.log); !recalled) return {line("approvals", recalled.error())};
  return {};
}

Reasons make_tokens(Parts& parts) {
  const auto master = newest_version(*parts.token, hsm::KeyKind::master);
  if (!master) return {line("auth", master.error())};
  auto governance = Governance::open(*parts.store, *parts.token, *master);
  if (!governance) return {line("auth", governance.error())};
  parts.tokens = std::make_unique<auth::Tokens>(*parts.store, *std::move(governance), parts.config.tokens);
  parts.token_gate = std::make_unique<auth::TokenGate>(*parts.tokens);
  return {};
}

Reasons make_records(Parts& parts) {
  ImportLimits limits;
  limits.chunk_records = parts.config.import_chunk_records;
  limits.errors = parts.config.import_errors;
  parts.records = std::make_unique<RecordService>(
      RecordParts{*parts.store, *parts.keyring, parts.budgets, *parts.log, parts.admin_events},
      collections_of(parts.config), limits);
  return {};
}

}  // namespace sluis::gateway
