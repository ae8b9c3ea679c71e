// [[budget]].
#include <algorithm>

#include "policy/draft.h"

namespace sluis::policy {
namespace {

constexpr std::string_view keys[] = {"principal", "collection", "key", "per_minute", "per_day"};

using ByTarget = std::map<std::string, std::size_t, std::less<>>;  // position in data.budgets
using BySubject = std::map<Subject, ByTarget>;

std::optional<Subject> read_subject(TableReader& reader, Draft& draft) {
  const auto text = reader.need_text("principal");
  if (!text) return std::nullopt;
  if (text->text == "*") return everybody;
  return draft.subject(*text);
}

// How the two kinds of targets are kept.
struct Target {
  std::string prefix;               // of Budget::target
  std::string Trusted::*mentioned;  // what the configuration must know
};

std::optional<std::string> read_named(TableReader& reader, std::string_view key, const Target& target, Draft& draft) {
  const auto text = reader.text(key);
  if (!text) return std::nullopt;
  if (text->text == "*") return target.prefix + text->text;
  if (!well_formed(text->text)) {
    draft.problems.error(text->at, malformed(text->text));
    return std::nullopt;
  }
  Trusted& trusted = draft.data.trusted.emplace_back();
  trusted.*target.mentioned = text->text;
  trusted.at = text->at;
  return target.prefix + text->text;
}

// A budget is on collections or on keys of Transit: `collection` or `key`.
std::optional<std::string> read_target(TableReader& reader, Draft& draft) {
  const bool collection = reader.has("collection");
  if (collection == reader.has("key")) {
    draft.problems.error(
        reader.at(), collection ? "budget has both 'collection' and 'key'" : "budget has no 'collection' and no 'key'");
    return std::nullopt;
  }
  if (collection) return read_named(reader, "collection", {{}, &Trusted::collection}, draft);
  return read_named(reader, "key", {std::string(transit_prefix), &Trusted::key}, draft);
}

void load_budget(const Node& table, Draft& draft, BySubject& rows) {
  TableReader reader(table, "budget", keys, draft.problems, draft.suggester);
  const auto subject = read_subject(reader, draft);
  const auto target = read_target(reader, draft);
  BudgetLimits limits;
  limits.per_minute = reader.count("per_minute");
  limits.per_day = reader.count("per_day");
  if (!reader.has("per_minute") && !reader.has("per_day"))
    draft.problems.error(table.at, "budget has no 'per_minute' and no 'per_day'");
  if (!subject || !target) return;

  auto& budgets = draft.data.budgets;
  const auto [earlier, fresh] = rows[*subject].emplace(*target, budgets.size());
  if (!fresh)
    return draft.problems.error(table.at, "the budget in line " + std::to_string(budgets[earlier->second].at.line) +
                                              " is for the same principal and " +
                                              (reader.has("key") ? "key" : "collection"));
  budgets.push_back({*subject, *target, limits, table.at});
}

std::string shown(Subject subject, const Draft& draft) {
  if (subject < first_principal) return quoted("role:" + std::string(name(static_cast<Role>(subject))));
  return quoted(draft.data.principals[subject - first_principal].who.name);
}

// A row for everything (`all`) of `narrow` and a row for one target of `wide`, which `narrow` is a part of: for that
// target neither is more specific, so the file must say which limits hold.
void check_pair(Subject narrow, Subject wide, std::string_view all, const BySubject& rows, Draft& draft) {
  const auto mine = rows.find(narrow);
  const auto others = rows.find(wide);
  if (mine == rows.end() || others == rows.end()) return;
  const auto star = mine->second.find(all);
  if (star == mine->second.end()) return;
  for (const auto& [target, position] : others->second) {
    if (target.starts_with(transit_prefix) != all.starts_with(transit_prefix)) continue;
    if (mine->second.find(target) != mine->second.end()) continue;
    const Budget& a = draft.data.budgets[star->second];
    const Budget& b = draft.data.budgets[position];
    const Budget& later = a.at.line > b.at.line ? a : b;
    const Budget& earlier = a.at.line > b.at.line ? b : a;
    draft.problems.error(later.at, "for " + shown(narrow, draft) + " on " + quoted(target) +
                                       " this budget and that in line " + std::to_string(earlier.at.line) +
                                       " are equally specific: add one for exactly these");
    return;
  }
}

void check_pairs(std::string_view all, const BySubject& rows, Draft& draft) {
  for (const Role role : all_roles) check_pair(static_cast<Subject>(role), everybody, all, rows, draft);
  for (std::uint32_t i = 0; i < draft.data.principals.size(); ++i) {
    check_pair(first_principal + i, everybody, all, rows, draft);
    for (const Role role : draft.data.principals[i].who.roles)
      check_pair(first_principal + i, static_cast<Subject>(role), all, rows, draft);
  }
}

}  // namespace

void load_budgets(const Node& root, Draft& draft) {
  BySubject rows;
  for_each_table(root, "budget", most_rows, draft.problems,
                 [&](const Node& table) { load_budget(table, draft, rows); });
  check_pairs(all_collections, rows, draft);
  check_pairs(all_transit_keys, rows, draft);
}

}  // namespace sluis::policy
