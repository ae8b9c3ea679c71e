#include "policy/roles.h"

#include <algorithm>

namespace sluis::policy {
namespace {

struct Conflict {
  RoleMask pair;
  std::string_view why;
};

// One row a pair. A pair that is to be allowed is taken out here, and docs/policy.md says why.
constexpr Conflict conflicts[] = {
    {mask(Role::backend, Role::security_officer), "who reads records must not decide who may read them"},
    {mask(Role::backend, Role::auditor), "who reads records must not judge the reading"},
    {mask(Role::backend, Role::key_custodian), "who reads records must not hold the keys"},
    {mask(Role::backend, Role::operator_), "who runs the gateway must not read records"},
    {mask(Role::auditor, Role::security_officer), "who sets the rules must not judge their working"},
    {mask(Role::auditor, Role::key_custodian), "who holds the keys must not judge their use"},
    {mask(Role::auditor, Role::operator_), "who runs the gateway must not judge its working"},
    {mask(Role::operator_, Role::security_officer), "who runs the gateway must not set its rules"},
    {mask(Role::operator_, Role::key_custodian), "who runs the gateway must not hold the keys"},
    {mask(Role::security_officer, Role::key_custodian), "who sets the rules must not hold the keys"},
};

}  // namespace

std::string_view name(Role role) noexcept {
  switch (role) {
    case Role::backend:
      return "backend";
    case Role::security_officer:
      return "security-officer";
    case Role::auditor:
      return "auditor";
    case Role::key_custodian:
      return "key-custodian";
    case Role::operator_:
      return "operator";
  }
  return "unknown";
}

RoleMask mask_of(const std::set<Role>& roles) noexcept {
  RoleMask all = 0;
  for (const Role role : roles) all = static_cast<RoleMask>(all | mask(role));
  return all;
}

std::optional<Role> role_named(std::string_view text) noexcept {
  const auto* const found = std::find_if(all_roles.begin(), all_roles.end(), [&](Role r) { return name(r) == text; });
  if (found == all_roles.end()) return std::nullopt;
  return *found;
}

std::string_view conflict(Role a, Role b) noexcept {
  for (const Conflict& row : conflicts)
    if (row.pair == mask(a, b)) return row.why;
  return {};
}

std::string role_list(RoleMask roles) {
  std::string out;
  for (const Role role : all_roles) {
    if ((roles & mask(role)) == 0) continue;
    if (!out.empty()) out += ", ";
    out += name(role);
  }
  return out;
}

}  // namespace sluis::policy
