#include <array>

#include "gateway/daemon/daemon.h"

namespace sluis::gateway {

namespace {

void add(Reasons& out, const std::vector<policy::LoadError>& errors) {
  for (const auto& error : errors) out.push_back(error.text());
}

struct RestartRow {
  const char* name;
  bool (*same)(const Config&, const Config&);
};

constexpr std::array kRestartRows{
    RestartRow{"server.listen", [](const Config& a, const Config& b) { return a.server.listen == b.server.listen; }},
    RestartRow{"server.probe_listen",
               [](const Config& a, const Config& b) { return a.server.probe_listen == b.server.probe_listen; }},
    RestartRow{"server.io_threads",
               [](const Config& a, const Config& b) { return a.server.threads == b.server.threads; }},
    RestartRow{"server.worker_threads", [](const Config& a, const Config& b) { return a.workers == b.workers; }},
    RestartRow{"server.worker_queue",
               [](const Config& a, const Config& b) { return a.worker_queue == b.worker_queue; }},
    RestartRow{"limits.body_bytes", [](const Config& a, const Config& b) { return a.body_bytes == b.body_bytes; }},
    RestartRow{"log.file", [](const Config& a, const Config& b) { return a.log.file == b.log.file; }},
    RestartRow{"hsm",
               [](const Config& a, const Config& b) {
                 return a.hsm.module == b.hsm.module && a.hsm.reserved == b.hsm.reserved &&
                        a.hsm.token_label == b.hsm.token_label && a.hsm.token_serial == b.hsm.token_serial &&
                        a.hsm.profile == b.hsm.profile && a.hsm.pin.file == b.hsm.pin.file &&
                        a.hsm.pin.credential == b.hsm.pin.credential && a.hsm.sessions == b.hsm.sessions;
               }},
    RestartRow{"store",
               [](const Config& a, const Config& b) {
                 return a.store.kind == b.store.kind && a.store.path == b.store.path && a.store.dsn == b.store.dsn &&
                        a.store.dsn_from.file == b.store.dsn_from.file &&
                        a.store.dsn_from.credential == b.store.dsn_from.credential &&
                        a.store.connections == b.store.connections &&
                        a.store.allow_plain_tcp == b.store.allow_plain_tcp;
               }},
    RestartRow{"audit",
               [](const Config& a, const Config& b) {
                 return a.audit_folder == b.audit_folder && a.audit_origin == b.audit_origin &&
                        a.audit_gateway == b.audit_gateway && a.audit_segment_bytes == b.audit_segment_bytes;
               }},
    RestartRow{"keys.cache_seconds", [](const Config& a, const Config& b) { return a.key_cache == b.key_cache; }},
    RestartRow{"import",
               [](const Config& a, const Config& b) {
                 return a.import_chunk_records == b.import_chunk_records && a.import_errors == b.import_errors;
               }},
};

}  // namespace

LoadResult load_all(const std::string& config_file) {
  LoadResult out;
  auto config = load_config(config_file);
  add(out.errors, config.errors);
  if (!config.config) return out;
  auto policy = policy::load_file(config.config->policy_file);
  add(out.errors, policy.errors);
  add(out.warnings, policy.warnings);
  auto tls = TlsContext::load(config.config->tls);
  for (auto& error : tls.errors) out.errors.push_back(std::move(error));
  if (out.errors.empty())
    out.loaded = Loaded{*std::move(config.config), std::move(policy.policy), std::move(tls.context)};
  return out;
}

std::vector<std::string> needs_restart(const Config& now, const Config& next) {
  std::vector<std::string> out;
  for (const auto& row : kRestartRows) {
    if (!row.same(now, next)) out.emplace_back(row.name);
  }
  return out;
}

}  // namespace sluis::gateway
