#include "gateway/auth/token_gate.h"

#include "gateway/auth/presented.h"

namespace sluis::gateway::auth {

Result<Holder> holder_of(const Call& call) {
  if (call.principal == nullptr || !call.certificate) {
    return Error{Code::denied, "no principal has this certificate"};
  }
  return Holder{call.principal->name, *call.certificate};
}

std::optional<Status> TokenGate::look(const Call& call, const Route& route) {
  if (route.token == TokenUse::none) return Status();
  if (const Status there = check_namespace(call); !there) return there;
  if (route.token == TokenUse::ignored) return Status();
  const auto token = presented_token(call);
  if (!token) return Status(token.error());
  if (token->empty()) return Status();
  const auto holder = holder_of(call);
  if (!holder) return Status(holder.error());
  const auto known = tokens_.look(*token, *holder, call.now_us);
  if (!known) return std::nullopt;
  return *known ? Status() : Status(known->error());
}

Status TokenGate::ask(const Call& call) {
  const auto token = presented_token(call);
  if (!token) return token.error();
  const auto holder = holder_of(call);
  if (!holder) return holder.error();
  const auto found = tokens_.find(*token, *holder, call.now_us);
  return found ? Status() : Status(found.error());
}

}  // namespace sluis::gateway::auth
