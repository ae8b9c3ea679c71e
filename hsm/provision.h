// Setting up a token, as the key custodian does it once: initialise it, set the user's PIN, make the first keys. Every
// step is safe to repeat: what exists is reported and left alone, and an initialised token is never initialised again.
#pragma once

#include <vector>

#include "hsm/config.h"
#include "hsm/token.h"

namespace sluis::hsm {

enum class InitOutcome : std::uint8_t {
  existed,      // the token was there with its user PIN set; nothing was done
  pin_set,      // the token was there without a user PIN (an interrupted set-up); the PIN was set
  initialised,  // an uninitialised slot became the token
};

// Uses the module alone: no Pkcs11Token of the same module may be open in this process. The uninitialised slot is the
// first that the module shows. Errors: denied for a refused SO PIN (never tried twice), conflict if there is no token
// with this label and no uninitialised one either, invalid for PINs that the token does not take.
Result<InitOutcome> initialise_token(const Pkcs11Config& config, const SecretKey& so_pin, const SecretKey& user_pin);

struct ProvisionStep {
  enum class Outcome : std::uint8_t { created, existed, unsupported };
  KeyKind kind;
  std::string label;  // of the key made, or of the newest one that exists
  Outcome outcome;
};

// Master m1, audit a1, pseudonym p1, each only where no key of its kind exists: after a rollover m1 may be gone for
// good, and must not come back under its old name.
Result<std::vector<ProvisionStep>> make_first_keys(Token& token);

}  // namespace sluis::hsm
