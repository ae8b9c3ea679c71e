// Making and destroying keys in the token. Both keep every find of this process away while they run.
#pragma once

#include "hsm/connection.h"

namespace sluis::hsm {

// Makes a key under templates that guard it, reads the guards back, and destroys it again if they are not as asked
// (Fault::unguarded). Fault::exists if anything carries the label. What a failed call leaves behind is removed.
Fault make_key(Connection& connection, const KeyRef& key, KeyInfo& out);

// Destroys everything that carries the key's label and proves it from a new session. Fault::missing if nothing does.
Fault destroy_key(Connection& connection, const KeyRef& key);

// The raw Ed25519 public key of an audit key.
Fault read_public_key(Connection& connection, const KeyRef& key, Bytes& out);

struct KeyPair {
  ck_object_handle_t public_key = CK_INVALID_HANDLE;
  ck_object_handle_t private_key = CK_INVALID_HANDLE;
};

// Single generations, with the optional hardening attributes dropped where the module does not know them.
ck_rv_t generate_master(const Place& place, const Profile& profile, const KeyNames& names, ck_object_handle_t& out);
ck_rv_t generate_pseudonym(const Place& place, const Profile& profile, const KeyNames& names, ck_object_handle_t& out);
ck_rv_t generate_audit(const Place& place, const Profile& profile, const KeyNames& names, KeyPair& out);

}  // namespace sluis::hsm
