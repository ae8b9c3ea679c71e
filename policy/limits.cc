// [[budget]].
#include <algorithm>

#include "policy/draft.h"

namespace sluis::policy {
namespace {

constexpr std::string_view keys[] = {"principal", "collection", "per_minute", "per_day"};

using ByCollection = std::map<std::string, std::size_t, std::less<>>;  // position in data.budgets
using BySubject = std::map<Subject, ByCollection>;

std::optional<Subject> read_subject(TableReader& reader, Draft& draft) {
  const auto text = reader.need_text("principal");
  if (!text) return std::nullopt;
  if (text->text == "*") return everybody;
  return draft.subject(*text);
}

std::optional<Text> read_collection(TableReader& reader, Draft& draft) {
  auto text = reader.need_text("collection");
  if (!text || text->text == "*") return text;
  if (well_formed(text->text)) {
    draft.data.trusted.push_back({text->text, {}, {}, text->at});
    return text;
  }
  draft.problems.error(text->at, malformed(text->text));
  return std::nullopt;
}

void load_budget(const Node& table, Draft& draft, BySubject& rows) {
  TableReader reader(table, "budget", keys, draft.problems, draft.suggester);
  const auto subject = read_subject(reader, draft);
  const auto collection = read_collection(reader, draft);
  BudgetLimits limits;
  limits.per_minute = reader.count("per_minute");
  limits.per_day = reader.count("per_day");
  if (!reader.has("per_minute") && !reader.has("per_day"))
    draft.problems.error(table.at, "budget has no 'per_minute' and no 'per_day'");
  if (!subject || !collection) return;

  auto& budgets = draft.data.budgets;
  const auto [earlier, fresh] = rows[*subject].emplace(collection->text, budgets.size());
  if (!fresh)
    return draft.problems.error(table.at, "the budget in line " + std::to_string(budgets[earlier->second].at.line) +
                                              " is for the same principal and collection");
  budgets.push_back({*subject, collection->text, limits, table.at});
}

std::string shown(Subject subject, const Draft& draft) {
  if (subject < first_principal) return quoted("role:" + std::string(name(static_cast<Role>(subject))));
  return quoted(draft.data.principals[subject - first_principal].who.name);
}

// A row for every collection of `narrow` and a row for one collection of `wide`, which `narrow` is a part of: for that
// collection neither is more specific, so the file must say which limits hold.
void check_pair(Subject narrow, Subject wide, const BySubject& rows, Draft& draft) {
  const auto mine = rows.find(narrow);
  const auto others = rows.find(wide);
  if (mine == rows.end() || others == rows.end()) return;
  const auto star = mine->second.find("*");
  if (star == mine->second.end()) return;
  for (const auto& [collection, position] : others->second) {
    if (mine->second.find(collection) != mine->second.end()) continue;
    const Budget& a = draft.data.budgets[star->second];
    const Budget& b = draft.data.budgets[position];
    const Budget& later = a.at.line > b.at.line ? a : b;
    const Budget& earlier = a.at.line > b.at.line ? b : a;
    draft.problems.error(later.at, "for " + shown(narrow, draft) + " on " + quoted(collection) +
                                       " this budget and that in line " + std::to_string(earlier.at.line) +
                                       " are equally specific: add one for exactly these");
    return;
  }
}

}  // namespace

void load_budgets(const Node& root, Draft& draft) {
  BySubject rows;
  for_each_table(root, "budget", most_rows, draft.problems,
                 [&](const Node& table) { load_budget(table, draft, rows); });
  for (const Role role : all_roles) check_pair(static_cast<Subject>(role), everybody, rows, draft);
  for (std::uint32_t i = 0; i < draft.data.principals.size(); ++i) {
    check_pair(first_principal + i, everybody, rows, draft);
    for (const Role role : draft.data.principals[i].who.roles)
      check_pair(first_principal + i, static_cast<Subject>(role), rows, draft);
  }
}

}  // namespace sluis::policy
