// The store: records, keys and imports behind one interface of domain verbs, one method one transaction.
// It sees ciphertext, wrapped keys and open fields only. Implementations: SQLite (store/sqlite_store.h), PostgreSQL
// (store/postgres_store.h); both pass tests/contract/store. All methods are thread-safe and may block.
// Errors: unavailable when the database is away, failing over or full (heals by itself), busy when no connection came
// free in time, conflict when a revision or a unique name does not match, not_found, corrupt for rows that cannot be
// read back, invalid or too_large for what the limits below refuse. A write that ends with unavailable may have
// happened if the connection broke at that moment and the database stayed away; repeating it is safe, since revisions
// never repeat. Texts (collections, ids, open fields, names) are UTF-8 without NUL; ids are ordered byte by byte.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "crypto/bytes.h"
#include "crypto/envelope.h"
#include "crypto/hash.h"

namespace sluis::store {

inline constexpr std::size_t kMaxCollectionBytes = 128;
inline constexpr std::size_t kMaxIdBytes = 512;
inline constexpr std::size_t kMaxNameBytes = 512;  // of keys and facts
inline constexpr std::size_t kMaxAccessorBytes = 128;
inline constexpr std::size_t kMaxPrincipalBytes = 1024;
inline constexpr std::size_t kMaxTokensSwept = 100;  // expired tokens removed with one login
inline constexpr std::size_t kMaxOpenFieldsBytes = std::size_t{4} << 20U;
inline constexpr std::size_t kMaxTerms = 256;  // of one record, and of one Match
inline constexpr std::size_t kMaxTermBytes = 64;
inline constexpr std::size_t kMaxMatches = 8;
inline constexpr std::size_t kMaxPageRecords = 10'000;                // larger limits are lowered to this
inline constexpr std::size_t kMaxPageBytes = std::size_t{16} << 20U;  // a page stops after the record that reaches it
inline constexpr std::size_t kMaxReadIds = 10'000;
inline constexpr std::size_t kMaxReadBytes = std::size_t{64} << 20U;
inline constexpr std::size_t kMaxChunkRecords = 50'000;
inline constexpr std::size_t kMaxPuts = 256;  // of one put_many
inline constexpr std::size_t kMaxRewrites = 10'000;
inline constexpr std::size_t kMaxKindBytes = 32;  // of documents
inline constexpr std::size_t kMaxDocumentBytes = std::size_t{1} << 20U;
inline constexpr std::chrono::milliseconds kMaxLease = std::chrono::hours(24);

// One blind index entry of a record.
struct IndexTerm {
  std::uint16_t field_id;
  std::uint32_t key_version;
  Bytes term;
};

struct Record {
  std::string collection;
  std::string id;
  std::uint64_t revision = 0;  // 1 to 2^63-1; grows with each write of this id; chosen by the gateway, never reused
  std::uint32_t key_version = 0;
  std::string open_fields;       // JSON object of the open fields
  Bytes envelope;                // empty if the record has no sealed field
  std::vector<IndexTerm> terms;  // written, never filled on reads; repeats count once
  std::uint64_t line = 0;        // in an import chunk: the line it came from; not stored with the record
};

// What must be there for a write to happen. Whatever is expected, a put whose revision is not above the stored one is a
// conflict: a write that was overtaken never undoes a newer one, and a repeated write has no effect.
struct Expected {
  enum class Kind : std::uint8_t { anything, absent, revision };
  Kind kind = Kind::anything;
  std::uint64_t revision = 0;
};

// One of several puts. The record outlives the call.
struct Put {
  const Record* record;
  Expected expected;
};

// Equality on one field: any of the terms (one per key version in use).
struct Match {
  std::vector<IndexTerm> any_of;
};

struct SearchPage {
  std::vector<Record> records;  // ordered by id; empty only if nothing is left
  bool more = false;            // exact
};

// Progress of a resumable import, moved in the same transaction as the chunk it counts.
struct ImportState {
  std::string import_id;  // chosen by the client: [A-Za-z0-9._-]{1,64}
  std::string collection;
  std::string principal;         // only this principal may resume it
  std::uint64_t lines_done = 0;  // lines consumed, good and bad
  std::uint64_t records = 0;     // records written
  std::uint64_t errors = 0;      // lines refused
  bool finished = false;
  std::uint64_t updated_us = 0;
};

struct ImportError {
  std::uint64_t line;  // 1 and up
  std::string code;    // a literal of the gateway, never data of the line
  std::string field;   // name of the field, where there is one
};

struct ChunkResult {
  std::vector<std::size_t> existing;  // ascending indexes into the chunk: ids that were there already, not written
};

// After NIST SP 800-57 part 1 rev. 5, section 7. The numbers are stored. What may follow what is the gateway's to say.
enum class KeyState : std::uint8_t {
  active = 0,
  deactivated = 1,  // opens, seals nothing
  destroyed = 2,
  pre_active = 3,  // made and known to searches, seals nothing yet
  destruction_scheduled = 4,
  compromised = 5,
};
std::string_view name(KeyState state) noexcept;

// A governing row: `mac` is made and checked by the gateway over all other members.
struct KeyVersion {
  KeyId key_id{};
  std::uint32_t version = 0;
  KeyState state = KeyState::active;
  std::uint32_t master_version = 0;
  std::uint64_t created_us = 0;
  Bytes wrapped;  // empty once destroyed
  Bytes mac;
};

struct Key {
  std::string name;  // "records/diplomas", "transit/…", "audit/2026-11": unique
  KeyId id{};
  std::uint64_t created_us = 0;
  std::string attributes;  // JSON object, opaque here
  std::uint64_t revision = 0;
  std::uint64_t due_us = 0;  // when the key wants to be rotated; 0: never
  Bytes mac;
  std::vector<KeyVersion> versions;  // ascending
};

// What is kept of a login token: never the token itself. A governing row, like a key's.
struct LoginToken {
  Digest id{};  // SHA-256 of the token
  std::string accessor, principal;
  Digest certificate{};  // SHA-256 of the client certificate it was issued to
  std::uint64_t issued_us = 0;
  std::uint64_t expires_us = 0;
  std::uint64_t limit_us = 0;  // no renewal moves its end beyond this
  Bytes mac;
};

// A governing row of any other kind (a job, an approval, a backup, an adopted table): `body` is the gateway's, `mac` is
// made and checked by it over all other members.
struct Document {
  std::string kind;  // [a-z-]{1,32}
  std::string name;  // unique within its kind, 1 to kMaxNameBytes
  std::uint64_t revision = 0;
  std::string body;  // JSON object, at most kMaxDocumentBytes
  Bytes mac;
};

// The right to do what only one gateway may do at a time. The epoch grows whenever the lease changes hands or lapses,
// so a holder that was frozen past its end cannot go on: what it writes is fenced by the epoch.
struct Lease {
  std::string name;    // 1 to kMaxNameBytes
  std::string holder;  // unique to the process, 1 to kMaxPrincipalBytes
  std::uint64_t epoch = 0;
};

// One record on its way to a newer key. It keeps its id and its revision; what it says is the same.
struct Rewrite {
  const Record* record;  // with its new key version, envelope and terms; outlives the call
  std::uint32_t expected_key_version = 0;
};

// Keys as they are stored, ordered by name.
struct KeyPage {
  std::vector<Key> keys;
  bool more = false;  // exact
};

// One of several changes of keys. The key outlives the call.
struct KeyUpdate {
  const Key* key;
  std::uint64_t expected_revision;
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

