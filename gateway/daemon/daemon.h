// The running gateway: parts, routes, server, reload and drain. One a process, on the main thread.
#pragma once

#include <memory>
#include <string>

#include "gateway/approvals/guard.h"
#include "gateway/auth/sys_routes.h"
#include "gateway/daemon/health.h"
#include "gateway/daemon/parts.h"
#include "gateway/daemon/readiness.h"
#include "gateway/server/server.h"

namespace sluis::gateway {

// What the configuration refers to, loaded and checked: what a reload swaps.
struct Loaded {
  Config config;
  std::shared_ptr<const policy::Policy> policy;
  std::shared_ptr<const TlsContext> tls;

  // Digests of all three, for the log: whoever changes what a gateway does leaves a trace.
  std::string text() const;
};
struct LoadResult {
  std::optional<Loaded> loaded;  // set if there is no error
  Reasons errors;                // "file:line:column: what"
  Reasons warnings;
};
// Reads configuration, policy, certificates and revocation lists whole, and reports everything that is wrong.
LoadResult load_all(const std::string& config_file);
// Why records written under `now` would not be safe, or not open, under `next`; empty if they are.
Reasons unsafe_changes(const Config& now, const Config& next);

// Options that only a restart changes and that differ.
std::vector<std::string> needs_restart(const Config& now, const Config& next);

class Daemon {
 public:
  explicit Daemon(Loaded loaded, std::string version);
  ~Daemon();
  Daemon(const Daemon&) = delete;
  Daemon& operator=(const Daemon&) = delete;

  // Makes everything and begins to serve; or says why not.
  Reasons start();
  // SIGHUP. A bad file changes nothing, and says so.
  void reload();
  // SIGTERM: exit status of the process.
  int stop();

  std::uint16_t port() const noexcept { return server_->port(); }

 private:
  std::vector<Check> checks();
  std::shared_ptr<const Snapshot> snapshot(const Loaded& loaded, std::uint64_t tls_generation) const;
  std::vector<Route> routes();
  approvals::Guards guards() const;
  auth::SysParts sys_parts() const;
  void make_services();
  void append_metrics(std::string& out) const;
  void add_gauges(std::vector<Metrics::Row>& rows) const;
  void warn_of_ends(const TlsContext& tls);
  void record_reload(const Loaded& next, Reasons& errors);
  void refuse_reload(const Reasons& errors);
  Status record(std::string_view action, std::string detail);
  Reasons settle_policy(const Loaded& next, const policy::Policy* now_in_force);
  void watch_approvals();
  void note_backups();
  std::string text_of(const Loaded& loaded) const;
  Status check_certificates() const;
  std::vector<PeriodSetting> periods() const;
  Status watch_keys();

  const std::string version_;
  Parts parts_;
  Loaded loaded_;
  std::uint64_t tls_generation_ = 1;
  std::uint64_t keys_looked_us_ = 0;                                    // of the thread of readiness_
  std::optional<std::chrono::steady_clock::time_point> backups_noted_;  // by the thread of the readiness checks
  std::unique_ptr<Readiness> readiness_;
  std::unique_ptr<WorkerPool> workers_;
  std::unique_ptr<ReplyGate> gate_;
  std::unique_ptr<Router> router_, probe_router_;
  std::unique_ptr<Metrics> metrics_, probe_metrics_;
  Services services_, probe_services_;
  std::unique_ptr<Server> server_;
  mutable std::mutex loaded_mutex_;  // checks and metrics look at loaded_ from other threads
};

}  // namespace sluis::gateway
