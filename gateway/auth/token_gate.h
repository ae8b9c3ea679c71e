// Login tokens as the server asks about them: gateway/http/token_check.h answered by Tokens. Thread-safe.
#pragma once

#include "gateway/auth/tokens.h"
#include "gateway/http/token_check.h"

namespace sluis::gateway::auth {

class TokenGate final : public TokenCheck {
 public:
  explicit TokenGate(Tokens& tokens) : tokens_(tokens) {}

  std::optional<Status> look(const Call& call, const Route& route) override;
  Status ask(const Call& call) override;

 private:
  Tokens& tokens_;
};

// Error denied for a call without a principal or a certificate.
Result<Holder> holder_of(const Call& call);

}  // namespace sluis::gateway::auth
