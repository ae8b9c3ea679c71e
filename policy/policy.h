// Who may do what, for which purpose, with which fields, how often. A Policy is immutable once loaded and thread-safe;
// decide() is a pure function. Deny by default. The format of policy.toml is in docs/policy.md.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "crypto/result.h"

namespace sluis::policy {

enum class Role : std::uint8_t { backend, security_officer, auditor, key_custodian, operator_ };
std::string_view name(Role role) noexcept;  // "backend", "security-officer", …, "operator"

// What a client certificate says, as far as policy looks at it.
struct Identity {
  std::vector<std::string> uris;  // subjectAltName URIs
  std::string subject;            // RFC 2253 text
  std::string ca;                 // name given in the configuration to the trust anchor the chain ends in
};

struct Principal {
  std::string name;
  std::set<Role> roles;
};

// Every action there is, with the roles that may be granted it and whether it opens sealed values: one table
// (actions.h).
struct Request {
  const Principal* principal = nullptr;
  std::string_view action;          // "records.read"
  std::string_view collection;      // empty if the action has none
  std::string_view key;             // empty if the action has none
  std::string_view purpose;         // header Sluis-Purpose, empty if none
  std::string_view case_reference;  // header Sluis-Case, empty if none
};

// Which fields a decision allows.
struct FieldSet {
  bool all = false;
  std::set<std::string, std::less<>> names;
  bool contains(std::string_view field) const { return all || names.find(field) != names.end(); }
};

struct Decision {
  bool allowed = false;
  std::string rule;    // name of the first grant in the file that allows, or "default" when none does
  std::string reason;  // why not, in words that tell nothing about data or the request; empty when allowed
  // Union over all grants that allow. Empty for actions that neither return nor ask fields (Action::takes_fields).
  FieldSet fields;
  // records.search only: which fields the caller may search by. An equality search confirms a guess, so it is granted
  // apart from what is returned; the union over all grants that allow.
  FieldSet search_by;
};

// What the names of Transit's keys begin with where they stand beside collections: in log entries and budgets. No
// collection's name has a slash.
inline constexpr std::string_view transit_prefix = "transit/";

// Decrypts a minute and a day for a principal and a collection or key; nullopt: no limit.
struct BudgetLimits {
  std::optional<std::uint64_t> per_minute;
  std::optional<std::uint64_t> per_day;
};

// Where a file is wrong, for people: "policy.toml:12:3: unknown role 'backendd' (did you mean 'backend'?)".
struct LoadError {
  std::string file;
  std::uint32_t line = 0, column = 0;
  std::string message;
  std::string text() const;
};

class Policy {
 public:
  virtual ~Policy() = default;
  // The principal of a certificate; nullptr if none or more than one matches. Byte for byte: no case is folded, no name
  // is normalised. Principals live as long as the policy.
  virtual const Principal* principal_of(const Identity& identity) const = 0;
  virtual const Principal* principal_named(std::string_view name) const = 0;
  // A principal of another (older) policy is looked up by its name. A stated purpose that is not listed is refused for
  // every action. What the gateway must check beside: budgets, approvals, and that collections and keys exist.
  virtual Decision decide(const Request& request) const = 0;
  // The limits of the most specific [[budget]] row for the two. `target`: a collection, or a Transit key as
  // "transit/names".
  virtual BudgetLimits budget(std::string_view principal, std::string_view target) const = 0;
  virtual std::vector<std::string> principals() const = 0;
  // SHA-256 of the file as loaded, hexadecimal: what log entries and approvals refer to.
  virtual const std::string& digest() const noexcept = 0;
};

struct Loaded {
  std::shared_ptr<const Policy> policy;  // null if there are errors
  std::vector<LoadError> errors;
  std::vector<LoadError> warnings;
};

// Reads and checks the whole text; throws nothing but what crypto/hash.h and exhausted memory throw. All errors are
// reported in the order of the file (of syntax errors the first; at most 1000), warnings only where there are no
// errors. At most 4 MiB, 10 000 principals, grants and budgets each.
Loaded load_text(std::string_view text, std::string_view file_name);
// The same of a regular file; an error about the file itself has line 0.
Loaded load_file(const std::string& path);

}  // namespace sluis::policy
