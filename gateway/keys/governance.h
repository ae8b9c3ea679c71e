// Key rows carry a MAC under a key that only the HSM can open, so that whoever edits the store's rows alone changes
// nothing but an alarm. HMAC-SHA-256 over a canonical, length-prefixed encoding; docs/records.md has every byte:
//   version row: "sluis/key-version/1", key name, key id, version, state, master version, created, wrapped
//   key row:     "sluis/key/1", name, id, created, attributes, revision, number of versions, their MACs in order;
//                with a time to rotate: "sluis/key/2", the same, and that time
// so a version cannot be edited, moved to another key, taken away or added.
//   login token: "sluis/login-token/1", id, accessor, principal, certificate, issued, expires, limit
//   document: "sluis/document/1", kind, name, revision, body
// Thread-safe.
#pragma once

#include "crypto/hash.h"
#include "hsm/token.h"
#include "store/store.h"

namespace sluis::gateway {

class Governance {
 public:
  // Opens the governance key, or makes it in a store that has none. It protects no data and is kept as long as the
  // process lives. Errors: unavailable, corrupt if the stored key does not open.
  static Result<Governance> open(store::Store& store, hsm::Token& token, std::uint32_t master_version);

  // The master version that the stored governance key is under. Errors: not_found, corrupt, unavailable.
  static Result<std::uint32_t> master_of(store::Store& store);
  // Puts it under another master version: it stays the same key. No effect if it is there already.
  static Status rewrap(store::Store& store, hsm::Token& token, std::uint32_t master_version);

  // Sets the MACs of the key and of all its versions; `key.versions` must be complete.
  void seal(store::Key& key) const;
  // Error corrupt if any MAC does not match.
  Status check(const store::Key& key) const;
  void seal(store::LoginToken& token) const;
  Status check(const store::LoginToken& token) const;
  void seal(store::Document& document) const;
  Status check(const store::Document& document) const;

 private:
  explicit Governance(SecretKey key) noexcept : key_(std::move(key)) {}
  Digest mac_of(const store::Key& key, const store::KeyVersion& version) const;
  Digest mac_of(const store::Key& key) const;
  Digest mac_of(const store::LoginToken& token) const;
  Digest mac_of(const store::Document& document) const;
  SecretKey key_;
};

}  // namespace sluis::gateway
