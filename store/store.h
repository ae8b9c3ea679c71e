// The store: records, keys and imports behind one interface of domain verbs, one method one transaction.
// It sees ciphertext, wrapped keys and open fields only. Implementations: SQLite (store/sqlite_store.h), PostgreSQL
// (store/postgres_store.h); both pass tests/contract/store_contract.h. All methods are thread-safe and may block.
// Errors: unavailable when the database is away, failing over or full (heals by itself), conflict when a revision or a
// unique name does not match, not_found, corrupt for rows that cannot be read back.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "crypto/bytes.h"
#include "crypto/envelope.h"

namespace sluis::store {

// One blind index entry of a record.
struct IndexTerm {
  std::uint16_t field_id;
  std::uint32_t key_version;
  Bytes term;
};

struct Record {
  std::string collection;
  std::string id;
  std::uint64_t revision = 0;  // grows with each write of this id; chosen by the gateway, never reused
  std::uint32_t key_version = 0;
  std::string open_fields;     // JSON object of the open fields
  Bytes envelope;              // empty if the record has no sealed field
  std::vector<IndexTerm> terms;  // written; filled on reads only where a method says so
};

// What must be there for a write to happen.
struct Expected {
  enum class Kind : std::uint8_t { anything, absent, revision };
  Kind kind = Kind::anything;
  std::uint64_t revision = 0;
};

// Equality on one field: any of the terms (one per key version in use).
struct Match {
  std::vector<IndexTerm> any_of;
};

struct SearchPage {
  std::vector<Record> records;  // ordered by id
  bool more = false;
};

// Progress of a resumable import, moved in the same transaction as the chunk it counts.
struct ImportState {
  std::string import_id;       // chosen by the client: [A-Za-z0-9._-]{1,64}
  std::string collection;
  std::string principal;       // only this principal may resume it
  std::uint64_t lines_done = 0;   // lines consumed, good and bad
  std::uint64_t records = 0;      // records written
  std::uint64_t errors = 0;       // lines refused
  bool finished = false;
  std::uint64_t updated_us = 0;
};

struct ImportError {
  std::uint64_t line;   // 1 and up
  std::string code;     // a literal of the gateway, never data of the line
  std::string field;    // name of the field, where there is one
};

struct ChunkResult {
  std::vector<std::size_t> existing;  // indexes into the chunk: ids that were there already, not written
};

enum class KeyState : std::uint8_t { active, deactivated, destroyed };
std::string_view name(KeyState state) noexcept;

// A governing row: `mac` is made and checked by the gateway over all other members.
struct KeyVersion {
  KeyId key_id{};
  std::uint32_t version = 0;
  KeyState state = KeyState::active;
  std::uint32_t master_version = 0;
  std::uint64_t created_us = 0;
  Bytes wrapped;     // empty once destroyed
  Bytes mac;
};

struct Key {
  std::string name;  // "records/diplomas", "transit/…", "audit/2026-11": unique
  KeyId id{};
  std::uint64_t created_us = 0;
  std::string attributes;  // JSON object, opaque here
  std::uint64_t revision = 0;
  Bytes mac;
  std::vector<KeyVersion> versions;  // ascending
};

class Store {
 public:
  Store() = default;
  Store(const Store&) = delete;
  Store& operator=(const Store&) = delete;
  virtual ~Store() = default;

  // "sqlite" or "postgresql", and whether calls stay on this machine's disk (may be run on an I/O thread).
  virtual std::string_view kind() const noexcept = 0;
  virtual bool local() const noexcept = 0;

  // Schema: forward only. check_schema is an error (invalid) if the schema is older (says to run migrate) or newer.
  virtual Status migrate() = 0;
  virtual Status check_schema() = 0;
  virtual Status ping() = 0;

  // Records. put replaces the whole row and its terms; error conflict if `expected` does not hold.
  virtual Status put(const Record& record, const Expected& expected) = 0;
  virtual Status remove(std::string_view collection, std::string_view id, const Expected& expected) = 0;
  virtual Result<Record> get(std::string_view collection, std::string_view id) = 0;
  // Those that exist, in the order asked for; ids that do not exist are left out.
  virtual Result<std::vector<Record>> read(std::string_view collection, const std::vector<std::string>& ids) = 0;
  // Records that satisfy every match, ids greater than `after`, ordered by id.
  virtual Result<SearchPage> search(std::string_view collection, const std::vector<Match>& all_of,
                                    std::string_view after, std::size_t limit) = 0;
  // All records, ids greater than `after`, ordered by id: for export and sweeps.
  virtual Result<SearchPage> scan(std::string_view collection, std::string_view after, std::size_t limit) = 0;
  virtual Result<std::uint64_t> count(std::string_view collection) = 0;

  // One chunk of an import: all of it and the progress, or nothing. Records whose id exists are not written but
  // reported. `expected_lines_done` fences two clients that resume the same import: conflict if it has moved.
  virtual Result<ChunkResult> import_chunk(const std::vector<Record>& records, const std::vector<ImportError>& errors,
                                           const ImportState& after, std::uint64_t expected_lines_done) = 0;
  virtual Result<ImportState> import_state(std::string_view collection, std::string_view import_id) = 0;
  virtual Result<std::vector<ImportError>> import_errors(std::string_view collection, std::string_view import_id,
                                                         std::uint64_t after_line, std::size_t limit) = 0;

  // Keys. create_key: conflict if the name exists. add_key_version and set_key_version: compare-and-set on the key's
  // revision, which the call moves to `key.revision`.
  virtual Status create_key(const Key& key) = 0;
  virtual Result<Key> get_key(std::string_view name) = 0;
  virtual Result<Key> get_key(const KeyId& id) = 0;
  virtual Result<std::vector<std::string>> list_keys(std::string_view prefix, std::string_view after,
                                                     std::size_t limit) = 0;
  // Replaces the key's row and all versions given (others stay), if its stored revision is `expected_revision`.
  virtual Status update_key(const Key& key, std::uint64_t expected_revision) = 0;

  // Small governing facts by name ("governance-key", "origin"): compare-and-set on the old value.
  virtual Result<Bytes> get_fact(std::string_view name) = 0;
  virtual Status put_fact(std::string_view name, ByteView value, const std::optional<Bytes>& expected) = 0;
};

}  // namespace sluis::store
