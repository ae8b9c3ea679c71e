#include "gateway/daemon/daemon.h"

#include <algorithm>
#include <utility>

#include "gateway/adopted/routes.h"
#include "gateway/approvals/routes.h"
#include "gateway/audit_api/routes.h"
#include "gateway/audit_api/tlog_routes.h"
#include "gateway/auth/login_routes.h"
#include "gateway/auth/sys_routes.h"
#include "gateway/backups/routes.h"
#include "gateway/daemon/notify.h"
#include "gateway/daemon/replay.h"
#include "gateway/destruction/routes.h"
#include "gateway/records/routes.h"
#include "gateway/transit/api/routes.h"

namespace sluis::gateway {

namespace {

constexpr std::uint64_t kDaySeconds = 86'400;

std::string joined(const std::vector<std::string>& texts) {
  std::string out;
  for (const auto& text : texts) out += (out.empty() ? "" : ", ") + text;
  return out;
}

std::string days_left(std::uint64_t end) {
  const std::uint64_t now = unix_microseconds() / 1'000'000;
  return end <= now ? std::string("has ended") : "ends in " + std::to_string((end - now) / kDaySeconds) + " days";
}

}  // namespace

Daemon::Daemon(Loaded loaded, std::string version) : version_(std::move(version)), loaded_(std::move(loaded)) {
  parts_.config = loaded_.config;
  parts_.periods_now = [this] { return periods(); };
}

Daemon::~Daemon() = default;

Reasons Daemon::start() {
  using Step = Reasons (*)(Parts&);
  for (const Step step : {make_oplog, make_token, open_store, check_store, make_keys, open_log, make_documents,
                          make_approvals, make_records, make_transit, make_adopted, make_tokens, make_backups,
                          make_rollovers, make_key_service, make_destroyer}) {
    if (auto reasons = step(parts_); !reasons.empty()) return reasons;
  }
  readiness_ = std::make_unique<Readiness>(checks());
  watch_approvals();
  if (auto reasons = settle_policy(loaded_, nullptr); !reasons.empty()) return reasons;
  make_services();
  auto server = Server::open(parts_.config.server, services_, probe_services_, snapshot(loaded_, tls_generation_));
  if (!server) return {"server: " + std::string(server.error().what.view()) + ": " + parts_.config.server.listen};
  server_ = *std::move(server);
  // A gateway that cannot say that it started must not start.
  if (const auto said = record("gateway.start", "version " + version_ + ", " + text_of(loaded_)); !said) {
    return {"audit: " + std::string(said.error().what.view())};
  }
  start_rotator(parts_);
  warn_of_ends(*loaded_.tls);
  readiness_->start(*parts_.oplog);
  parts_.rollovers->start([this] {
    const auto served = metrics_->served();
    return rollover::Served{served.calls, served.microseconds};
  });
  server_->start();
  if (parts_.backups) parts_.backups->start();
  parts_.oplog->write(
      LogLevel::info, "started",
      {{"version", version_}, {"listen", parts_.config.server.listen}, {"port", std::to_string(server_->port())}});
  notify_ready();
  return {};
}

std::vector<Check> Daemon::checks() {
  return {
      {"hsm",
       [this]() -> Status {
         const auto info = parts_.token->probe();
         if (!info) return info.error();
         return {};
       }},
      {"store", [this] { return parts_.store->ping(); }},
      {"schema",
       [this]() -> Status {
         // While the store is away, that is what is wrong, not its schema.
         if (!parts_.store->ping()) return {};
         return parts_.store->check_schema();
       }},
      {"audit",
       [this]() -> Status {
         if (parts_.log->halted()) return Error{Code::audit_halted, "the log cannot be written: decrypts are refused"};
         return parts_.admin_events.drain(*parts_.log);
       }},
      {"certificate",
       [this] {
         if (parts_.backups) readiness_->warn("backups", parts_.backups->warning());
         return check_certificates();
       }},
      {"keys", [this] { return watch_keys(); }},
      {"approvals",
       [this]() -> Status {
         watch_approvals();
         return {};
       }},
  };
}

Status Daemon::check_certificates() const {
  const std::lock_guard lock(loaded_mutex_);
  const std::uint64_t now = unix_microseconds() / 1'000'000;
  if (loaded_.tls->certificate_not_after() <= now) return Error{Code::invalid, "the server's certificate has expired"};
  const auto crl = loaded_.tls->crl_next_update();
  if (crl != 0 && crl <= now) return Error{Code::invalid, "a revocation list has expired: its clients are refused"};
  return {};
}

void Daemon::warn_of_ends(const TlsContext& tls) {
  const std::uint64_t soon = unix_microseconds() / 1'000'000 + 14 * kDaySeconds;
  const auto certificate = tls.certificate_not_after();
  readiness_->warn("certificate", certificate < soon ? "the server's certificate " + days_left(certificate) : "");
}

std::shared_ptr<const Snapshot> Daemon::snapshot(const Loaded& loaded, std::uint64_t tls_generation) const {
  auto out = std::make_shared<Snapshot>();
  out->policy = loaded.policy;
  out->tls = loaded.tls;
  out->limits = loaded.config.limits;
  out->tls_generation = tls_generation;
  for (const auto& collection : loaded.config.collections) out->known_collections.insert(collection.name);
  return out;
}

auth::SysParts Daemon::sys_parts() const {
  auth::SysParts parts;
  parts.seal = [readiness = readiness_.get()] {
    const bool serves = readiness->up("hsm") && readiness->up("store") && readiness->up("schema");
    return auth::SealState{!serves};
  };
  parts.router = [this]() -> const Router& { return *router_; };
  parts.version = version_;
  parts.storage = parts_.store->kind();
  parts.transit_mount = parts_.transit ? parts_.config.transit.mount : "";
  return parts;
}

std::vector<Route> Daemon::routes() {
  auto routes = record_routes(*parts_.records);
  for (auto& route : audit_routes(*parts_.log)) routes.push_back(std::move(route));
  for (auto& route : tlog_routes(*parts_.log)) routes.push_back(std::move(route));
  if (parts_.adopted) {
    for (auto& route : adopted::adopted_routes(*parts_.adopted)) routes.push_back(std::move(route));
  }
  for (auto& route : auth::login_routes(*parts_.tokens)) routes.push_back(std::move(route));
  for (auto& route : auth::sys_routes(sys_parts())) routes.push_back(std::move(route));
  if (parts_.backups) {
    for (auto& route : backup_routes(*parts_.backups)) routes.push_back(std::move(route));
  }
  for (auto& route : rollover::rollover_routes(parts_.rollovers->service())) routes.push_back(std::move(route));
  parts_.key_service =
      std::make_unique<KeyService>(*parts_.key_admin, *parts_.periods, parts_.admin_events, parts_.periods_now);
  for (auto& route : key_routes(*parts_.key_service)) routes.push_back(std::move(route));
  for (auto& route : routes) route.body_limit = std::min(route.body_limit, parts_.config.body_bytes);
  if (parts_.transit) {  // with a limit of their own
    for (auto& route : transit::transit_routes(parts_.transit)) {
      route.token = TokenUse::checked;
      routes.push_back(std::move(route));
    }
  }
  const HealthSources sources{readiness_.get(), [this](std::string& out) { append_metrics(out); }, version_,
                              parts_.config.audit_origin};
  for (auto& route : health_routes(sources, Listener::tls)) routes.push_back(std::move(route));
  for (auto& route : approvals::approval_routes(*parts_.approvals, *parts_.policy_changes)) {
    routes.push_back(std::move(route));
  }
  for (auto& route : destruction::destruction_routes(*parts_.destroyer, *parts_.approvals, parts_.admin_events)) {
    routes.push_back(std::move(route));
  }
  guard(routes, guards());
  probe_router_ = std::make_unique<Router>(health_routes(sources, Listener::loopback));
  return routes;
}

void Daemon::make_services() {
  router_ = std::make_unique<Router>(routes());
  metrics_ = std::make_unique<Metrics>(router_->routes());
  probe_metrics_ = std::make_unique<Metrics>(probe_router_->routes());
  gate_ = std::make_unique<ReplyGate>(*parts_.log);
  workers_ = std::make_unique<WorkerPool>(parts_.config.workers, parts_.config.worker_queue);
  services_ = {router_.get(),          gate_.get(), workers_.get(), metrics_.get(), parts_.oplog.get(), {}, {},
               parts_.token_gate.get()};
  services_.may_run_inline = [this, local = parts_.store->local()](const Route& route, const Call& call) {
    if (route.action.starts_with("transit.")) return transit::may_run_inline(*parts_.transit, route, call);
    return local && parts_.records->key_cached(call.param("collection"));
  };
  services_.compatible = {{"/v1/" + parts_.config.transit.mount + "/", "/v1/auth/", "/v1/sys/"}, transit::compatible};
  probe_services_ = services_;
  probe_services_.router = probe_router_.get();
  probe_services_.metrics = probe_metrics_.get();
  probe_services_.tokens = nullptr;
}

// An administrative act, and those that happened meanwhile. Waits until they are durable.
Status Daemon::record(std::string_view action, std::string detail) {
  auto events = parts_.admin_events.take();
  auto& event = events.emplace_back();
  event.principal = "sluis";
  event.action = action;
  event.payload.detail = std::move(detail);
  const auto receipt = parts_.log->append_and_wait(std::move(events));
  if (!receipt) return receipt.error();
  return {};
}

void Daemon::refuse_reload(const Reasons& errors) {
  metrics_->add(Metrics::Count::reloads_failed);
  for (const auto& error : errors) parts_.oplog->write(LogLevel::error, "reload refused", {{"why", error}});
  readiness_->warn("reload", "the last reload was refused; the gateway runs with what it had: " + errors.front());
}

// Who may do what, and how it is stored, must not change without a trace.
void Daemon::record_reload(const Loaded& next, Reasons& errors) {
  const bool other_policy = next.policy->digest() != loaded_.policy->digest();
  const bool other = other_policy || next.config.digest != loaded_.config.digest;
  // Revocation lists are taken even if the log has just failed.
  if (!other && parts_.log->halted()) return;
  const auto said = record(other_policy ? "policy.reload" : "gateway.reload", loaded_.text() + " -> " + text_of(next));
  if (!said && other) errors.push_back("audit: " + std::string(said.error().what.view()));
}

void Daemon::reload() {
  notify_reloading();
  auto result = load_all(loaded_.config.file);
  if (result.loaded) {
    for (auto& reason : unsafe_changes(loaded_.config, result.loaded->config))
      result.errors.push_back(std::move(reason));
  }
  // What is in force needs nobody's word to stay so, even if another gateway has gone on to a newer policy.
  if (result.errors.empty() && result.loaded->policy->digest() != loaded_.policy->digest()) {
    result.errors = settle_policy(*result.loaded, loaded_.policy.get());
  }
  if (result.errors.empty()) result.errors = settle_periods(parts_, result.loaded->config);
  if (result.errors.empty()) record_reload(*result.loaded, result.errors);
  if (!result.errors.empty()) {
    refuse_reload(result.errors);
    return notify_ready();
  }
  const auto restart = needs_restart(parts_.config, result.loaded->config);
  if (result.loaded->tls->digest() != loaded_.tls->digest()) ++tls_generation_;
  {
    const std::lock_guard lock(loaded_mutex_);
    loaded_ = *std::move(result.loaded);
  }
  parts_.records->replace_collections(collections_of(loaded_.config));
  parts_.oplog->set(loaded_.config.log.level, loaded_.config.log.requests);
  server_->set_snapshot(snapshot(loaded_, tls_generation_));
  metrics_->add(Metrics::Count::reloads);
  readiness_->warn("reload", "");
  readiness_->warn("restart", restart.empty() ? "" : "changed, but only taken over by a restart: " + joined(restart));
  warn_of_ends(*loaded_.tls);
  parts_.oplog->write(LogLevel::info, "reloaded",
                      {{"policy", loaded_.policy->digest()}, {"restart_needed", joined(restart)}});
  notify_ready();
}

int Daemon::stop() {
  notify_stopping();
  parts_.oplog->write(LogLevel::info, "draining");
  const bool drained = server_->drain(parts_.config.drain);
  parts_.transit_rotator.reset();              // before the last entries: one of its own may be among them
  if (parts_.backups) parts_.backups->stop();  // what is being made is given up
  if (drained) parts_.rollovers->stop();
  if (parts_.transit_summary) static_cast<void>(parts_.transit_summary->flush());
  if (!parts_.log->halted())
    static_cast<void>(record("gateway.stop", (drained ? "drained; " : "calls were cut off; ") + parts_.ledger->mark()));
  parts_.oplog->write(drained ? LogLevel::info : LogLevel::error, "stopped", {{"drained", drained ? "yes" : "no"}});
  parts_.oplog->flush();
  if (drained) return 0;
  // Calls still run on the workers; taking apart what they use is worse than leaving now. The log is durable as it is.
  std::_Exit(3);
}

}  // namespace sluis::gateway
