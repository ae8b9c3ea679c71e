#include "gateway/auth/presented.h"

#include <algorithm>

namespace sluis::gateway::auth {
namespace {

// Names are in lower case (gateway/http/request_parser.h).
Result<std::string_view> only(const Call& call, std::string_view name) {
  std::string_view found;
  bool any = false;
  for (const auto& [key, value] : call.headers) {
    if (key != name) continue;
    if (any) return Error{Code::invalid, "headers X-Vault-Token and Authorization must be there once at most"};
    any = true;
    found = value;
  }
  return found;
}

std::string_view bearer(std::string_view authorization) {
  constexpr std::string_view kScheme = "bearer ";
  const bool named = authorization.size() > kScheme.size() &&
                     std::equal(kScheme.begin(), kScheme.end(), authorization.begin(), [](char lower, char c) {
                       return lower == (c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c);
                     });
  if (!named) return {};
  const auto start = authorization.find_first_not_of(' ', kScheme.size());
  return start == std::string_view::npos ? std::string_view() : authorization.substr(start);
}

}  // namespace

Result<std::string_view> presented_token(const Call& call) {
  const auto own = only(call, "x-vault-token");
  if (!own) return own.error();
  const auto authorization = only(call, "authorization");
  if (!authorization) return authorization.error();
  return own->empty() ? bearer(*authorization) : *own;
}

Status check_namespace(const Call& call) {
  for (const auto& [key, value] : call.headers) {
    if (key != "x-vault-namespace" || value.empty() || value == "/") continue;
    if (value != "root" && value != "root/") {
      return Error{Code::invalid, "there are no namespaces here: leave X-Vault-Namespace away"};
    }
  }
  return {};
}

}  // namespace sluis::gateway::auth
