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
  {"adopted.declare", officer, Scope::none, Opens::nothing, "declare or forget a table whose ciphertext cells are re-encrypted"},
  {"adopted.read", officer | auditor | custodian, Scope::none, Opens::nothing, "list the adopted tables and what was found in them"},
  {"approvals.decide", officer | custodian, Scope::none, Opens::nothing, "approve or refuse what another principal asks for"},
  {"approvals.read", officer | auditor | custodian | operators, Scope::none, Opens::nothing, "list requests and their approvals"},
  {"audit.read",     auditor,                                 Scope::none,       Opens::nothing, "read and verify the log"},
  {"backups.create", officer | operators, Scope::none, Opens::nothing, "make a backup generation, or register one made elsewhere"},
  {"backups.drill", officer | operators, Scope::none, Opens::nothing, "restore a backup into a scratch store and check it"},
  {"backups.read", officer | auditor | custodian | operators, Scope::none, Opens::nothing, "list the backup generations and their drills"},
  {"backups.restore", officer, Scope::none, Opens::nothing, "restore a backup into an empty store"},
  {"keys.compromise", officer | custodian, Scope::key, Opens::nothing, "declare a key version compromised"},
  {"keys.destroy", officer | custodian, Scope::key, Opens::nothing, "schedule, withdraw and carry out the destruction of a key or master version"},
  {"keys.period", officer, Scope::key, Opens::nothing, "change how long a key may be used"},
  {"keys.read",      officer | auditor | custodian,           Scope::key,        Opens::nothing, "list keys, their versions and states"},
  {"metrics.read",   operators,                               Scope::none,       Opens::nothing, "read the metrics"},
  {"moves.read", officer | auditor | custodian | operators, Scope::none, Opens::nothing, "watch a move to another store or HSM"},
  {"moves.start", officer, Scope::none, Opens::nothing, "move to another store or HSM"},
  {"policy.change", officer, Scope::none, Opens::nothing, "propose another policy"},
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
  {"rollovers.control", officer, Scope::none, Opens::nothing, "pause, resume, slow or cancel a rollover"},
  {"rollovers.read", officer | auditor | custodian | operators, Scope::none, Opens::nothing, "watch rollovers"},
  {"rollovers.start", officer, Scope::none, Opens::nothing, "start a rollover outside its schedule"},
  {"status.read",    officer | auditor | custodian | operators, Scope::none,     Opens::nothing, "read the state of the gateway and its parts"},
  {"transit.backup", officer,                                    Scope::key,        Opens::nothing, "back up a Transit key in the clear, where the configuration allows it"},
  {"transit.config", officer,                                    Scope::key,        Opens::nothing, "change the rules and certificates of a Transit key"},
  {"transit.create", backend | officer,                          Scope::key,        Opens::nothing, "make a Transit key"},
  {"transit.csr", backend | officer,                          Scope::key,        Opens::nothing, "sign a certificate request with a Transit key"},
  {"transit.datakey", backend,                                    Scope::key,        Opens::nothing, "make a data key, wrapped"},
  {"transit.datakey_plaintext", backend,                          Scope::key,        Opens::ciphertext, "make a data key and see it"},
  {"transit.decrypt", backend,                                    Scope::key,        Opens::ciphertext, "decrypt under a Transit key"},
  {"transit.delete", officer,                                    Scope::key,        Opens::nothing, "delete a Transit key, for good or until it is restored"},
  {"transit.encrypt", backend,                                    Scope::key,        Opens::nothing, "encrypt under a Transit key"},
  {"transit.export", officer,                                    Scope::key,        Opens::nothing, "export a Transit key, where the configuration allows it"},
  {"transit.hash", backend,                                    Scope::none,       Opens::nothing, "compute digests"},
  {"transit.hmac", backend,                                    Scope::key,        Opens::nothing, "compute MACs under a Transit key"},
  {"transit.import", officer,                                    Scope::key,        Opens::nothing, "import a Transit key or a version of one"},
  {"transit.list", backend | officer | auditor | custodian,    Scope::key,        Opens::nothing, "list the Transit keys"},
  {"transit.random", backend,                                    Scope::none,       Opens::nothing, "draw random bytes"},
  {"transit.read", backend | officer | auditor | custodian,    Scope::key,        Opens::nothing, "read what a Transit key is, and its public half"},
  {"transit.restore", officer,                                    Scope::key,        Opens::nothing, "restore a Transit key from a backup"},
  {"transit.rewrap", backend,                                    Scope::key,        Opens::nothing, "encrypt ciphertexts anew under a Transit key, without seeing them"},
  {"transit.rotate", officer,                                    Scope::key,        Opens::nothing, "add a version to a Transit key"},
  {"transit.settings", officer,                                   Scope::none,       Opens::nothing, "read and change what counts for all Transit keys"},
  {"transit.sign", backend,                                    Scope::key,        Opens::nothing, "sign with a Transit key"},
  {"transit.trim", officer,                                    Scope::key,        Opens::nothing, "remove old versions of a Transit key"},
  {"transit.verify", backend,                                    Scope::key,        Opens::nothing, "verify signatures and MACs"},
  {"transit.wrapping_key", backend | officer,                     Scope::none,       Opens::nothing, "read the public key that imports are wrapped to"},
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
