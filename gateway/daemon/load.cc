#include <algorithm>
#include <array>

#include "crypto/bytes.h"
#include "gateway/daemon/daemon.h"
#include "policy/explain.h"

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
                        a.audit_gateway == b.audit_gateway && a.audit_segment_bytes == b.audit_segment_bytes &&
                        a.audit_key_overlap_days == b.audit_key_overlap_days;
               }},
    RestartRow{"keys.cache_seconds", [](const Config& a, const Config& b) { return a.key_cache == b.key_cache; }},
    RestartRow{"keys.refresh_ms", [](const Config& a, const Config& b) { return a.key_refresh == b.key_refresh; }},
    RestartRow{"auth",
               [](const Config& a, const Config& b) {
                 return a.tokens.ttl == b.tokens.ttl && a.tokens.max_ttl == b.tokens.max_ttl &&
                        a.tokens.per_principal == b.tokens.per_principal && a.tokens.cache == b.tokens.cache;
               }},
    RestartRow{"transit",
               [](const Config& a, const Config& b) {
                 const TransitSettings& x = a.transit;
                 const TransitSettings& y = b.transit;
                 return x.enabled == y.enabled && x.mount == y.mount && x.body_bytes == y.body_bytes &&
                        x.batch_items == y.batch_items && x.cache_keys == y.cache_keys && x.refresh == y.refresh &&
                        x.encryptions_per_version == y.encryptions_per_version && x.allow_export == y.allow_export &&
                        x.log_each_encrypt == y.log_each_encrypt;
               }},
    RestartRow{"rollover",
               [](const Config& a, const Config& b) {
                 return a.rollover.lease == b.rollover.lease && a.rollover.threads == b.rollover.threads &&
                        a.rollover.schedule == b.rollover.schedule;
               }},
    RestartRow{"import",
               [](const Config& a, const Config& b) {
                 return a.import_chunk_records == b.import_chunk_records && a.import_errors == b.import_errors;
               }},
};

bool has_field(const CollectionSchema& schema, const std::string& name) {
  return std::any_of(schema.fields.begin(), schema.fields.end(), [&](const FieldSchema& f) { return f.name == name; });
}

// A grant for a collection or field that does not exist grants nothing: most often it is a slip of the pen.
void warn_of_unknown(const Config& config, const policy::Policy& policy, Reasons& warnings) {
  for (const policy::Mention& mention : policy::mentions(policy)) {
    if (!mention.key.empty()) continue;  // keys are made while the gateway runs
    const bool known = std::any_of(config.collections.begin(), config.collections.end(), [&](const auto& schema) {
      const bool here = mention.collection.empty() || mention.collection == schema.name;
      return here && (mention.field.empty() || has_field(schema, mention.field));
    });
    if (known) continue;
    const std::string what = mention.field.empty() ? "collection '" + mention.collection : "field '" + mention.field;
    const policy::LoadError place{mention.file, mention.line, mention.column,
                                  what + "' is not in the configuration: the grant has no effect on it"};
    warnings.push_back(place.text());
  }
}

}  // namespace

std::string Loaded::text() const {
  return "configuration " + config.digest + ", policy " + policy->digest() + ", trust " + to_hex(tls->digest());
}

// An id stands for one field for good, and what was sealed is never stored in the open by a mere reload.
Reasons unsafe_changes(const Config& now, const Config& next) {
  using Kind = FieldSchema::Kind;
  Reasons out;
  for (const CollectionSchema& before : now.collections) {
    const auto after = std::find_if(next.collections.begin(), next.collections.end(),
                                    [&](const auto& schema) { return schema.name == before.name; });
    if (after == next.collections.end()) continue;
    for (const FieldSchema& field : before.fields) {
      const std::string where = "collection '" + before.name + "', field '" + field.name + "': ";
      for (const FieldSchema& other : after->fields) {
        if (other.id == field.id && other.name != field.name) out.push_back(where + "its id is given to another field");
        if (other.name != field.name) continue;
        if (other.id != field.id) out.push_back(where + "its id changes");
        if (field.kind != Kind::open && other.kind == Kind::open) {
          out.push_back(where + "what is sealed would be stored in the open");
        }
      }
    }
  }
  return out;
}

LoadResult load_all(const std::string& config_file) {
  LoadResult out;
  auto config = load_config(config_file);
  add(out.errors, config.errors);
  if (!config.config) return out;
  auto policy = policy::load_file(config.config->policy_file);
  add(out.errors, policy.errors);
  add(out.warnings, policy.warnings);
  if (policy.policy) warn_of_unknown(*config.config, *policy.policy, out.warnings);
  if (policy.policy && policy.policy->principals().empty()) {
    out.errors.push_back(config.config->policy_file + ": there is no principal: nobody could do anything");
  }
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
