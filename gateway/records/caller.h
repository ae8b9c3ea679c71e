// Who calls and why, kept beyond the call itself by streams; and the log entries and refusals that handlers have in
// common. Thread-safe to read.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "gateway/http/call.h"
#include "gateway/records/document.h"
#include "gateway/records/schema.h"
#include "policy/budget.h"

namespace sluis::gateway {

struct Caller {
  std::string principal, purpose, case_reference, client_address, request_id;
  std::string action;  // "records.read"
  std::shared_ptr<const Collection> collection;
  std::shared_ptr<const policy::Policy> policy;

  static Caller of(const Call& call, std::string_view action, std::shared_ptr<const Collection> collection);
  // An entry with everything that the caller alone determines.
  audit::Event event() const;
};

// A text for audit::Payload::subject: always on the heap, where the log wipes it. A short std::string would lie inside
// its object, and moving the object would leave the text behind.
std::string subject_text(std::string_view normalised);

// Takes `count` records from the caller's budget.
policy::BudgetAnswer take_budget(policy::Budgets& budgets, const Caller& caller, std::uint64_t count,
                                 std::uint64_t now_us);

// The reply that carries opened values: it waits for its entries.
Outcome plaintext_reply(SecretBuffer body, std::vector<audit::Event> events);

// Refusals. Those with an event are released even when the log is halted.
Outcome refuse(const Error& error);
Outcome refuse(unsigned status, std::string_view title, std::string_view detail = {});
Outcome refuse(const Fault& fault);
Outcome refuse_logged(Reply reply, audit::Event event, audit::Outcome outcome, std::string detail);
Outcome unknown_collection();
Outcome unknown_record();
Outcome malformed_id();
// The key could not be fetched; a key row that was tampered with, or is gone, is worth an entry.
Outcome refuse_key(const Error& error, const Caller& caller);
// `about`: what was asked for, as far as the call itself says it.
Outcome over_budget(const Caller& caller, const policy::BudgetAnswer& answer, std::uint64_t count,
                    audit::Payload about = {});

// Which fields of a record a call opens for its caller: positions in ascending order.
struct Selection {
  std::vector<std::size_t> positions;
  std::string unknown;      // asked for and not in the schema: 400
  std::string not_allowed;  // asked for and not allowed: 403, logged
};
// `asked`: nullopt for whatever is allowed.
Selection select_fields(const Collection& collection, const policy::FieldSet& allowed,
                        const std::optional<std::vector<std::string>>& asked);
// The refusal of a selection that has something unknown or not allowed; nullopt if it is fine.
std::optional<Outcome> refusal_of(const Selection& selection, const Caller& caller);

std::vector<std::string> names_of(const Collection& collection, const std::vector<std::size_t>& positions);

std::string etag_of(std::uint64_t revision);

}  // namespace sluis::gateway
