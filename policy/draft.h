// The sections of policy.toml, each read by one file, into one draft. Errors go to `problems`; what could be read stays
// in the draft, so that one mistake does not bring on others.
#pragma once

#include <map>
#include <set>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "policy/rules.h"
#include "policy/table_reader.h"

namespace sluis::policy {

inline constexpr std::size_t most_rows = 10'000;  // of [[principal]], of [[grant]] and of [[budget]]
inline constexpr std::size_t most_purposes = 1000;
inline constexpr std::size_t most_combinations =
    1'000'000;  // of subject, action and collection or key, over all grants

struct Draft {
  explicit Draft(Problems& to) : problems(to) {}

  // The subject that a text names ("registry-backend", "role:backend"); nullopt, and an error, if there is none.
  std::optional<Subject> subject(const Text& text);
  // The roles a subject has; 0 for a principal whose roles could not be read.
  RoleMask roles_of(Subject subject) const;

  Problems& problems;
  Suggester suggester;
  RuleData data;
  std::unordered_map<std::string, std::uint32_t> principals;  // position by name
  std::map<std::string, Place, std::less<>> purposes;
  std::set<std::string, std::less<>> used_purposes;
  std::map<Subject, Place> used_subjects;         // in grants, with the first place of each
  std::vector<std::string_view> principal_names;  // for suggestions; made at the first need
  std::size_t combinations = 0;
};

void load_purposes(const Node& root, Draft& draft);
void load_principals(const Node& root, Draft& draft);
void load_grants(const Node& root, Draft& draft);   // after purposes and principals
void load_budgets(const Node& root, Draft& draft);  // after principals
void warn_of_unused(Draft& draft);                  // after all

}  // namespace sluis::policy
