#include "gateway/records/caller.h"

#include <algorithm>
#include <utility>

namespace sluis::gateway {

Caller Caller::of(const Call& call, std::string_view action, std::shared_ptr<const Collection> collection) {
  Caller caller;
  caller.principal = call.principal == nullptr ? "-" : call.principal->name;
  caller.purpose = call.purpose;
  caller.case_reference = call.case_reference;
  caller.client_address = call.client_address;
  caller.request_id = call.request_id;
  caller.action = action;
  caller.collection = std::move(collection);
  caller.policy = call.policy;
  return caller;
}

audit::Event Caller::event() const {
  audit::Event event;
  event.principal = principal;
  event.action = action;
  event.key = collection->key_name();
  event.collection = collection->name();
  event.purpose = purpose;
  event.request = request_id;
  event.payload.case_reference = case_reference;
  event.payload.client_address = client_address;
  return event;
}

std::string subject_text(std::string_view normalised) {
  constexpr std::size_t kBeyondSmall = 64;
  std::string text;
  text.reserve(std::max(normalised.size(), kBeyondSmall));
  text.assign(normalised);
  return text;
}

policy::BudgetAnswer take_budget(policy::Budgets& budgets, const Caller& caller, std::uint64_t count,
                                 std::uint64_t now_us) {
  const policy::BudgetLimits limits =
      caller.policy ? caller.policy->budget(caller.principal, caller.collection->name()) : policy::BudgetLimits{};
  return budgets.take(caller.principal, caller.collection->name(), limits, count, now_us);
}

Outcome plaintext_reply(SecretBuffer body, std::vector<audit::Event> events) {
  Outcome outcome;
  outcome.reply.body = std::move(body);
  outcome.events = std::move(events);
  outcome.hold = Hold::plaintext;
  return outcome;
}

Outcome refuse(const Error& error) {
  return {problem_of(error), {}, Hold::nothing};
}

Outcome refuse(unsigned status, std::string_view title, std::string_view detail) {
  return {problem(status, title, detail), {}, Hold::nothing};
}

Outcome refuse(const Fault& fault) {
  std::string detail(fault.code.view());
  if (!fault.field.empty()) detail += " '" + fault.field + "'";
  detail += ": ";
  detail += fault.text.view();
  if (fault.kind == Code::too_large) return refuse(413, "too large", detail);
  return refuse(400, "invalid request", detail);
}

Outcome refuse_logged(Reply reply, audit::Event event, audit::Outcome outcome, std::string detail) {
  event.outcome = outcome;
  event.payload.detail = std::move(detail);
  Outcome refusal{std::move(reply), {}, Hold::write};
  refusal.events.push_back(std::move(event));
  return refusal;
}

Outcome unknown_collection() {
  return refuse(Error{Code::not_found, "there is no such collection"});
}
Outcome unknown_record() {
  return refuse(Error{Code::not_found, "there is no such record"});
}
Outcome malformed_id() {
  return refuse(Error{Code::invalid, "a record id has 1 to 200 of A-Z a-z 0-9 . _ ~ -"});
}

Outcome refuse_key(const Error& error, const Caller& caller) {
  if (error.code != Code::corrupt && error.code != Code::not_found) return refuse(error);
  return refuse_logged(problem(500, "failed"), caller.event(), audit::Outcome::failed, "the key does not open");
}

Outcome over_budget(const Caller& caller, const policy::BudgetAnswer& answer, std::uint64_t count,
                    audit::Payload about) {
  Reply reply = problem(429, "budget spent",
                        answer.too_many ? "the call asks for more records than the budget ever allows"
                                        : "the budget of decrypts for this collection is spent");
  reply.headers.emplace_back("Retry-After", std::to_string(answer.retry_after_s));
  audit::Event event = caller.event();
  event.count = count;
  about.case_reference = std::move(event.payload.case_reference);
  about.client_address = std::move(event.payload.client_address);
  event.payload = std::move(about);
  return refuse_logged(std::move(reply), std::move(event), audit::Outcome::refused, "budget");
}

Selection select_fields(const Collection& collection, const policy::FieldSet& allowed,
                        const std::optional<std::vector<std::string>>& asked) {
  Selection selection;
  if (!asked) {
    for (std::size_t i = 0; i < collection.fields().size(); ++i) {
      if (allowed.contains(collection.field(i).name)) selection.positions.push_back(i);
    }
    return selection;
  }
  for (const std::string& name : *asked) {
    const std::size_t position = collection.find(name);
    if (position == Collection::kNone) {
      selection.unknown = bounded_name(name);
      return selection;
    }
    if (!allowed.contains(name)) selection.not_allowed = name;
    selection.positions.push_back(position);
  }
  std::sort(selection.positions.begin(), selection.positions.end());
  selection.positions.erase(std::unique(selection.positions.begin(), selection.positions.end()),
                            selection.positions.end());
  return selection;
}

std::optional<Outcome> refusal_of(const Selection& selection, const Caller& caller) {
  if (!selection.unknown.empty()) {
    return refuse(Fault{Code::invalid, "unknown_field", "the collection has no such field", selection.unknown});
  }
  if (selection.not_allowed.empty()) return std::nullopt;
  Reply reply = problem(403, "not allowed", "field '" + selection.not_allowed + "' is not granted for this purpose");
  return refuse_logged(std::move(reply), caller.event(), audit::Outcome::denied,
                       "field " + selection.not_allowed + " is not granted");
}

std::vector<std::string> names_of(const Collection& collection, const std::vector<std::size_t>& positions) {
  std::vector<std::string> names;
  names.reserve(positions.size());
  for (const std::size_t position : positions) names.push_back(collection.field(position).name);
  return names;
}

std::string etag_of(std::uint64_t revision) {
  return '"' + std::to_string(revision) + '"';
}

}  // namespace sluis::gateway
