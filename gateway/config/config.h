// The gateway's configuration: a TOML file, read and checked whole. Every option is one row of the table in options.cc,
// from which docs/configuration.md is made. Paths are relative to the folder of the file. A Config is a plain value.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "gateway/auth/tokens.h"
#include "gateway/lifecycle/settings.h"
#include "gateway/records/schema.h"
#include "gateway/server/limits.h"
#include "gateway/server/oplog.h"
#include "gateway/server/server.h"
#include "gateway/server/tls_context.h"
#include "policy/policy.h"

namespace sluis::gateway {

// Where a secret comes from: exactly one of the two is set.
struct SecretSource {
  std::string file;        // mode 0600
  std::string credential;  // systemd credential
  bool given() const noexcept { return !file.empty() || !credential.empty(); }
};

struct HsmSettings {
  std::string module, reserved, token_label, token_serial, profile;
  SecretSource pin;
  unsigned sessions = 16;
};

struct StoreSettings {
  std::string kind;       // "sqlite" or "postgresql"
  std::string path;       // SQLite
  std::string dsn;        // PostgreSQL, without a password
  SecretSource dsn_from;  // or the whole connection string from a file or credential
  unsigned connections = 16;
  bool allow_plain_tcp = false;
};

struct TransitSettings {
  bool enabled = true;
  std::string mount;
  std::size_t body_bytes = 0, batch_items = 0, cache_keys = 0;
  Milliseconds refresh{5000};
  std::uint64_t encryptions_per_version = 0;
  bool allow_export = false, log_each_encrypt = false;
};

struct BackupSettings {
  std::string folder;  // empty: no backups
  std::string method;  // of PostgreSQL: "pg_dump" or "pg_basebackup"
  std::uint64_t keep = 3;
  std::chrono::seconds every{86'400};
  std::string window;
  bool drill = true;
  std::uint64_t drill_records = 1000;  // opened by a drill; 0: all
  std::vector<std::string> command, fetch_command, expire_command;
  std::string pg_bin;
  std::string scratch_dsn;
  SecretSource scratch_dsn_from;
  std::string restore_to;
  SecretSource restore_to_from;
  std::chrono::seconds time_limit{21'600};
};

// A database of the user's own: see gateway/adopted.
struct DataSourceSettings {
  std::string name;
  SecretSource dsn_from;
  unsigned connections = 4;
  bool allow_plain_tcp = false;
};

struct RolloverSettings {
  std::chrono::seconds lease{15};
  unsigned threads = 2;
  std::chrono::seconds schedule{10};
};

struct Config {
  std::string file;
  std::string digest;  // SHA-256 of the file's text, hexadecimal
  ServerConfig server;
  unsigned workers = 8;
  std::size_t worker_queue = 1024;
  std::chrono::seconds drain{20};
  TlsConfig tls;
  Limits limits;
  std::size_t body_bytes = 0;  // of one request that is read whole
  OpLog::Config log;
  HsmSettings hsm;
  StoreSettings store;
  std::string audit_folder, audit_origin, audit_gateway;
  std::uint64_t audit_segment_bytes = 0;
  std::uint64_t audit_key_overlap_days = 30;
  std::string policy_file;
  bool free_policy = false;  // policy.changes = "free"
  std::chrono::seconds approval_time{86'400};
  std::chrono::seconds key_cache{300};
  Milliseconds key_refresh{5000};
  auth::TokenConfig tokens;
  std::size_t import_chunk_records = 4096;
  std::uint64_t import_errors = 100'000;
  std::vector<CollectionSchema> collections;
  std::vector<PeriodSetting> periods;  // of [[collection]] and [[period]]; names are unique
  TransitSettings transit;
  BackupSettings backup;
  std::vector<DataSourceSettings> data_sources;
  RolloverSettings rollover;
};

struct LoadedConfig {
  std::optional<Config> config;  // set if there is no error
  std::vector<policy::LoadError> errors;
};

LoadedConfig load_config(const std::string& path);
LoadedConfig load_config_text(std::string_view text, const std::string& path);

// The reference of all options as Markdown: docs/configuration.md.
std::string config_reference();

}  // namespace sluis::gateway
