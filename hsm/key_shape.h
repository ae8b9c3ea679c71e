// What the keys of Sluis look like in a token: the templates that make them, and the check that a key found is so
// guarded.
#pragma once

#include "crypto/bytes.h"
#include "hsm/fault.h"
#include "hsm/object.h"
#include "hsm/profile.h"
#include "hsm/token.h"

namespace sluis::hsm {

struct KeyRef {
  KeyKind kind;
  std::uint32_t version;
  friend auto operator<=>(const KeyRef&, const KeyRef&) = default;
};

inline std::string label_of(const KeyRef& key) {
  return label_of(key.kind, key.version);
}
// The key that a label names, strictly as label_of writes it.
std::optional<KeyRef> key_of_label(std::string_view label);

// Whether attributes that not every module knows are asked for (ALLOWED_MECHANISMS, MODIFIABLE, COPYABLE).
enum class Hardening : std::uint8_t { full, plain };

// Where a key lives: in the token, or in the session that made it (self-tests).
enum class Home : std::uint8_t { token, session };

struct KeyNames {
  std::string label;
  Bytes id;
  Home home = Home::token;
};

Template master_template(const Profile& profile, const KeyNames& names, Hardening hardening);
Template pseudonym_template(const Profile& profile, const KeyNames& names, Hardening hardening);
Template audit_private_template(const Profile& profile, const KeyNames& names, Hardening hardening);
// Without CKA_EC_PARAMS.
Template audit_public_template(const Profile& profile, const KeyNames& names, Hardening hardening);

// CKA_EC_PARAMS of Ed25519, the profile's own way first.
std::vector<Bytes> edwards_params(EdwardsName first);
// The 32 bytes of an Ed25519 public key from CKA_EC_POINT: DER OCTET STRING on some modules, raw on others.
std::optional<Bytes> edwards_point(ByteView point);

// Finds the secret or private object of a key. `guarded` is then to be asked about it.
Template key_query(const Profile& profile, const KeyRef& key);
Template public_key_query(const Profile& profile, const KeyRef& key);

// The attributes that check_guarded reads.
ck_rv_t read_guards(const Place& place, ck_object_handle_t object, Attributes& out);
// Whether nothing can read the key: sensitive and not extractable; a master or audit key must also have been made
// inside and never have been otherwise. (A pseudonym key may have come from another HSM, wrapped.)
bool is_guarded(KeyKind kind, const Attributes& attributes);

}  // namespace sluis::hsm
