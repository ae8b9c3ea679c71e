// What is known of a backup generation: its manifest, which is fixed when it is made and lies beside its file, and what
// happened to it since. Governing documents of kind "backup", by id, hold both. docs/backups.md describes the members.
// Plain values; the functions are thread-safe.
#pragma once

#include <boost/json/object.hpp>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "audit/note.h"
#include "crypto/hash.h"
#include "store/store.h"

namespace sluis::gateway {

inline constexpr std::string_view kBackupKind = "backup";

// What a store holds, counted and digested.
struct Census {
  struct Version {
    std::uint32_t version = 0;
    store::KeyState state = store::KeyState::active;
    std::uint32_t master = 0;
    bool operator==(const Version&) const = default;
  };
  std::map<std::string, std::map<std::uint32_t, std::uint64_t>> records;  // collection, key version: count
  std::map<std::string, std::vector<Version>> keys;                       // by name
  Digest digest{};                                                        // over all records
  bool operator==(const Census&) const = default;
  std::uint64_t total() const noexcept;
};

struct Manifest {
  std::string id;
  std::uint64_t created_us = 0;
  std::string store;    // "sqlite" or "postgresql"
  std::string method;   // "sqlite", "pg_dump", "pg_basebackup"
  std::string gateway;  // that made it
  std::string file;     // name, within the generation
  std::uint64_t bytes = 0;
  Digest sha256{};
  std::int64_t schema = 0;
  bool exact = true;  // the census is of the very state that the file holds
  Census census;
  audit::Checkpoint log;  // of the gateway's log, from just before
};

struct DrillResult {
  bool passed = false;
  std::uint64_t time_us = 0, records = 0, opened = 0, keys_opened = 0;
  std::string problem;  // a literal; empty if it passed
};

struct Generation {
  enum class State : std::uint8_t { making, made, failed, expired };
  // Where its file is: in the configured folder, with the configured command, or wherever `where` says.
  enum class Place : std::uint8_t { folder, command, outside };
  Manifest manifest;
  State state = State::making;
  Place place = Place::folder;
  std::string where;                 // outside: path or description
  std::string trigger;               // "schedule", or the principal who asked
  std::string problem;               // why it failed
  std::optional<DrillResult> drill;  // the last one
  std::uint64_t expired_us = 0;
  std::uint64_t revision = 0;  // of its document; not part of the body

  // Restorable, as far as anybody knows: what counts as one of those to keep.
  bool good() const noexcept { return state == State::made && drill && drill->passed; }
  // Whether it is there and somebody who has the keys might open it.
  bool kept() const noexcept { return state == State::made; }
};
std::string_view name(Generation::State state) noexcept;
std::string_view name(Generation::Place place) noexcept;

// A manifest of many keys does not fit in a governing row: there, keys of collections and of the log stay, the others
// are left out beyond kMaxKeysInRow, and "keys_complete" says so.
inline constexpr std::size_t kMaxKeysInRow = 2000;

// manifest.json, whole.
boost::json::object to_json(const Manifest& manifest);
// Error corrupt.
Result<Manifest> manifest_of(const boost::json::object& json);
boost::json::object to_json(const Generation& generation);
Result<Generation> generation_of(const boost::json::object& json);

// Whether they are of one backup: everything but lists of keys that a row leaves out.
bool same_backup(const Manifest& a, const Manifest& b);

// "20261124T170000123Z-1a2b3c4d": sorted by time, and the name of a folder.
Result<std::string> new_generation_id(std::uint64_t time_us);
bool is_generation_id(std::string_view text) noexcept;

// The text that the HSM signs beside a manifest: it names the log's origin, the id and the SHA-256 of manifest.json.
std::string manifest_note_text(const Manifest& manifest, std::string_view manifest_json);

}  // namespace sluis::gateway
