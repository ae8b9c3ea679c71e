// The keys of the log's periods (months, "2026-11"). The sidecar key of a period is the key "audit/<period>" of the
// keyring, so that a period's personal data can be destroyed with its key; the pseudonym key is the HSM's HMAC of the
// period's name under a key that never leaves it. Thread-safe; may block on the HSM and the store.
#pragma once

#include <chrono>
#include <map>
#include <memory>
#include <mutex>
#include <string>

#include "audit/log.h"
#include "gateway/keys/keyring.h"
#include "hsm/token.h"

namespace sluis::gateway {

class PeriodKeys final : public audit::PeriodKeys {
 public:
  // Error not_found if the HSM has no pseudonym key. `keyring` and `token` must outlive this.
  static Result<std::unique_ptr<PeriodKeys>> make(Keyring& keyring, hsm::Token& token, KeyringConfig config = {});
  PeriodKeys(Keyring& keyring, hsm::Token& token, KeyringConfig config, std::uint32_t pseudonym_version) noexcept
      : keyring_(keyring), token_(token), config_(config), pseudonym_version_(pseudonym_version) {}

  // Errors: invalid if the period is not YYYY-MM, not_found if its key was destroyed, unavailable, corrupt.
  Result<SecretKey> sidecar_key(std::string_view period) override;
  Result<SecretKey> pseudonym_key(std::string_view period) override;

 private:
  struct Cached {
    SecretKey key;
    std::chrono::steady_clock::time_point expires;
  };
  Keyring& keyring_;
  hsm::Token& token_;
  KeyringConfig config_;
  std::uint32_t pseudonym_version_;
  std::mutex mutex_;
  std::map<std::string, Cached, std::less<>> pseudonyms_;
};

}  // namespace sluis::gateway
