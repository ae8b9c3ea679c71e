// A named key of the Transit interface, opened: what its row says, and the material of its versions in locked memory.
// Immutable and thread-safe to read; a change of the key makes a new object.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "crypto/envelope.h"
#include "crypto/private_key.h"
#include "crypto/secret.h"
#include "gateway/transit/keys/key_type.h"

namespace sluis::gateway::transit {

// What a row's attributes say, as JSON, authenticated with the row.
struct Attributes {
  KeyType type = KeyType::aes256_gcm96;
  bool derived = false, convergent = false;
  bool exportable = false, allow_plaintext_backup = false;  // one-way: never false again
  bool deletion_allowed = false, imported = false, allow_rotation = true, soft_deleted = false;
  std::uint32_t min_decryption_version = 1;
  std::uint32_t min_encryption_version = 0;              // 0: the latest
  std::uint32_t min_available_version = 0;               // 0: nothing was trimmed
  std::uint64_t auto_rotate_period_s = 0;                // 0: never, else at least 3600
  std::uint32_t key_size = 0;                            // bytes, for hmac
  bool purpose_required = false, case_required = false;  // calls that open or sign must state them
  struct Copy {
    std::uint64_t time_s = 0;
    std::uint32_t version = 0;  // the latest version that the backup holds
  };
  std::optional<Copy> backup_info, restore_info;
  std::map<std::uint32_t, std::uint64_t> uses;                     // by version: encryptions reserved so far
  std::map<std::uint32_t, std::vector<Bytes>> certificate_chains;  // by version: DER, leaf first
};

struct KeyVersion {
  std::uint32_t number = 0;  // 1 and up
  std::uint64_t created_us = 0;
  SecretKey key;                   // symmetric types and hmac; empty for the others
  std::optional<PrivateKey> pair;  // asymmetric types
  SecretKey hmac_key;              // 32 bytes, independent; for type hmac the same bytes as key
  Bytes mark;                      // MAC of the row it was opened from
};

struct TransitKey {
  std::string name;  // without the prefix "transit/"
  KeyId id{};
  std::uint64_t revision = 0;
  std::uint64_t created_us = 0;
  std::uint64_t due_us = 0;  // when the key rotates by itself; 0: never
  Attributes attributes;
  // Ascending, never empty; from min_decryption_version on: older ones are not opened.
  std::vector<std::shared_ptr<const KeyVersion>> versions;

  std::uint32_t latest() const { return versions.back()->number; }
  const KeyVersion* find(std::uint32_t number) const;  // null if there is none
  const KeyVersion& newest() const { return *versions.back(); }
};

// Whether encryptions under the key draw 12-byte nonces at random, so that they are counted (SP 800-38D section 8.3).
bool counts_uses(const Attributes& attributes) noexcept;

}  // namespace sluis::gateway::transit
