// [[principal]] and `purposes`.
#include <algorithm>

#include "policy/draft.h"

namespace sluis::policy {
namespace {

constexpr std::string_view keys[] = {"name", "uri", "subject", "ca", "roles"};
constexpr std::size_t longest_match = 1024;

constexpr std::string_view role_names[] = {"backend", "security-officer", "auditor", "key-custodian", "operator"};

// Each match of an earlier principal, by its URI or subject, so that no certificate can be two principals.
using Matches = std::map<std::string, std::vector<std::uint32_t>>;

struct Seen {
  Matches uris, subjects;
};

bool letter(char c) noexcept {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

// RFC 3986 section 3.1: a scheme, a colon and something after it; no white space and no control characters.
bool is_uri(std::string_view text) noexcept {
  const std::size_t colon = text.find(':');
  if (colon == std::string_view::npos || colon == 0 || colon + 1 == text.size() || !letter(text.front())) return false;
  const auto in_scheme = [](char c) { return letter(c) || (c >= '0' && c <= '9') || c == '+' || c == '-' || c == '.'; };
  const auto scheme = text.substr(0, colon);
  return std::all_of(scheme.begin(), scheme.end(), in_scheme) &&
         std::all_of(text.begin(), text.end(), [](char c) { return c > 0x20 && c < 0x7F; });
}

bool is_subject(std::string_view text) noexcept {
  return !text.empty() && text.find('=') != std::string_view::npos &&
         std::none_of(text.begin(), text.end(), [](char c) {
           const auto byte = static_cast<unsigned char>(c);
           return byte < 0x20 || byte == 0x7F;
         });
}

std::set<Role> read_roles(TableReader& reader, Draft& draft) {
  std::set<Role> roles;
  for (const Text& item : reader.need_texts("roles")) {
    const auto role = role_named(item.text);
    if (!role) {
      draft.problems.error(item.at,
                           "unknown role " + quoted(item.text) + draft.suggester.for_word(item.text, role_names));
      continue;
    }
    for (const Role other : roles) {
      const auto why = conflict(*role, other);
      if (why.empty()) continue;
      draft.problems.error(item.at, "roles " + quoted(name(other)) + " and " + quoted(name(*role)) +
                                        " exclude each other: " + std::string(why));
    }
    roles.insert(*role);
  }
  return roles;
}

bool right_shape(const Text& text, bool (*is)(std::string_view), std::string_view expected, Draft& draft) {
  if (text.text.size() <= longest_match && is(text.text)) return true;
  draft.problems.error(text.at, quoted(text.text) + " is not " + std::string(expected));
  return false;
}

// Two principals meet where the text is the same and the CA is the same or left open by one of them.
void claim(const Text& text, Matches& matches, Draft& draft) {
  auto& earlier = matches[text.text];
  const auto position = static_cast<std::uint32_t>(draft.data.principals.size());
  const std::string& ca = draft.data.principals.back().match.ca;
  for (const std::uint32_t other : earlier) {
    const PrincipalRow& row = draft.data.principals[other];
    if (!row.match.ca.empty() && !ca.empty() && row.match.ca != ca) continue;
    draft.problems.error(text.at, "the same certificate is already principal " + quoted(row.who.name) + " in line " +
                                      std::to_string(row.at.line));
    return;
  }
  earlier.push_back(position - 1);
}

void read_match(TableReader& reader, Draft& draft, Seen& seen) {
  CertificateMatch& match = draft.data.principals.back().match;
  const auto uri = reader.text("uri");
  const auto subject = reader.text("subject");
  if (const auto ca = reader.text("ca")) {
    if (well_formed(ca->text)) match.ca = ca->text;
    if (!well_formed(ca->text)) draft.problems.error(ca->at, malformed(ca->text));
  }
  if (reader.has("uri") && reader.has("subject"))
    return draft.problems.error(reader.at("subject"), "a principal has either a 'uri' or a 'subject', not both");
  if (!reader.has("uri") && !reader.has("subject"))
    return draft.problems.error(reader.at(), "principal has no 'uri' and no 'subject'");
  if (subject && !reader.has("ca"))
    return draft.problems.error(subject->at, "a 'subject' needs the 'ca' that vouches for it");
  if (uri && right_shape(*uri, is_uri, "a URI", draft)) {
    match.uri = uri->text;
    claim(*uri, seen.uris, draft);
  }
  if (subject && right_shape(*subject, is_subject, "a subject such as 'CN=registry,O=Example,C=BE'", draft)) {
    match.subject = subject->text;
    claim(*subject, seen.subjects, draft);
  }
}

void load_principal(const Node& table, Draft& draft, Seen& seen) {
  TableReader reader(table, "principal", keys, draft.problems, draft.suggester);
  const auto name = reader.need_name("name");
  PrincipalRow& row = draft.data.principals.emplace_back();
  row.at = name ? name->at : table.at;
  row.who.roles = read_roles(reader, draft);
  if (name) {
    row.who.name = name->text;
    const auto position = static_cast<std::uint32_t>(draft.data.principals.size() - 1);
    const auto [earlier, fresh] = draft.principals.emplace(name->text, position);
    if (!fresh)
      draft.problems.error(name->at, "principal " + quoted(name->text) + " is already in line " +
                                         std::to_string(draft.data.principals[earlier->second].at.line));
  }
  read_match(reader, draft, seen);
}

}  // namespace

void load_principals(const Node& root, Draft& draft) {
  Seen seen;
  for_each_table(root, "principal", most_rows, draft.problems,
                 [&](const Node& table) { load_principal(table, draft, seen); });
}

void load_purposes(const Node& root, Draft& draft) {
  constexpr std::string_view only[] = {"purposes", "principal", "grant", "budget"};
  TableReader reader(root, "the policy", only, draft.problems, draft.suggester);
  for (const Text& purpose : reader.texts("purposes")) {
    if (draft.purposes.size() == most_purposes)
      return draft.problems.error(purpose.at, "more than " + std::to_string(most_purposes) + " purposes");
    if (!well_formed(purpose.text)) {
      draft.problems.error(purpose.at, malformed(purpose.text));
      continue;
    }
    draft.purposes.emplace(purpose.text, purpose.at);
    draft.data.purposes.insert(purpose.text);
  }
}

std::optional<Subject> Draft::subject(const Text& text) {
  constexpr std::string_view prefix = "role:";
  const std::string_view word = text.text;
  if (word.starts_with(prefix)) {
    if (const auto role = role_named(word.substr(prefix.size()))) return static_cast<Subject>(*role);
    const auto meant = suggester.for_word(word.substr(prefix.size()), role_names);
    problems.error(text.at, "unknown role " + quoted(word.substr(prefix.size())) + meant);
    return std::nullopt;
  }
  const auto found = principals.find(text.text);
  if (found != principals.end()) return first_principal + found->second;
  if (role_named(word)) {
    problems.error(text.at, "unknown principal " + quoted(word) + " (did you mean 'role:" + text.text + "'?)");
    return std::nullopt;
  }
  if (principal_names.empty())
    for (const PrincipalRow& row : data.principals) principal_names.emplace_back(row.who.name);
  problems.error(text.at, "unknown principal " + quoted(word) + suggester.for_word(word, principal_names));
  return std::nullopt;
}

RoleMask Draft::roles_of(Subject subject) const {
  if (subject < first_principal) return mask(static_cast<Role>(subject));
  return mask_of(data.principals[subject - first_principal].who.roles);
}

void warn_of_unused(Draft& draft) {
  const auto granted = [&](Subject subject) { return draft.used_subjects.count(subject) != 0; };
  std::set<Role> held;
  for (std::uint32_t i = 0; i < draft.data.principals.size(); ++i) {
    const PrincipalRow& row = draft.data.principals[i];
    const std::set<Role>& roles = row.who.roles;
    held.insert(roles.begin(), roles.end());
    const bool by_role =
        std::any_of(roles.begin(), roles.end(), [&](Role r) { return granted(static_cast<Subject>(r)); });
    if (!by_role && !granted(first_principal + i))
      draft.problems.warn(row.at, "no grant is to principal " + quoted(row.who.name));
  }
  for (const auto& [subject, at] : draft.used_subjects) {
    if (subject >= first_principal || held.count(static_cast<Role>(subject)) != 0) continue;
    draft.problems.warn(at, "no principal has the role " + quoted(name(static_cast<Role>(subject))));
  }
  for (const auto& [purpose, at] : draft.purposes)
    if (draft.used_purposes.find(purpose) == draft.used_purposes.end())
      draft.problems.warn(at, "no grant is for purpose " + quoted(purpose));
}

}  // namespace sluis::policy
