#include "policy/actions.h"

#include <algorithm>
#include <iterator>

namespace sluis::policy {
namespace {

constexpr RoleMask backend = mask(Role::backend);
constexpr RoleMask officer = mask(Role::security_officer);
constexpr RoleMask auditor = mask(Role::auditor);
constexpr RoleMask custodian = mask(Role::key_custodian);
constexpr RoleMask operators = mask(Role::operator_);

// clang-format off
constexpr Action table[] = {
  {"audit.read",     auditor,                                 Scope::none,       Opens::nothing, "read and verify the log"},
  {"keys.read",      officer | auditor | custodian,           Scope::key,        Opens::nothing, "list keys, their versions and states"},
  {"metrics.read",   operators,                               Scope::none,       Opens::nothing, "read the metrics"},
  {"policy.explain", officer | auditor,                       Scope::none,       Opens::nothing, "ask which rule decides a request"},
  {"policy.read",    officer | auditor,                       Scope::none,       Opens::nothing, "read the policy in force"},
  {"records.attest", backend,                                 Scope::collection, Opens::sealed,  "ask whether a record satisfies claims"},
  {"records.delete", backend,                                 Scope::collection, Opens::nothing, "remove a record"},
  {"records.export", backend,                                 Scope::collection, Opens::sealed,  "stream all records of a collection"},
  {"records.import", backend,                                 Scope::collection, Opens::nothing, "write records from a stream"},
  {"records.patch",  backend,                                 Scope::collection, Opens::nothing, "change fields of a record"},
  {"records.put",    backend,                                 Scope::collection, Opens::nothing, "write a whole record"},
  {"records.read",   backend,                                 Scope::collection, Opens::sealed,  "read records by their ids"},
  {"records.search", backend,                                 Scope::collection, Opens::sealed,  "find records by equality on indexed fields"},
  {"status.read",    officer | auditor | custodian | operators, Scope::none,     Opens::nothing, "read the state of the gateway and its parts"},
};
// clang-format on

constexpr bool sorted_and_unique() {
  for (std::size_t i = 1; i < std::size(table); ++i)
    if (!(table[i - 1].name < table[i].name)) return false;
  return true;
}
static_assert(sorted_and_unique(), "action_named() searches by halves");

}  // namespace

std::span<const Action> actions() noexcept {
  return table;
}

const Action* action_named(std::string_view name) noexcept {
  const auto* const found =
      std::lower_bound(std::begin(table), std::end(table), name, [](const Action& a, auto n) { return a.name < n; });
  return found != std::end(table) && found->name == name ? found : nullptr;
}

std::uint16_t index_of(const Action& action) noexcept {
  return static_cast<std::uint16_t>(&action - table);
}

}  // namespace sluis::policy
