// Signs the log's checkpoints with the HSM's audit keys: the newest, and for a while the one before. Thread-safe; may
// block.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "audit/log.h"
#include "hsm/token.h"

namespace sluis::gateway {

class AuditSigner final : public audit::Signer {
 public:
  // With the newest key. Error not_found if the HSM has no audit key. `token` must outlive the signer.
  static Result<std::unique_ptr<AuditSigner>> make(hsm::Token& token);
  AuditSigner(hsm::Token& token, std::uint32_t version) noexcept : token_(token), version_(version) {}

  Result<Bytes> sign(ByteView message) override { return token_.sign(version_, message); }
  Result<Bytes> public_key() override { return token_.public_key(version_); }
  std::uint32_t version() const noexcept { return version_; }

 private:
  hsm::Token& token_;
  std::uint32_t version_;
};

// All audit keys of the token.
class AuditSigners {
 public:
  // Error not_found if the HSM has no audit key. `token` must outlive the signers.
  static Result<std::unique_ptr<AuditSigners>> make(hsm::Token& token);
  explicit AuditSigners(std::vector<std::unique_ptr<AuditSigner>> newest_first) noexcept
      : signers_(std::move(newest_first)) {}

  AuditSigner& newest() noexcept { return *signers_.front(); }
  // The others, newest first. The one before the newest signs beside it for `overlap_us` from the newest's first day,
  // which is written down in the log's folder when it is first seen. Error unavailable if that cannot be.
  Result<std::vector<audit::EarlierKey>> earlier(const std::string& log_folder, std::uint64_t overlap_us,
                                                 std::uint64_t now_us);

 private:
  std::vector<std::unique_ptr<AuditSigner>> signers_;
};

}  // namespace sluis::gateway
