// Where the keys of a period come from: the one thing that the log asks of whoever keeps keys.
#pragma once

#include <string_view>

#include "crypto/result.h"
#include "crypto/secret.h"

namespace sluis::audit {

// Keys by period (a month, "2026-11"), kept wrapped elsewhere. Called rarely; may block. Thread-safe.
class PeriodKeys {
 public:
  PeriodKeys() = default;
  PeriodKeys(const PeriodKeys&) = delete;
  PeriodKeys& operator=(const PeriodKeys&) = delete;
  virtual ~PeriodKeys() = default;
  // The 32-byte sidecar key of a period, made on first use. Error not_found for a period whose key was destroyed.
  virtual Result<SecretKey> sidecar_key(std::string_view period) = 0;
  // The key under which subjects of that period get their pseudonym: an HMAC by the HSM.
  virtual Result<SecretKey> pseudonym_key(std::string_view period) = 0;
};

}  // namespace sluis::audit
