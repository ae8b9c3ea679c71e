#include "gateway/keys/audit_signer.h"

#include "gateway/keys/newest.h"

namespace sluis::gateway {

Result<std::unique_ptr<AuditSigner>> AuditSigner::make(hsm::Token& token) {
  const auto version = newest_version(token, hsm::KeyKind::audit);
  if (!version) return version.error();
  if (*version == 0) return Error{Code::not_found, "the HSM has no audit key: run `sluis hsm init`"};
  return std::make_unique<AuditSigner>(token, *version);
}

}  // namespace sluis::gateway