  // Records. put replaces the whole row and its terms; error conflict if `expected` does not hold. remove: not_found if
  // there is no such record, conflict if it has another revision, invalid for Kind::absent.
  Status put(const Record& record, const Expected& expected);
  // Puts of several callers, each judged by itself, as if they were made one by one in some order: what one of them
  // does wrong fails that one alone, and each that succeeds stands. Gives a status for each, in the order of `puts`;
  // they share a commit, so many cost little more than one. Past kMaxPuts all are too_large.
  virtual std::vector<Status> put_many(std::span<const Put> puts) = 0;
  virtual Status remove(std::string_view collection, std::string_view id, const Expected& expected) = 0;
  virtual Result<Record> get(std::string_view collection, std::string_view id) = 0;
  // Those that exist, in the order asked for; ids that do not exist are left out. too_large past kMaxReadIds ids or
  // kMaxReadBytes of records.
  virtual Result<std::vector<Record>> read(std::string_view collection, const std::vector<std::string>& ids) = 0;
  // Records that satisfy every match, ids greater than `after`, ordered by id. No match at all: every record; a Match
  // without terms: none. Truncated terms may match by chance: the caller checks after decryption.
  virtual Result<SearchPage> search(std::string_view collection, const std::vector<Match>& all_of,
                                    std::string_view after, std::size_t limit) = 0;
  // All records, ids greater than `after`, ordered by id: for export and sweeps.
  virtual Result<SearchPage> scan(std::string_view collection, std::string_view after, std::size_t limit) = 0;
  virtual Result<std::uint64_t> count(std::string_view collection) = 0;

