// Every action there is: one table. A new action is one row in actions.cc; routes, grants and explanations follow it.
// Immutable and thread-safe.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

#include "policy/roles.h"

namespace sluis::policy {

// What a grant of the action must name, and what a request for it is about.
enum class Scope : std::uint8_t {
  none,        // the gateway as a whole
  collection,  // grants name `collections`
  key,         // grants name `keys`
};

enum class Opens : std::uint8_t {
  nothing,
  sealed,      // decrypts for the caller: a purpose is needed wherever the policy lists purposes, budgets count it
  ciphertext,  // the same under a key of Transit: budgets count it, and the key says whether a purpose is needed
};

struct Action {
  std::string_view name;  // "group.verb"
  RoleMask roles;         // the roles that may be granted it
  Scope scope;
  Opens opens;
  std::string_view text;  // one line, for people

  // Grants of it name `fields`: the fields that may be returned or attested.
  constexpr bool takes_fields() const noexcept { return opens == Opens::sealed && scope == Scope::collection; }
  // Grants of it may name `search_by`.
  constexpr bool searches() const noexcept { return name == "records.search"; }
};

// Sorted by name.
std::span<const Action> actions() noexcept;

// nullptr if there is no such action.
const Action* action_named(std::string_view name) noexcept;

// Position of a row in actions().
std::uint16_t index_of(const Action& action) noexcept;

}  // namespace sluis::policy
