// What a PKCS#11 return code means to Sluis, and what the caller is told. Modules differ in the codes they choose, so
// the meaning is coarse: it says what to do next, not what the vendor thinks has happened.
#pragma once

#include <cstdint>

#include "crypto/result.h"
#include "hsm/cryptoki.h"

namespace sluis::hsm {

enum class Fault : std::uint8_t {
  none,
  lost,         // the token, its server or the login went away: connect again
  stale,        // an object handle is no longer known: find the key again
  missing,      // no such key on a token that answers
  sick,         // the module does not say what is wrong: a known-answer call decides
  failing,      // the token answers, and yet this operation fails again and again
  tampered,     // the data does not authenticate
  busy,         // no session to be had
  refused_pin,  // the PIN is wrong, locked or expired
  unsupported,  // the module lacks the mechanism, attribute or curve
  forbidden,    // the key's attributes or the token's policy do not allow it
  unguarded,    // the key is extractable, not sensitive, not made in the token, or half a pair
  ambiguous,    // more than one key carries the label
  exists,       // the label is in use
  undead,       // a destroyed key is still found
  misuse,       // a mistake of Sluis' own
};

Fault fault_of(ck_rv_t code) noexcept;

// Not for Fault::none.
Error error_of(Fault fault) noexcept;

}  // namespace sluis::hsm
