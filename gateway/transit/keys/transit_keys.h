// The life of Transit keys: made, opened, changed, rotated, trimmed, imported, backed up, restored, deleted. Rows are
// in the store, their versions' material wrapped under the newest master key in the HSM; opened keys are kept in locked
// memory for a bounded time and a bounded number. Changes are made by compare-and-set, so any number of gateways may
// serve one store; each sees the others' changes after at most TransitKeysConfig::refresh. All methods are thread-safe.
// cached() and use_ready() never block; the others may, on the HSM and the store.
// Error.what of `invalid` is the text that clients get. Other errors: not_found for a key that does not exist, conflict
// where a rule of the key's state forbids the act (deletion not allowed; a restore over a key that exists),
// unavailable, corrupt for a row that was changed outside Sluis.
#pragma once

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "audit/entry.h"
#include "crypto/digests.h"
#include "gateway/keys/keyring.h"
#include "gateway/transit/keys/transit_key.h"
#include "hsm/token.h"
#include "store/store.h"

namespace sluis::gateway::transit {

inline constexpr std::uint64_t kUseLimit = std::uint64_t{1} << 32U;
inline constexpr std::size_t kMaxBackupBytes = std::size_t{24} << 20U;  // of the base64 text

struct TransitKeysConfig {
  std::chrono::seconds cache{300};          // how long opened material is kept
  std::chrono::milliseconds refresh{5000};  // how long a key's row is believed before the store is asked again
  std::size_t cache_keys = 10'000;          // keys kept open at a time
  std::uint64_t use_limit = kUseLimit;      // encryptions of one version with random 12-byte nonces
};

struct CreateOptions {
  KeyType type = KeyType::aes256_gcm96;
  bool derived = false, convergent = false, exportable = false, allow_plaintext_backup = false;
  std::uint64_t auto_rotate_period_s = 0;
  std::uint32_t key_size = 0;  // hmac alone: 0 (then 32), or 32 to 512
};

struct ConfigChange {  // what is absent stays
  std::optional<std::int64_t> min_decryption_version, min_encryption_version;
  std::optional<bool> deletion_allowed, exportable, allow_plaintext_backup, purpose_required, case_required;
  std::optional<std::uint64_t> auto_rotate_period_s;
};

// base64(RSA-OAEP(wrapping key, 32-byte AES key) || KWP(AES key, material)).
struct WrappedMaterial {
  std::string_view ciphertext;
  DigestKind hash = DigestKind::sha2_256;  // OAEP's; sha1 to sha2_512
  std::string_view public_key = {};        // PEM, in place of `ciphertext` where that is empty
};

struct ImportOptions {
  KeyType type = KeyType::aes256_gcm96;
  bool derived = false, exportable = false, allow_plaintext_backup = false, allow_rotation = false;
  std::uint64_t auto_rotate_period_s = 0;
};

// What a rotation or trim would do, for a dry run: sentences for people.
struct Preview {
  std::vector<std::string> effects;   // "new encryptions use version 4"
  std::vector<std::string> breakage;  // "ciphertexts under version 1 will not open"
};

enum class IfExists : std::uint8_t { refuse, replace };

enum class UseAnswer : std::uint8_t {
  ok,
  near_limit,  // ok, but more than half of the version's encryptions are spent: warn
  refused,     // none is left: the key must be rotated
};

class Shelf;
class UseCounters;
struct BackupContent;
struct Draft;
struct Material;

class TransitKeys {
 public:
  using Key = std::shared_ptr<const TransitKey>;
  using Clock = std::function<std::chrono::steady_clock::time_point()>;
  using WallClock = std::function<std::uint64_t()>;  // Unix time, microseconds

  // A change that was made, and its event: without principal and request, which the caller fills in before it holds the
  // reply for it. No event: nothing changed.
  struct Change {
    Key key;  // null after remove()
    std::optional<audit::Event> event;
    std::vector<std::string> warnings;
  };

  // `store` and `token` must outlive the object.
  TransitKeys(store::Store& store, hsm::Token& token, TransitKeysConfig config, Clock clock = {}, WallClock wall = {});
  TransitKeys(const TransitKeys&) = delete;
  TransitKeys& operator=(const TransitKeys&) = delete;
  ~TransitKeys();

  // Opens (or makes) the governance key. To be called first.
  Status start();

  // Soft-deleted keys open too: the caller looks at the attribute.
  Result<Key> open(std::string_view name);
  // For a ciphertext's version: asks the store again where the cached key is older than the version; after a look in
  // vain not for a second, so that made-up versions do not wear out the store. The key answered may still lack it.
  Result<Key> open_for(std::string_view name, std::uint32_t version);
  // Whether open() would answer from memory now and for a while longer.
  bool cached(std::string_view name) const;

