// A vendor profile: mechanism numbers and quirks of a PKCS#11 module. The built-in ones are starting points; every
// field can be set in the configuration, and the self-test proves the result by known answers.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "crypto/result.h"

namespace sluis::hsm {

// Who chooses the nonce of AES-GCM. Some HSMs (in FIPS mode) insist on their own and write it into the caller's buffer.
enum class GcmNonce : std::uint8_t { caller, token };

// How the module wants CKA_EC_PARAMS of an Ed25519 key; the others are tried where it refuses.
enum class EdwardsName : std::uint8_t {
  printable,  // PrintableString "edwards25519" (PKCS#11 3.0, section 2.3.5)
  oid,        // 1.3.101.112 (RFC 8410)
  old_oid,    // 1.3.6.1.4.1.11591.15.1
};

struct Profile {
  std::string name = "generic";
  // Mechanism and key type numbers as PKCS#11 2.40 and 3.0 have them; vendors' own numbers go here. eddsa 0: none.
  unsigned long aes_key_gen = 0x1080;
  unsigned long aes_gcm = 0x1087;
  unsigned long hmac_key_gen = 0x350;
  unsigned long hmac_key_type = 0x10;
  unsigned long hmac_sha256 = 0x251;
  unsigned long edwards_key_gen = 0x1055;
  unsigned long edwards_key_type = 0x40;
  unsigned long eddsa = 0x1057;
  GcmNonce gcm_nonce = GcmNonce::caller;
  EdwardsName edwards_name = EdwardsName::printable;
  // Ask for ALLOWED_MECHANISMS, MODIFIABLE and COPYABLE first, and without where the module says it does not know them;
  // false for modules that say something unclear instead.
  bool hardening = true;
  bool software = false;         // keys lie in files of this machine: status and certificates say so
  bool enforces_secrecy = true;  // a sensitive key's value is really refused; false is for tests only

  bool signs() const noexcept { return eddsa != 0; }
};

// Error invalid for an unknown name.
Result<Profile> builtin_profile(std::string_view name);
std::vector<std::string_view> builtin_profile_names();

}  // namespace sluis::hsm
