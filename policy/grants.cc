// [[grant]].
#include <algorithm>

#include "policy/draft.h"

namespace sluis::policy {
namespace {

constexpr std::string_view keys[] = {"name",   "to",        "actions",  "collections",  "keys",
                                     "fields", "search_by", "purposes", "case_required"};

// One item of `actions`, spelt out.
struct Written {
  Text as;
  std::vector<std::uint16_t> actions;
};

struct GrantDraft {
  Grant grant;
  std::vector<Text> to;  // beside grant.to while that is unsorted
  std::vector<Written> actions;
  bool on_collections = false, on_keys = false, takes_fields = false, searches = false, opens = false;
};

std::string_view group_of(std::string_view action) noexcept {
  return action.substr(0, action.find('.'));
}

// The actions that "records.read" or "records.*" stands for; none, and an error, if it is unknown.
std::vector<std::uint16_t> spelt_out(const Text& item, Draft& draft) {
  if (const Action* action = action_named(item.text)) return {index_of(*action)};
  std::vector<std::uint16_t> found;
  std::vector<std::string> groups;
  for (const Action& action : actions()) {
    const std::string group = std::string(group_of(action.name)) + ".*";
    if (group == item.text) found.push_back(index_of(action));
    if (groups.empty() || groups.back() != group) groups.push_back(group);
  }
  if (!found.empty()) return found;
  if (item.text == "*") {
    draft.problems.error(item.at, "'*' is too much for one grant: name actions or groups such as 'records.*'");
    return {};
  }
  std::vector<std::string_view> known(groups.begin(), groups.end());
  for (const Action& action : actions()) known.push_back(action.name);
  draft.problems.error(item.at, "unknown action " + quoted(item.text) + draft.suggester.for_word(item.text, known));
  return {};
}

void read_name(TableReader& reader, Draft& draft, std::map<std::string, Place>& names, Grant& grant) {
  const auto name = reader.need_name("name");
  grant.at = name ? name->at : reader.at();
  if (!name) return;
  grant.name = name->text;
  if (name->text == "default")
    return draft.problems.error(name->at, "'default' is the name of the rule that denies: choose another");
  const auto [earlier, fresh] = names.emplace(name->text, name->at);
  if (!fresh)
    draft.problems.error(name->at,
                         "grant " + quoted(name->text) + " is already in line " + std::to_string(earlier->second.line));
}

void read_to(TableReader& reader, Draft& draft, GrantDraft& made) {
  for (const Text& item : reader.need_texts("to")) {
    const auto subject = draft.subject(item);
    if (!subject) continue;
    made.grant.to.push_back(*subject);
    made.to.push_back(item);
    draft.used_subjects.emplace(*subject, item.at);
  }
}

void read_actions(TableReader& reader, Draft& draft, GrantDraft& made) {
  for (const Text& item : reader.need_texts("actions")) {
    Written written{item, spelt_out(item, draft)};
    if (written.actions.empty()) continue;
    for (const std::uint16_t number : written.actions) {
      const Action& action = actions()[number];
      made.on_collections = made.on_collections || action.scope == Scope::collection;
      made.on_keys = made.on_keys || action.scope == Scope::key;
      made.takes_fields = made.takes_fields || action.takes_fields();
      made.searches = made.searches || action.searches();
      made.opens = made.opens || action.opens == Opens::sealed;
      made.grant.actions.push_back(number);
    }
    made.actions.push_back(std::move(written));
  }
  auto& all = made.grant.actions;
  std::sort(all.begin(), all.end());
  all.erase(std::unique(all.begin(), all.end()), all.end());
}

// Whether the subject's role may hold at least one of the actions written.
void check_roles(const GrantDraft& made, Draft& draft) {
  for (const Written& written : made.actions) {
    RoleMask may = 0;
    for (const std::uint16_t number : written.actions) may = static_cast<RoleMask>(may | actions()[number].roles);
    for (std::size_t i = 0; i < made.to.size(); ++i) {
      const RoleMask has = draft.roles_of(made.grant.to[i]);
      if (has == 0 || (has & may) != 0) continue;
      draft.problems.error(written.as.at, quoted(written.as.text) + " cannot be granted to " + quoted(made.to[i].text) +
                                              ": it is for the role " + role_list(may));
    }
  }
}

Names names_of(const std::vector<Text>& list) {
  Names names;
  for (const Text& item : list) {
    if (item.text == "*") names.all = true;
    if (item.text != "*") names.names.push_back(item.text);
  }
  std::sort(names.names.begin(), names.names.end());
  return names;
}

// `collections`, `keys` or `fields`: there if and only if an action of the grant asks for it.
std::vector<Text> read_targets(TableReader& reader, std::string_view key, bool asked, std::string_view unasked,
                               const GrantDraft& made, Draft& draft) {
  auto list = reader.names_or_all(key);
  if (made.actions.empty() || asked == reader.has(key)) return list;
  if (asked) draft.problems.error(reader.at(), "grant has no " + quoted(key));
  if (!asked) draft.problems.error(reader.at(key), std::string(unasked));
  return {};
}

// The one that may be left out: then what may be returned may be searched by.
std::vector<Text> read_search_by(TableReader& reader, const GrantDraft& made, Draft& draft) {
  auto list = reader.names_or_all("search_by");
  if (!reader.has("search_by") || made.actions.empty() || made.searches) return list;
  draft.problems.error(reader.at("search_by"), "no action of this grant searches");
  return {};
}

FieldSet field_set(const std::vector<Text>& list) {
  Names names = names_of(list);
  return {names.all, {names.names.begin(), names.names.end()}};
}

// The configuration is not known here; what it must know is kept with its place.
void trust(const std::vector<Text>& list, const Trusted& pattern, std::string Trusted::*member, Draft& draft) {
  for (const Text& item : list) {
    if (item.text == "*") continue;
    Trusted& row = draft.data.trusted.emplace_back(pattern);
    row.*member = item.text;
    row.at = item.at;
  }
}

void read_all_targets(TableReader& reader, Draft& draft, GrantDraft& made) {
  const auto collections = read_targets(reader, "collections", made.on_collections,
                                        "no action of this grant is on a collection", made, draft);
  const auto key_names = read_targets(reader, "keys", made.on_keys, "no action of this grant is on a key", made, draft);
  const auto fields =
      read_targets(reader, "fields", made.takes_fields, "no action of this grant returns fields", made, draft);
  const auto search_by = read_search_by(reader, made, draft);
  Grant& grant = made.grant;
  grant.collections = names_of(collections);
  grant.keys = names_of(key_names);
  grant.fields = field_set(fields);
  grant.search_by = reader.has("search_by") ? field_set(search_by) : grant.fields;

  trust(collections, {}, &Trusted::collection, draft);
  trust(key_names, {}, &Trusted::key, draft);
  Trusted field;
  if (grant.collections.names.size() == 1) field.collection = grant.collections.names.front();
  trust(fields, field, &Trusted::field, draft);
  trust(search_by, field, &Trusted::field, draft);
}

void read_purposes(TableReader& reader, Draft& draft, GrantDraft& made) {
  if (!reader.has("purposes")) {
    if (made.opens && !draft.purposes.empty())
      draft.problems.error(reader.at(), "grant opens sealed values and has no 'purposes'");
    return;
  }
  made.grant.needs_purpose = true;
  std::vector<std::string_view> known;
  for (const auto& [purpose, at] : draft.purposes) known.emplace_back(purpose);
  std::vector<Text> list = reader.names_or_all("purposes");
  for (const Text& item : list) {
    if (item.text == "*") {
      draft.used_purposes.insert(known.begin(), known.end());
      if (known.empty()) draft.problems.error(item.at, "the policy lists no purposes");
      continue;
    }
    draft.used_purposes.insert(item.text);
    if (draft.purposes.find(item.text) == draft.purposes.end())
      draft.problems.error(item.at,
                           "unknown purpose " + quoted(item.text) + draft.suggester.for_word(item.text, known));
  }
  made.grant.purposes = names_of(list);
}

void count_combinations(const Grant& grant, Draft& draft) {
  const std::size_t targets = std::max<std::size_t>({1, grant.collections.names.size(), grant.keys.names.size()});
  const std::size_t before = draft.combinations;
  draft.combinations += grant.to.size() * grant.actions.size() * targets;
  if (before > most_combinations || draft.combinations <= most_combinations) return;
  draft.problems.error(grant.at, "the grants up to here name more than " + std::to_string(most_combinations) +
                                     " combinations of principal, action and collection or key");
}

void load_grant(const Node& table, Draft& draft, std::map<std::string, Place>& names) {
  TableReader reader(table, "grant", keys, draft.problems, draft.suggester);
  GrantDraft made;
  read_name(reader, draft, names, made.grant);
  read_to(reader, draft, made);
  read_actions(reader, draft, made);
  check_roles(made, draft);
  read_all_targets(reader, draft, made);
  read_purposes(reader, draft, made);
  made.grant.needs_case = reader.flag("case_required").value_or(false);
  std::sort(made.grant.to.begin(), made.grant.to.end());
  count_combinations(made.grant, draft);
  draft.data.grants.push_back(std::move(made.grant));
}

}  // namespace

void load_grants(const Node& root, Draft& draft) {
  std::map<std::string, Place> names;
  for_each_table(root, "grant", most_rows, draft.problems, [&](const Node& table) { load_grant(table, draft, names); });
}

}  // namespace sluis::policy
