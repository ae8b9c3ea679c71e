#include "policy/explain.h"

#include "policy/rules.h"

namespace sluis::policy {
namespace {

Verdict verdict_of(Step step) noexcept {
  switch (step) {
    case Step::subject:
      return Verdict::other_principal;
    case Step::action:
      return Verdict::other_action;
    case Step::target:
      return Verdict::other_target;
    case Step::purpose:
      return Verdict::purpose;
    case Step::case_reference:
      return Verdict::case_reference;
    case Step::allows:
      return Verdict::applies;
  }
  return Verdict::other_principal;
}

std::string listed(const Names& names) {
  if (names.all) return "'*'";
  std::string out;
  for (const std::string& name : names.names) out += (out.empty() ? "" : ", ") + name;
  return out;
}

std::string listed(const FieldSet& fields) {
  if (fields.all) return "all fields";
  std::string out;
  for (const std::string& field : fields.names) out += (out.empty() ? "" : ", ") + field;
  return out;
}

std::string applies(const Grant& grant, const Request& request) {
  const Action* action = action_named(request.action);
  if (action == nullptr || !action->takes_fields()) return "applies";
  const std::string text = "applies: " + listed(grant.fields);
  return action->searches() ? text + "; searched by " + listed(grant.search_by) : text;
}

std::string no_target(const Grant& grant, const Request& request) {
  const Action* action = action_named(request.action);
  const bool key = action != nullptr && action->scope == Scope::key;
  const std::string_view asked = key ? request.key : request.collection;
  const std::string what = key ? "key" : "collection";
  return "is not for " + what + " " + quoted(asked) + " but for " + listed(key ? grant.keys : grant.collections);
}

std::string no_purpose(const Grant& grant, const Request& request, const RuleData& data) {
  if (request.purpose.empty()) return "needs a purpose: " + listed(grant.purposes);
  if (data.purposes.find(request.purpose) == data.purposes.end())
    return "purpose " + quoted(request.purpose) + " is not in the policy's list";
  return "is not for purpose " + quoted(request.purpose) + " but for " + listed(grant.purposes);
}

std::string why(Step step, const Grant& grant, const Request& request, const RuleData& data) {
  switch (step) {
    case Step::subject:
      return "is not to this principal";
    case Step::action:
      return "does not grant " + quoted(request.action) + " to this principal";
    case Step::target:
      return no_target(grant, request);
    case Step::purpose:
      return no_purpose(grant, request, data);
    case Step::case_reference:
      return "needs a case reference";
    case Step::allows:
      return applies(grant, request);
  }
  return {};
}

}  // namespace

std::string ExplainLine::text() const {
  if (line == 0) return "default: " + why;
  return file + ":" + std::to_string(line) + ": grant " + quoted(rule) + " " + why;
}

std::vector<ExplainLine> explain(const Policy& policy, const Request& request) {
  const auto* rules = dynamic_cast<const Rules*>(&policy);
  if (rules == nullptr) return {};
  std::vector<ExplainLine> lines;
  bool allowed = false;
  for (const Grant& grant : rules->data().grants) {
    const Step step = rules->test(grant, request);
    allowed = allowed || step == Step::allows;
    lines.push_back(
        {grant.name, rules->data().file, grant.at.line, verdict_of(step), why(step, grant, request, rules->data())});
  }
  if (!allowed) {
    const Decision decision = rules->decide(request);
    lines.push_back({decision.rule, rules->data().file, 0, Verdict::applies, "denies: " + decision.reason});
  }
  return lines;
}

std::vector<Mention> mentions(const Policy& policy) {
  const auto* rules = dynamic_cast<const Rules*>(&policy);
  if (rules == nullptr) return {};
  std::vector<Mention> all;
  for (const Trusted& t : rules->data().trusted)
    all.push_back({t.collection, t.field, t.key, rules->data().file, t.at.line, t.at.column});
  return all;
}

}  // namespace sluis::policy
