// The life of Transit keys: made, opened, changed, rotated, trimmed, imported, backed up, restored, deleted. Rows are
// in the store, their versions' material wrapped under the newest master key in the HSM; opened keys are kept in locked
// memory for a bounded time and a bounded number. Changes are made by compare-and-set, so any number of gateways may
// serve one store. All methods are thread-safe. cached() never blocks; the others may, on the HSM and the store.
// Error.what of `invalid` is the text that clients get.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "gateway/transit/keys/transit_key.h"

namespace sluis::gateway::transit {

struct CreateOptions {
  KeyType type = KeyType::aes256_gcm96;
  bool derived = false, convergent = false, exportable = false, allow_plaintext_backup = false;
  std::uint64_t auto_rotate_period_s = 0;
  std::uint32_t key_size = 0;
};

struct ConfigChange {  // what is absent stays
  std::optional<std::int64_t> min_decryption_version, min_encryption_version;
  std::optional<bool> deletion_allowed, exportable, allow_plaintext_backup, purpose_required, case_required;
  std::optional<std::uint64_t> auto_rotate_period_s;
};

// What a rotation or trim would do, for a dry run: sentences for people.
struct Preview {
  std::vector<std::string> effects;   // "new encryptions use version 4"
  std::vector<std::string> breakage;  // "ciphertexts under version 1 will not open"
};

class TransitKeys {
 public:
  using Key = std::shared_ptr<const TransitKey>;

  Result<Key> open(std::string_view name);  // not_found; soft-deleted keys open too: the caller looks at the attribute
  bool cached(std::string_view name) const;
  Result<Key> create(std::string_view name, const CreateOptions& options);  // the existing key if it has the same type
  Result<Key> rotate(std::string_view name);
  Result<Key> configure(std::string_view name, const ConfigChange& change);
  Result<Key> trim(std::string_view name, std::uint32_t min_available_version);
  Status remove(std::string_view name);
  Result<Key> soft_delete(std::string_view name);
  Result<Key> soft_restore(std::string_view name);
  // ... import, import_version, backup, restore, set_certificate, names(after, limit), rotate_due(now), take_use(...)
};

}  // namespace sluis::gateway::transit