  // One chunk of an import: all of it and the progress, or nothing. Records whose id exists, or repeats within the
  // chunk, are not written but reported: `after` counts them as written, the store moves them from `records` to
  // `errors` and adds an ImportError {line, "exists", "id"} for each. `expected_lines_done` (0 for the first chunk)
  // fences two clients that resume the same import: conflict if it has moved, is finished, or has another principal.
  virtual Result<ChunkResult> import_chunk(const std::vector<Record>& records, const std::vector<ImportError>& errors,
                                           const ImportState& after, std::uint64_t expected_lines_done) = 0;
  virtual Result<ImportState> import_state(std::string_view collection, std::string_view import_id) = 0;
  virtual Result<std::vector<ImportError>> import_errors(std::string_view collection, std::string_view import_id,
                                                         std::uint64_t after_line, std::size_t limit) = 0;

  // Rollover. Records of the collection whose key version is at least `least` and below `below`, ids greater than
  // `after`, ordered by id.
  virtual Result<SearchPage> scan_versions(std::string_view collection, std::uint32_t least, std::uint32_t below,
                                           std::string_view after, std::size_t limit) = 0;
  // Replaces the envelope, key version and terms of each record that still has the record's revision and the expected
  // key version; gives the ascending indexes of those that do not (changed, removed or rewritten meanwhile), which are
  // left alone. All in one transaction, in which the lease must still be the holder's: conflict if it is not, and
  // nothing is written. The records are of one collection, each once, and their key versions grow: invalid otherwise.
  // too_large past kMaxRewrites.
  virtual Result<std::vector<std::size_t>> rewrite(const Lease& lease, std::span<const Rewrite> rewrites) = 0;
  // Records by key version: a full scan, part by part. Exact for versions below the floor, for nothing comes to them.
  virtual Result<std::map<std::uint32_t, std::uint64_t>> count_versions(std::string_view collection) = 0;
  // From its return on, no put or import of the collection under a key version below `least` is or becomes stored: they
  // fail with busy ("the key is out of use"). Never goes down. unavailable if writes from before do not end in time:
  // then nothing has changed.
  virtual Status raise_floor(std::string_view collection, std::uint32_t least) = 0;

  // Leases, by the store's own clock; `ttl` is 1 ms to a day. take_lease: conflict while another holder's has not
  // ended; the holder's own live lease is prolonged and keeps its epoch, else the epoch is one above the last.
  // renew_lease and drop_lease: conflict if it is no longer this one.
  virtual Result<Lease> take_lease(std::string_view name, std::string_view holder, std::chrono::milliseconds ttl) = 0;
  virtual Status renew_lease(const Lease& lease, std::chrono::milliseconds ttl) = 0;
  virtual Status drop_lease(const Lease& lease) = 0;

