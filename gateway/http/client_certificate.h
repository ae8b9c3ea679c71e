// What the gateway keeps of a client's certificate beyond the identity that policies match. A plain value.
#pragma once

#include <cstdint>
#include <string>

#include "crypto/hash.h"

namespace sluis::gateway {

struct ClientCertificate {
  Digest digest{};                               // SHA-256 of the DER
  std::string common_name;                       // the first of the subject; empty if there is none
  std::string serial_number;                     // decimal
  std::string subject_key_id, authority_key_id;  // "0a:1b:…"; empty if the certificate has none
  std::uint64_t not_after = 0;                   // Unix seconds: the first end within its chain
};

}  // namespace sluis::gateway
