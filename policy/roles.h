// Roles and the pairs of them that one principal may never hold together.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>

#include "policy/policy.h"

namespace sluis::policy {

inline constexpr std::array<Role, 5> all_roles{Role::backend, Role::security_officer, Role::auditor,
                                               Role::key_custodian, Role::operator_};

// A set of roles, one bit each.
using RoleMask = std::uint8_t;

template <typename... Roles>
constexpr RoleMask mask(Roles... roles) noexcept {
  return static_cast<RoleMask>((0U | ... | (1U << static_cast<unsigned>(roles))));
}
RoleMask mask_of(const std::set<Role>& roles) noexcept;

std::optional<Role> role_named(std::string_view text) noexcept;

// Why the two roles exclude each other, or empty where they may be combined. Symmetric. As it stands every pair of
// different roles is excluded, so a principal has exactly one role.
std::string_view conflict(Role a, Role b) noexcept;

// "backend, auditor": for messages.
std::string role_list(RoleMask roles);

}  // namespace sluis::policy
