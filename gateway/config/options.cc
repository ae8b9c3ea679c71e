#include "gateway/config/options.h"

namespace sluis::gateway {
namespace {

using Kind = Option::Kind;
using Applies = Option::Applies;
using V = const OptionValue&;

constexpr std::uint64_t kMiB = 1U << 20U;
constexpr auto kReload = Applies::at_reload;
constexpr auto kRestart = Applies::at_restart;

Milliseconds ms(V value) {
  return Milliseconds(static_cast<std::int64_t>(value.number));
}
unsigned small(V value) {
  return static_cast<unsigned>(value.number);
}

OpLog::Config& log_of(Config& c) {
  return c.log;
}

LogLevel level_of(const std::string& text) {
  if (text == "debug") return LogLevel::debug;
  if (text == "warning") return LogLevel::warning;
  return text == "error" ? LogLevel::error : LogLevel::info;
}

LogRequests requests_of(const std::string& text) {
  if (text == "all") return LogRequests::all;
  return text == "none" ? LogRequests::none : LogRequests::failures;
}

CrlCheck crl_check_of(const std::string& text) {
  if (text == "none") return CrlCheck::none;
  return text == "all" ? CrlCheck::all : CrlCheck::leaf;
}

constexpr Option kOptions[] = {
    {"server", "listen", Kind::text, "127.0.0.1:8443", "", 0, 0, kRestart, "Address and port for HTTPS.",
     [](Config& c, V v) { c.server.listen = v.text; }},
    {"server", "probe_listen", Kind::text, "", "", 0, 0, kRestart,
     "Loopback address and port for plain HTTP probes of /healthz, /readyz and /metrics. Empty: none.",
     [](Config& c, V v) { c.server.probe_listen = v.text; }},
    {"server", "io_threads", Kind::number, "0", "threads", 0, 256, kRestart, "I/O threads; 0: one for each core.",
     [](Config& c, V v) { c.server.threads = small(v); }},
    {"server", "worker_threads", Kind::number, "16", "threads", 1, 256, kRestart,
     "Threads for what blocks: the HSM and the database.", [](Config& c, V v) { c.workers = small(v); }},
    {"server", "worker_queue", Kind::number, "1024", "calls", 1, 1'000'000, kRestart,
     "Calls that may wait for a worker; beyond it they get 503 with Retry-After.",
     [](Config& c, V v) { c.worker_queue = v.number; }},
    {"server", "drain_seconds", Kind::number, "20", "s", 1, 3600, kRestart,
     "How long running calls may take to end after SIGTERM.",
     [](Config& c, V v) { c.drain = std::chrono::seconds(static_cast<std::int64_t>(v.number)); }},

    {"tls", "certificate", Kind::path, "!", "", 0, 0, kReload, "PEM file of the server's certificate and its chain.",
     [](Config& c, V v) { c.tls.certificate = v.text; }},
    {"tls", "key", Kind::path, "!", "", 0, 0, kReload, "PEM file of its private key, mode 0600.",
     [](Config& c, V v) { c.tls.key = v.text; }},
    {"tls", "crl_check", Kind::choice, "leaf", "none|leaf|all", 0, 0, kReload,
     "Which certificates of a client's chain are looked up in revocation lists.",
     [](Config& c, V v) { c.tls.crl_check = crl_check_of(v.text); }},
    {"tls", "ciphersuites", Kind::text, "TLS_AES_256_GCM_SHA384:TLS_CHACHA20_POLY1305_SHA256:TLS_AES_128_GCM_SHA256",
     "", 0, 0, kReload, "TLS 1.3 cipher suites, in order.", [](Config& c, V v) { c.tls.ciphersuites = v.text; }},
    {"tls", "groups", Kind::text, "X25519:P-256:P-384", "", 0, 0, kReload, "Key exchange groups, in order.",
     [](Config& c, V v) { c.tls.groups = v.text; }},

    {"limits", "header_bytes", Kind::number, "16384", "bytes", 1024, 1U << 20U, kReload,
     "Request line and headers together.", [](Config& c, V v) { c.limits.parser.header_bytes = small(v); }},
    {"limits", "header_count", Kind::number, "64", "headers", 8, 1000, kReload, "Headers of one request.",
     [](Config& c, V v) { c.limits.parser.header_count = v.number; }},
    {"limits", "body_bytes", Kind::number, "16777216", "bytes", 1024, 1024 * kMiB, kRestart,
     "Body of one request that is read whole. Imports are streams and have no such limit.",
     [](Config& c, V v) { c.body_bytes = v.number; }},
    {"limits", "body_memory", Kind::number, "134217728", "bytes", kMiB, 1024 * 1024 * kMiB, kReload,
     "All request bodies in memory at a time.", [](Config& c, V v) { c.limits.body_memory = v.number; }},
    {"limits", "requests_in_flight", Kind::number, "4096", "calls", 1, 1'000'000, kReload, "Calls at a time.",
     [](Config& c, V v) { c.limits.requests_in_flight = v.number; }},
    {"limits", "connections", Kind::number, "4096", "connections", 1, 1'000'000, kReload, "Connections at a time.",
     [](Config& c, V v) { c.limits.connections = v.number; }},
    {"limits", "connections_per_principal", Kind::number, "1024", "connections", 1, 1'000'000, kReload,
     "Connections of one principal at a time.", [](Config& c, V v) { c.limits.connections_per_principal = v.number; }},
    {"limits", "body_rate", Kind::number, "4096", "bytes/s", 1, 1024 * kMiB, kReload,
     "Slowest a body may come in or go out, once its time of grace is over.",
     [](Config& c, V v) { c.limits.body_rate = v.number; }},
    {"limits", "handshake_ms", Kind::number, "10000", "ms", 100, 600'000, kReload, "TLS handshake.",
     [](Config& c, V v) { c.limits.handshake_time = ms(v); }},
    {"limits", "header_ms", Kind::number, "10000", "ms", 100, 600'000, kReload,
     "From a request's first byte to the end of its headers.", [](Config& c, V v) { c.limits.header_time = ms(v); }},
    {"limits", "idle_ms", Kind::number, "60000", "ms", 100, 3'600'000, kReload, "Between requests of a connection.",
     [](Config& c, V v) { c.limits.idle_time = ms(v); }},
    {"limits", "body_grace_ms", Kind::number, "10000", "ms", 100, 600'000, kReload,
     "Before body_rate counts for a request.", [](Config& c, V v) { c.limits.body_grace = ms(v); }},
    {"limits", "write_grace_ms", Kind::number, "20000", "ms", 100, 600'000, kReload,
     "Before body_rate counts for a reply.", [](Config& c, V v) { c.limits.write_grace = ms(v); }},

    {"log", "file", Kind::path, "", "", 0, 0, kRestart, "Operational log, JSON lines; empty: standard error.",
     [](Config& c, V v) { log_of(c).file = v.text; }},
    {"log", "level", Kind::choice, "info", "debug|info|warning|error", 0, 0, kReload,
     "Least important line that is written.", [](Config& c, V v) { c.log.level = level_of(v.text); }},
    {"log", "requests", Kind::choice, "failures", "none|failures|all", 0, 0, kReload, "Which calls get a line.",
     [](Config& c, V v) { c.log.requests = requests_of(v.text); }},

    {"hsm", "module", Kind::path, "!", "", 0, 0, kRestart, "PKCS#11 module of the HSM's vendor.",
     [](Config& c, V v) { c.hsm.module = v.text; }},
    {"hsm", "reserved", Kind::text, "", "", 0, 0, kRestart, "String that the module wants at its start (NSS).",
     [](Config& c, V v) { c.hsm.reserved = v.text; }},
    {"hsm", "token", Kind::text, "sluis", "", 0, 0, kRestart, "Label of the token.",
     [](Config& c, V v) { c.hsm.token_label = v.text; }},
    {"hsm", "serial", Kind::text, "", "", 0, 0, kRestart, "Serial number, where several tokens carry the label.",
     [](Config& c, V v) { c.hsm.token_serial = v.text; }},
    {"hsm", "profile", Kind::choice, "generic", "softhsm|nss|opencryptoki|generic", 0, 0, kRestart,
     "Vendor profile: mechanism numbers and quirks.", [](Config& c, V v) { c.hsm.profile = v.text; }},
    {"hsm", "pin_file", Kind::path, "", "", 0, 0, kRestart, "File of mode 0600 with the gateway's PIN.",
     [](Config& c, V v) { c.hsm.pin.file = v.text; }},
    {"hsm", "pin_credential", Kind::text, "", "", 0, 0, kRestart, "systemd credential with the gateway's PIN.",
     [](Config& c, V v) { c.hsm.pin.credential = v.text; }},
    {"hsm", "sessions", Kind::number, "16", "sessions", 2, 1024, kRestart, "Sessions open at a time.",
     [](Config& c, V v) { c.hsm.sessions = small(v); }},

    {"store", "kind", Kind::choice, "!", "sqlite|postgresql", 0, 0, kRestart, "Which database.",
     [](Config& c, V v) { c.store.kind = v.text; }},
    {"store", "path", Kind::path, "", "", 0, 0, kRestart, "SQLite: the file.",
     [](Config& c, V v) { c.store.path = v.text; }},
    {"store", "dsn", Kind::text, "", "", 0, 0, kRestart,
     "PostgreSQL: libpq connection string with sslmode=verify-full, or a Unix socket. No password here.",
     [](Config& c, V v) { c.store.dsn = v.text; }},
    {"store", "dsn_file", Kind::path, "", "", 0, 0, kRestart,
     "PostgreSQL: file of mode 0600 with the connection string.",
     [](Config& c, V v) { c.store.dsn_from.file = v.text; }},
    {"store", "dsn_credential", Kind::text, "", "", 0, 0, kRestart,
     "PostgreSQL: systemd credential with the connection string.",
     [](Config& c, V v) { c.store.dsn_from.credential = v.text; }},
    {"store", "connections", Kind::number, "16", "connections", 1, 1000, kRestart,
     "Connections to the database at a time.", [](Config& c, V v) { c.store.connections = small(v); }},
    {"store", "allow_plain_tcp", Kind::flag, "false", "", 0, 0, kRestart,
     "Accept a connection string that does not check the database server's certificate. For tests only.",
     [](Config& c, V v) { c.store.allow_plain_tcp = v.flag; }},

    {"audit", "folder", Kind::path, "!", "", 0, 0, kRestart,
     "Folder of the audit log, mode 0700; on a disk of its own if possible.",
     [](Config& c, V v) { c.audit_folder = v.text; }},
    {"audit", "origin", Kind::text, "!", "", 0, 0, kRestart,
     "Name of this gateway's log, unique among all logs: sluis.example/gateway-1.",
     [](Config& c, V v) { c.audit_origin = v.text; }},
    {"audit", "gateway", Kind::text, "gateway-1", "", 0, 0, kRestart, "Name of this gateway in each entry.",
     [](Config& c, V v) { c.audit_gateway = v.text; }},
    {"audit", "segment_bytes", Kind::number, "67108864", "bytes", kMiB, 1024 * kMiB, kRestart,
     "Size of the log's files, reserved in advance.", [](Config& c, V v) { c.audit_segment_bytes = v.number; }},
    {"audit", "key_overlap_days", Kind::number, "30", "days", 0, 3650, kRestart,
     "How long the signing key before the newest signs checkpoints beside it.",
     [](Config& c, V v) { c.audit_key_overlap_days = v.number; }},

    {"policy", "file", Kind::path, "!", "", 0, 0, kReload, "The policy: see policy.md.",
     [](Config& c, V v) { c.policy_file = v.text; }},
    {"policy", "changes", Kind::choice, "approved", "approved|free", 0, 0, kRestart,
     "Whether two security officers must approve a policy before the gateway starts or reloads with it: see "
     "approvals.md.",
     [](Config& c, V v) { c.free_policy = v.text == "free"; }},

    {"approvals", "expire_seconds", Kind::number, "86400", "s", 1, 2'592'000, kRestart,
     "How long a request for another person's approval is open, and its approval good: see approvals.md.",
     [](Config& c, V v) { c.approval_time = std::chrono::seconds(static_cast<std::int64_t>(v.number)); }},

    {"keys", "cache_seconds", Kind::number, "300", "s", 1, 86'400, kRestart,
     "How long an opened data key stays in memory before it is opened through the HSM again.",
     [](Config& c, V v) { c.key_cache = std::chrono::seconds(static_cast<std::int64_t>(v.number)); }},
    {"keys", "refresh_ms", Kind::number, "5000", "ms", 100, 600'000, kRestart,
     "How long a key's row is believed before the store is asked again: a rollover waits that long for every gateway.",
     [](Config& c, V v) { c.key_refresh = ms(v); }},

    {"rollover", "lease_seconds", Kind::number, "15", "s", 1, 600, kRestart,
     "How long a gateway that works at a rollover may be silent before another takes it over.",
     [](Config& c, V v) { c.rollover.lease = std::chrono::seconds(static_cast<std::int64_t>(v.number)); }},
    {"rollover", "threads", Kind::number, "2", "threads", 1, 64, kRestart,
     "Threads that open and seal records in a rollover.", [](Config& c, V v) { c.rollover.threads = small(v); }},
    {"rollover", "schedule_seconds", Kind::number, "10", "s", 1, 3600, kRestart,
     "How often a gateway looks whether a rollover is due.",
     [](Config& c, V v) { c.rollover.schedule = std::chrono::seconds(static_cast<std::int64_t>(v.number)); }},

    {"auth", "token_ttl_seconds", Kind::number, "900", "s", 1, 86'400, kRestart,
     "How long a login token is good for, from login and from each renewal.",
     [](Config& c, V v) { c.tokens.ttl = std::chrono::seconds(static_cast<std::int64_t>(v.number)); }},
    {"auth", "token_max_ttl_seconds", Kind::number, "14400", "s", 1, 604'800, kRestart,
     "How long after its login a token ends, however often it is renewed.",
     [](Config& c, V v) { c.tokens.max_ttl = std::chrono::seconds(static_cast<std::int64_t>(v.number)); }},
    {"auth", "tokens_per_principal", Kind::number, "1000", "tokens", 1, 1'000'000, kRestart,
     "Live tokens of one principal; one more login ends the one that expires first.",
     [](Config& c, V v) { c.tokens.per_principal = v.number; }},
    {"auth", "token_cache_seconds", Kind::number, "5", "s", 1, 300, kRestart,
     "How long a token is believed before the store is asked again: a revocation by another gateway is seen that late.",
     [](Config& c, V v) { c.tokens.cache = std::chrono::seconds(static_cast<std::int64_t>(v.number)); }},

    {"import", "chunk_records", Kind::number, "4096", "records", 1, 50'000, kRestart,
     "Records written in one transaction.", [](Config& c, V v) { c.import_chunk_records = v.number; }},
    {"import", "errors", Kind::number, "100000", "lines", 1, 10'000'000, kRestart,
     "Refused lines after which an import stops.", [](Config& c, V v) { c.import_errors = v.number; }},

    {"transit", "enabled", Kind::flag, "true", "", 0, 0, kRestart, "Serve the Transit interface: see transit.md.",
     [](Config& c, V v) { c.transit.enabled = v.flag; }},
    {"transit", "mount", Kind::text, "transit", "", 0, 0, kRestart,
     "Its place below /v1/: letters, digits, '_' and '-'; not a word that Sluis uses itself.",
     [](Config& c, V v) { c.transit.mount = v.text; }},
    {"transit", "body_bytes", Kind::number, "33554432", "bytes", 1024, 1024 * kMiB, kRestart,
     "Body of one of its requests. Streams (NDJSON) have no such limit.",
     [](Config& c, V v) { c.transit.body_bytes = v.number; }},
    {"transit", "batch_items", Kind::number, "100000", "items", 1, 10'000'000, kRestart, "Items of one batch_input.",
     [](Config& c, V v) { c.transit.batch_items = v.number; }},
    {"transit", "cache_keys", Kind::number, "10000", "keys", 10, 10'000'000, kRestart,
     "Keys that are kept open in memory at a time. A size set by cache-config goes before it.",
     [](Config& c, V v) { c.transit.cache_keys = v.number; }},
    {"transit", "refresh_ms", Kind::number, "5000", "ms", 100, 600'000, kRestart,
     "How long a key's row is believed before the store is asked again: changes by other gateways are seen after it.",
     [](Config& c, V v) { c.transit.refresh = ms(v); }},
    {"transit", "encryptions_per_version", Kind::number, "4294967296", "encryptions", 2, std::uint64_t{1} << 32U,
     kRestart,
     "Encryptions with random 12-byte nonces under one version of a key, over all gateways: from half of it on calls "
     "are "
     "warned, then refused until the key is rotated.",
     [](Config& c, V v) { c.transit.encryptions_per_version = v.number; }},
    {"transit", "allow_export", Kind::flag, "false", "", 0, 0, kRestart,
     "Let keys leave the gateway in the clear: export and backup of keys that are exportable, by whoever is granted "
     "it.",
     [](Config& c, V v) { c.transit.allow_export = v.flag; }},
    {"transit", "log_encrypts", Kind::choice, "summary", "summary|each", 0, 0, kRestart,
     "Entries for what opens nothing (encrypt, rewrap, hmac, verify, hash): counted into one a minute for each "
     "principal "
     "and key, or one for each call.",
     [](Config& c, V v) { c.transit.log_each_encrypt = v.text == "each"; }},

    {"backup", "folder", Kind::path, "", "", 0, 0, kRestart,
     "Folder of the backup generations and their manifests, mode 0700; best on another disk. Empty: no backups.",
     [](Config& c, V v) { c.backup.folder = v.text; }},
    {"backup", "every_hours", Kind::number, "24", "h", 0, 8760, kRestart,
     "How often a generation is made; 0: only when asked for.",
     [](Config& c, V v) { c.backup.every = std::chrono::hours(static_cast<std::int64_t>(v.number)); }},
    {"backup", "window", Kind::text, "", "", 0, 0, kRestart,
     "When scheduled ones begin, in UTC: `01:00-05:30`; may go over midnight. Empty: at any time.",
     [](Config& c, V v) { c.backup.window = v.text; }},
    {"backup", "keep", Kind::number, "3", "generations", 1, 1000, kRestart,
     "Generations kept that have passed their drill; what is older than these expires.",
     [](Config& c, V v) { c.backup.keep = v.number; }},
    {"backup", "drill", Kind::flag, "true", "", 0, 0, kRestart, "Restore each scheduled generation on trial, at once.",
     [](Config& c, V v) { c.backup.drill = v.flag; }},
    {"backup", "drill_records", Kind::number, "1000", "records", 0, 1'000'000'000, kRestart,
     "Records of each collection that a drill opens, spread over all of it; 0: every one. All are counted and "
     "digested.",
     [](Config& c, V v) { c.backup.drill_records = v.number; }},
    {"backup", "method", Kind::choice, "pg_dump", "pg_dump|pg_basebackup", 0, 0, kRestart,
     "PostgreSQL: a dump of Sluis' tables, or a copy of the whole cluster (which a drill cannot restore by itself).",
     [](Config& c, V v) { c.backup.method = v.text; }},
    {"backup", "pg_bin", Kind::path, "/usr/bin", "", 0, 0, kRestart,
     "PostgreSQL: folder of pg_dump, pg_restore and pg_basebackup, no older than the server.",
     [](Config& c, V v) { c.backup.pg_bin = v.text; }},
    {"backup", "scratch_dsn", Kind::text, "", "", 0, 0, kRestart,
     "PostgreSQL: connection string of an empty database of its own, for drills. No password here.",
     [](Config& c, V v) { c.backup.scratch_dsn = v.text; }},
    {"backup", "scratch_dsn_file", Kind::path, "", "", 0, 0, kRestart,
     "PostgreSQL: file of mode 0600 with that connection string.",
     [](Config& c, V v) { c.backup.scratch_dsn_from.file = v.text; }},
    {"backup", "command", Kind::list, "", "", 0, 0, kRestart,
     "Program and arguments that store a file given to its standard input (no shell). `{id}` and `{name}` stand for "
     "the "
     "generation and the file. Empty: generations stay in the folder.",
     [](Config& c, V v) { c.backup.command = v.list; }},
    {"backup", "fetch_command", Kind::list, "", "", 0, 0, kRestart, "The same, to write a file to its standard output.",
     [](Config& c, V v) { c.backup.fetch_command = v.list; }},
    {"backup", "expire_command", Kind::list, "", "", 0, 0, kRestart, "The same, to remove a file.",
     [](Config& c, V v) { c.backup.expire_command = v.list; }},
    {"backup", "restore_to", Kind::text, "", "", 0, 0, kRestart,
     "Empty store that `backup restore` of a running gateway fills: a SQLite file's absolute path or a connection "
     "string. Empty: only `sluisd --restore`.",
     [](Config& c, V v) { c.backup.restore_to = v.text; }},
    {"backup", "restore_to_file", Kind::path, "", "", 0, 0, kRestart, "File of mode 0600 with that connection string.",
     [](Config& c, V v) { c.backup.restore_to_from.file = v.text; }},
    {"backup", "time_limit_seconds", Kind::number, "21600", "s", 1, 604'800, kRestart,
     "Longest run of one program (pg_dump, pg_restore, the commands); then it is killed.",
     [](Config& c, V v) { c.backup.time_limit = std::chrono::seconds(static_cast<std::int64_t>(v.number)); }},
};

}  // namespace

std::span<const Option> options() {
  return kOptions;
}

}  // namespace sluis::gateway
