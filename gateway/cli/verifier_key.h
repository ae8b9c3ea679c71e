// Keys of logs as auditors hold them. Throws Failure.
#pragma once

#include <string>

#include "crypto/bytes.h"

namespace sluis::cli {

struct VerifierKey {
  std::string origin;
  Bytes key;
};

// "name+hex(key id)+base64(0x01 || public key)": C2SP signed-note, section on verifier keys.
VerifierKey parse_verifier_key(std::string text);

}  // namespace sluis::cli