  // Documents. put_document: `expected_revision` 0 means that the name must be new; conflict if it does not hold.
  // `document.revision` must be above it. list_documents: names greater than `after`, ordered byte by byte, until
  // `limit` or kMaxPageBytes is reached; only an empty list means that nothing is left. remove_document: not_found, or
  // conflict if it has another revision.
  virtual Result<Document> get_document(std::string_view kind, std::string_view name) = 0;
  virtual Status put_document(const Document& document, std::uint64_t expected_revision) = 0;
  virtual Result<std::vector<Document>> list_documents(std::string_view kind, std::string_view after,
                                                       std::size_t limit) = 0;
  virtual Status remove_document(std::string_view kind, std::string_view name, std::uint64_t expected_revision) = 0;

  // Keys. create_key stores the key with its versions: conflict if the name or the id exists.
  virtual Status create_key(const Key& key) = 0;
  virtual Result<Key> get_key(std::string_view name) = 0;
  virtual Result<Key> get_key(const KeyId& id) = 0;
  virtual Result<std::vector<std::string>> list_keys(std::string_view prefix, std::string_view after,
                                                     std::size_t limit) = 0;
  // Names greater than `after` that start with `prefix`, ordered byte by byte.
  // update_key replaces the key's row (all but its name and id) and the versions given (others stay), if its stored
  // revision is `expected_revision`: conflict if not, not_found if there is no such key. `key.revision` must be above
  // it.
  virtual Status update_key(const Key& key, std::uint64_t expected_revision) = 0;
  // list_keys with the keys themselves; a page stops after the key whose attributes bring it to kMaxPageBytes.
  virtual Result<KeyPage> scan_keys(std::string_view prefix, std::string_view after, std::size_t limit) = 0;
  // update_key for each, of different keys, in one transaction; gives the ascending indexes of those that did not go
  // through (not at the expected revision, or gone). too_large past kMaxRewrites.
  virtual Result<std::vector<std::size_t>> update_keys(std::span<const KeyUpdate> updates) = 0;
  // Removes the key and its versions: conflict if it has another id or revision, not_found if there is no such name.
  virtual Status remove_key(std::string_view name, const KeyId& id, std::uint64_t expected_revision) = 0;
  // Names of the keys whose due_us is neither 0 nor after `before_us`, the longest due first.
  virtual Result<std::vector<std::string>> list_keys_due(std::uint64_t before_us, std::size_t limit) = 0;

  // Login tokens. add_token also removes tokens that have expired at `now_us` (at most kMaxTokensSwept of them) and
  // leaves the principal with `most` live ones: what expires first goes. Gives the number of live ones removed. Error
  // conflict if the id or the accessor exists. Of logins at the same moment each may leave one token too many; the next
  // one removes it.
  virtual Result<std::uint64_t> add_token(const LoginToken& token, std::size_t most, std::uint64_t now_us) = 0;
  virtual Result<LoginToken> get_token(const Digest& id) = 0;
  // Replaces the row's end and MAC if its end is still `expected_expires_us`: conflict if not, not_found if it is gone.
  virtual Status renew_token(const LoginToken& token, std::uint64_t expected_expires_us) = 0;
  virtual Status remove_token(const Digest& id) = 0;

  // Small governing facts by name ("governance-key", "origin"): compare-and-set on the old value; std::nullopt: the
  // name must be new. Error conflict if it does not hold.
  virtual Result<Bytes> get_fact(std::string_view name) = 0;
  virtual Status put_fact(std::string_view name, ByteView value, const std::optional<Bytes>& expected) = 0;
};

}  // namespace sluis::store
