// Signs the log's checkpoints with the HSM's newest audit key. Thread-safe; may block.
#pragma once

#include "audit/log.h"
#include "hsm/token.h"

namespace sluis::gateway {

class AuditSigner final : public audit::Signer {
 public:
  // Error not_found if the HSM has no audit key. `token` must outlive the signer.
  static Result<std::unique_ptr<AuditSigner>> make(hsm::Token& token);
  AuditSigner(hsm::Token& token, std::uint32_t version) noexcept : token_(token), version_(version) {}

  Result<Bytes> sign(ByteView message) override { return token_.sign(version_, message); }
  Result<Bytes> public_key() override { return token_.public_key(version_); }
  std::uint32_t version() const noexcept { return version_; }

 private:
  hsm::Token& token_;
  std::uint32_t version_;
};

}  // namespace sluis::gateway