  // The existing key as it is, without event and with a warning, if there is one.
  Result<Change> create(std::string_view name, const CreateOptions& options);
  Result<Change> rotate(std::string_view name);
  Result<Preview> preview_rotate(std::string_view name);
  Result<Change> configure(std::string_view name, const ConfigChange& change);
  Result<Change> trim(std::string_view name, std::int64_t min_available_version);
  Result<Preview> preview_trim(std::string_view name, std::int64_t min_available_version);
  Result<Change> remove(std::string_view name);  // conflict unless deletion_allowed
  Result<Change> soft_delete(std::string_view name);
  Result<Change> soft_restore(std::string_view name);
  // `version` 0: the latest. PEM, leaf first; the leaf must be for the version's key.
  Result<Change> set_certificate(std::string_view name, std::uint32_t version, std::string_view chain_pem);

  // The public half of the RSA-4096 pair that import blobs are wrapped to, PEM; made on first use (seconds).
  Result<std::string> wrapping_key();
  Result<Change> import(std::string_view name, const ImportOptions& options, const WrappedMaterial& material);
  // `version`: one that has its public half alone, to be completed by the private half of the same pair. 0: so is the
  // latest, if it lacks what is imported; else a version is added.
  Result<Change> import_version(std::string_view name, const WrappedMaterial& material, std::uint32_t version = 0);
  // The inverse, to the newest version of another key, of an RSA type: base64, for the import of whoever holds it.
  // The caller sees to it that the source is exportable.
  static Result<std::string> wrap_for(const TransitKey& destination, const TransitKey& source, std::uint32_t version,
                                      DigestKind hash);

  // All of the key in the clear, as base64 text: invalid unless exportable and allow_plaintext_backup.
  struct Backup {
    SecretBuffer text;
    Change change;
  };
  Result<Backup> backup(std::string_view name);
  // `name` empty: the name within the backup. Error invalid if it is malformed, conflict if the key exists.
  Result<Change> restore(std::string_view name, std::string_view backup, IfExists if_exists);

  // Names greater than `after` that start with `prefix`, ordered byte by byte.
  Result<std::vector<std::string>> names(std::string_view prefix, std::string_view after, std::size_t limit);

  // Takes `n` encryptions of a version before they are made. Always ok where counts_uses() says no. Error not_found if
  // the version is gone, or has other material since `key` was opened.
  Result<UseAnswer> take_use(const TransitKey& key, std::uint32_t version, std::uint64_t n);
  // Whether take_use would answer without asking the store.
  bool use_ready(const TransitKey& key, std::uint32_t version, std::uint64_t n) const;

  // Rotates the keys whose time has come, each on one gateway alone; their events, with principal "sluis", go to
  // `admin_log`. The number rotated. A key that cannot be rotated does not keep the others from it: the error is that
  // of the last one that failed, and only given if none was rotated. Ends early when asked to stop.
  Result<std::size_t> rotate_due(const AdminLog& admin_log, const std::stop_token& stop = {});

  // Gives up the keys whose time has ended; a thread of the object calls it once a second.
  void purge();
  std::size_t cached_keys() const;
  // In place of TransitKeysConfig::cache_keys; at least 1.
  void keep_at_most(std::size_t keys);

 private:
  Result<Change> make(std::string_view name, const Attributes& attributes, std::string_view action,
                      const Material& material);
  Result<Change> rotate_if(const std::string& row_name, const std::function<bool(const Draft&)>& wanted);
  Result<Key> open_wrapping_key();
  Status put_versions(const BackupContent& content, Draft& draft);
  Result<SecretKey> unwrap_import(const WrappedMaterial& material);
  Result<Material> material_of(KeyType type, const WrappedMaterial& wrapped);
  Result<Material> kept_material(const Draft& draft, std::uint32_t number);
  Status complete(Draft& draft, std::uint32_t number, Material kept, const Material& given);
  Status put_material(Draft& draft, std::uint32_t number, std::uint64_t created_us, const Material& material,
                      std::string detail);
  Status put_import(Draft& draft, std::uint32_t version, const Material& material);

  std::unique_ptr<Shelf> shelf_;
  std::unique_ptr<UseCounters> counters_;
  std::mutex purger_mutex_;
  std::condition_variable_any purger_wake_;
  std::jthread purger_;
};

}  // namespace sluis::gateway::transit
