#include "policy/rules.h"

#include <algorithm>
#include <tuple>

namespace sluis::policy {
namespace {

// Target ids: collections and keys have one numbering each, told apart by the action's scope.
constexpr std::uint32_t any_target = 0;
constexpr std::uint32_t unknown_target = 0xFFFFFF;

constexpr std::uint64_t index_key(Subject subject, std::uint16_t action, std::uint32_t target) noexcept {
  return std::uint64_t{subject} << 40U | std::uint64_t{action} << 24U | target;
}

std::string_view target_of(const Action& action, const Request& request) noexcept {
  if (action.scope == Scope::collection) return request.collection;
  if (action.scope == Scope::key) return request.key;
  return {};
}

const Names& targets_of(const Action& action, const Grant& grant) noexcept {
  static const Names every{true, {}};
  if (action.scope == Scope::collection) return grant.collections;
  if (action.scope == Scope::key) return grant.keys;
  return every;
}

bool blank(std::string_view text) noexcept {
  return text.find_first_not_of(" \t") == std::string_view::npos;
}

Decision denied(std::string reason) {
  Decision decision;
  decision.rule = "default";
  decision.reason = std::move(reason);
  return decision;
}

void add(const FieldSet& more, FieldSet& to) {
  to.all = to.all || more.all;
  if (to.names.empty()) {
    to.names = more.names;
    return;
  }
  to.names.insert(more.names.begin(), more.names.end());
}

std::string no_grant(const Action& action) {
  std::string text = "no grant of " + std::string(action.name);
  if (action.scope == Scope::collection) text += " on this collection";
  if (action.scope == Scope::key) text += " on this key";
  return text + " to this principal";
}

std::string reason_of(Step step, const Action& action, const Request& request) {
  if (step == Step::purpose) return request.purpose.empty() ? "purpose required" : "purpose not allowed";
  if (step == Step::case_reference) return "case reference required";
  return no_grant(action);
}

}  // namespace

bool Names::contains(std::string_view name) const {
  if (all) return true;
  const auto at = std::lower_bound(names.begin(), names.end(), name);
  return at != names.end() && *at == name;
}

// What the grants looked up so far say together.
struct Rules::Found {
  bool searches = false;
  Step furthest = Step::target;
  std::uint32_t first = 0xFFFFFFFF;  // position of the first grant that allows
  FieldSet fields, search_by;
};

Rules::Rules(RuleData data) : data_(std::move(data)) {
  index_principals();
  index_grants();
  index_budgets();
}

void Rules::index_principals() {
  for (std::uint32_t i = 0; i < data_.principals.size(); ++i) {
    const PrincipalRow& row = data_.principals[i];
    by_name_.emplace(row.who.name, i);
    if (!row.match.uri.empty()) by_uri_[row.match.uri].push_back(i);
    if (!row.match.subject.empty()) by_subject_[row.match.subject].push_back(i);
  }
}

void Rules::index_grants() {
  for (const Grant& grant : data_.grants)
    for (const Names* names : {&grant.collections, &grant.keys})
      for (const std::string& name : names->names)
        targets_.emplace(name, static_cast<std::uint32_t>(targets_.size() + 1));
  for (std::uint32_t i = 0; i < data_.grants.size(); ++i) index_grant(i);
  std::sort(index_.begin(), index_.end(),
            [](const Entry& a, const Entry& b) { return std::tie(a.key, a.grant) < std::tie(b.key, b.grant); });
}

void Rules::index_grant(std::uint32_t position) {
  const Grant& grant = data_.grants[position];
  for (const std::uint16_t number : grant.actions) {
    const Names& targets = targets_of(actions()[number], grant);
    for (const Subject subject : grant.to) {
      if (targets.all) index_.push_back({index_key(subject, number, any_target), position});
      for (const std::string& name : targets.names)
        index_.push_back({index_key(subject, number, target_id(name)), position});
    }
  }
}

void Rules::index_budgets() {
  for (const Budget& budget : data_.budgets) budgets_[budget.subject].emplace(budget.target, budget.limits);
}

std::uint32_t Rules::target_id(std::string_view text) const {
  const auto found = targets_.find(text);
  return found == targets_.end() ? unknown_target : found->second;
}

const Principal* Rules::principal_of(const Identity& identity) const {
  const PrincipalRow* only = nullptr;
  bool several = false;
  const auto consider = [&](const TextMap<std::vector<std::uint32_t>>& map, const std::string& text) {
    const auto found = map.find(text);
    if (found == map.end()) return;
    for (const std::uint32_t i : found->second) {
      const PrincipalRow& row = data_.principals[i];
      if (!row.match.ca.empty() && row.match.ca != identity.ca) continue;
      several = several || (only != nullptr && only != &row);
      only = &row;
    }
  };
  for (const std::string& uri : identity.uris) consider(by_uri_, uri);
  consider(by_subject_, identity.subject);
  return only == nullptr || several ? nullptr : &only->who;
}

const Principal* Rules::principal_named(std::string_view name) const {
  const auto found = by_name_.find(name);
  return found == by_name_.end() ? nullptr : &data_.principals[found->second].who;
}

Step Rules::conditions(const Grant& grant, const Request& request) const {
  // A purpose that is not listed could be any text, and it would stand in the log's open part.
  if (!request.purpose.empty() && data_.purposes.find(request.purpose) == data_.purposes.end()) return Step::purpose;
  if (grant.needs_purpose && (request.purpose.empty() || !grant.purposes.contains(request.purpose)))
    return Step::purpose;
  if (grant.needs_case && blank(request.case_reference)) return Step::case_reference;
  return Step::allows;
}

void Rules::look_up(std::uint64_t key, const Request& request, Found& found) const {
  const auto begin =
      std::lower_bound(index_.begin(), index_.end(), key, [](const Entry& e, std::uint64_t k) { return e.key < k; });
  for (auto entry = begin; entry != index_.end() && entry->key == key; ++entry) {
    const Grant& grant = data_.grants[entry->grant];
    const Step step = conditions(grant, request);
    found.furthest = std::max(found.furthest, step);
    if (step != Step::allows) continue;
    found.first = std::min(found.first, entry->grant);
    add(grant.fields, found.fields);
    if (found.searches) add(grant.search_by, found.search_by);
  }
}

Decision Rules::decide(const Request& request) const {
  if (request.principal == nullptr) return denied("no principal");
  const auto who = by_name_.find(request.principal->name);
  if (who == by_name_.end()) return denied("principal is not in the policy");
  const Action* action = action_named(request.action);
  if (action == nullptr) return denied("unknown action");

  // The roles of the policy that decides, not those of the caller's copy: that one may stem from an older policy.
  const std::set<Role>& roles = data_.principals[who->second].who.roles;
  if ((action->roles & mask_of(roles)) == 0) return denied(no_grant(*action));

  const std::uint16_t number = index_of(*action);
  const std::uint32_t target = target_id(target_of(*action, request));
  Found found;
  found.searches = action->searches();
  const auto look = [&](Subject subject) {
    look_up(index_key(subject, number, any_target), request, found);
    if (target != unknown_target) look_up(index_key(subject, number, target), request, found);
  };
  look(first_principal + who->second);
  for (const Role role : roles) look(static_cast<Subject>(role));
  if (found.furthest != Step::allows) return denied(reason_of(found.furthest, *action, request));

  Decision decision;
  decision.allowed = true;
  decision.rule = data_.grants[found.first].name;
  if (action->takes_fields()) decision.fields = std::move(found.fields);
  decision.search_by = std::move(found.search_by);
  return decision;
}

Step Rules::test(const Grant& grant, const Request& request) const {
  const auto is_to = [&](Subject s) { return std::binary_search(grant.to.begin(), grant.to.end(), s); };
  const auto who = request.principal == nullptr ? by_name_.end() : by_name_.find(request.principal->name);
  if (who == by_name_.end()) return Step::subject;
  const std::set<Role>& roles = data_.principals[who->second].who.roles;
  const bool by_role = std::any_of(roles.begin(), roles.end(), [&](Role r) { return is_to(static_cast<Subject>(r)); });
  if (!by_role && !is_to(first_principal + who->second)) return Step::subject;

  const Action* action = action_named(request.action);
  if (action == nullptr || (action->roles & mask_of(roles)) == 0) return Step::action;
  if (!std::binary_search(grant.actions.begin(), grant.actions.end(), index_of(*action))) return Step::action;
  if (!targets_of(*action, grant).contains(target_of(*action, request))) return Step::target;
  return conditions(grant, request);
}

const BudgetLimits* Rules::budget_of(Subject subject, std::string_view target) const {
  const auto rows = budgets_.find(subject);
  if (rows == budgets_.end()) return nullptr;
  auto row = rows->second.find(target);
  const std::string_view all = target.starts_with(transit_prefix) ? all_transit_keys : all_collections;
  if (row == rows->second.end()) row = rows->second.find(all);
  return row == rows->second.end() ? nullptr : &row->second;
}

// The file's rows were checked: of all that match, one is the most specific, and this order meets it first.
BudgetLimits Rules::budget(std::string_view principal, std::string_view target) const {
  const auto who = by_name_.find(principal);
  if (who != by_name_.end()) {
    if (const auto* limits = budget_of(first_principal + who->second, target)) return *limits;
    for (const Role role : data_.principals[who->second].who.roles)
      if (const auto* limits = budget_of(static_cast<Subject>(role), target)) return *limits;
  }
  const auto* limits = budget_of(everybody, target);
  return limits == nullptr ? BudgetLimits{} : *limits;
}

std::vector<std::string> Rules::principals() const {
  std::vector<std::string> names;
  names.reserve(data_.principals.size());
  for (const PrincipalRow& row : data_.principals) names.push_back(row.who.name);
  return names;
}

}  // namespace sluis::policy
