// The policy as loaded: what the files grants.cc, principals.cc and limits.cc fill in, and the decisions made from it.
#pragma once

#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "policy/actions.h"
#include "policy/policy.h"
#include "policy/problems.h"
#include "policy/table_reader.h"

namespace sluis::policy {

// Whom a rule is for: a role (0 to 4, as in Role) or a principal (5 and its position).
using Subject = std::uint32_t;
inline constexpr Subject first_principal = 5;
inline constexpr Subject everybody = 0xFFFFFFFF;  // budgets only

// What a certificate must say. Either `uri`, under `ca` if that is not empty, or `subject` under `ca`.
struct CertificateMatch {
  std::string uri, subject, ca;
};

struct PrincipalRow {
  Principal who;
  CertificateMatch match;
  Place at;  // of its name
};

// A list that is either "*" or names; the names are sorted.
struct Names {
  bool all = false;
  std::vector<std::string> names;
  bool contains(std::string_view name) const;
};

struct Grant {
  std::string name;
  Place at;
  std::vector<Subject> to;             // sorted
  std::vector<std::uint16_t> actions;  // positions in actions(), sorted; groups are spelt out
  Names collections, keys;
  FieldSet fields, search_by;
  bool needs_purpose = false;  // a purpose must be stated, one of:
  Names purposes;              // all: any that the policy lists
  bool needs_case = false;
};

// What a row for all collections, or all keys of Transit, has as its target.
inline constexpr std::string_view all_collections = "*", all_transit_keys = "transit/*";

struct Budget {
  Subject subject = everybody;
  std::string target;  // a collection, "transit/KEY", "*" or "transit/*"
  BudgetLimits limits;
  Place at;
};

// A name that the policy takes on trust: the gateway's configuration knows whether it exists.
struct Trusted {
  std::string collection, field, key;
  Place at;
};

struct RuleData {
  std::string file, digest;
  std::set<std::string, std::less<>> purposes;
  std::vector<PrincipalRow> principals;
  std::vector<Grant> grants;
  std::vector<Budget> budgets;
  std::vector<Trusted> trusted;
};

// How far a grant goes along with a request; the last step is to allow it.
enum class Step : std::uint8_t { subject, action, target, purpose, case_reference, allows };

class Rules final : public Policy {
 public:
  explicit Rules(RuleData data);

  const Principal* principal_of(const Identity& identity) const override;
  const Principal* principal_named(std::string_view name) const override;
  Decision decide(const Request& request) const override;
  BudgetLimits budget(std::string_view principal, std::string_view target) const override;
  std::vector<std::string> principals() const override;
  const std::string& digest() const noexcept override { return data_.digest; }

  const RuleData& data() const noexcept { return data_; }
  // Every condition of one grant, without the index: the first that fails, or `allows`.
  Step test(const Grant& grant, const Request& request) const;

 private:
  struct Entry {
    std::uint64_t key;  // subject, action and target
    std::uint32_t grant;
  };
  struct TextHash {
    using is_transparent = void;
    std::size_t operator()(std::string_view text) const noexcept { return std::hash<std::string_view>{}(text); }
  };
  template <typename Value>
  using TextMap = std::unordered_map<std::string, Value, TextHash, std::equal_to<>>;
  struct Found;

  void index_principals();
  void index_grants();
  void index_grant(std::uint32_t position);
  void index_budgets();
  std::uint32_t target_id(std::string_view text) const;
  Step conditions(const Grant& grant, const Request& request) const;
  void look_up(std::uint64_t key, const Request& request, Found& found) const;
  const BudgetLimits* budget_of(Subject subject, std::string_view target) const;

  RuleData data_;
  TextMap<std::uint32_t> by_name_;
  TextMap<std::vector<std::uint32_t>> by_uri_, by_subject_;
  TextMap<std::uint32_t> targets_;  // collections and keys named in grants
  std::vector<Entry> index_;        // sorted
  std::unordered_map<Subject, TextMap<BudgetLimits>> budgets_;
};

}  // namespace sluis::policy
