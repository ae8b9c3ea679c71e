// Carrying out what was approved.
#include <algorithm>

#include "gateway/approvals/approvals.h"

namespace sluis::gateway::approvals {

Result<Approval> Approvals::claim(std::string_view id, std::string_view digest, const policy::Policy& policy,
                                  std::uint64_t now_us) {
  if (const Status may = may_write(); !may) return may.error();
  auto approval = find(id, now_us);
  if (!approval) return approval;
  if (approval->digest != digest) return Error{Code::denied, "this is not the act that was put up for approval"};
  if (approval->state == State::expired) return Error{Code::denied, "the approval's time is over"};
  if (approval->state == State::waiting) return Error{Code::denied, "approvals are still missing"};
  if (approval->state != State::approved) return Error{Code::conflict, "the approval was used, refused or withdrawn"};
  const Status holds = missing(*approval).empty() ? still_holds(*approval, policy)
                                                  : Status(Error{Code::denied, "approvals are still missing"});
  // The one moment that counts: of all gateways and calls, one takes it out of the ledger.
  const auto taken = ledger_.change([&](LedgerState& ledger) -> Status {
    const OpenRequest* const entry = ledger.find(approval->id);
    if (entry == nullptr) return Error{Code::conflict, "the approval was used, refused or withdrawn"};
    if (entry->expires_us <= now_us) return Error{Code::denied, "the approval's time is over"};
    ledger.close(approval->id);
    return {};
  });
  if (!taken) return taken.error();
  approval->state = holds ? State::executing : State::lapsed;
  if (!holds) approval->ended_by = holds.error().what.view();
  approval->ended_us = now_us;
  const Status stored = store(*approval);
  auto event = event_of(*approval, "approvals.execute", approval->requester, holds ? "" : "lapsed: policy changed");
  if (!holds) event.outcome = audit::Outcome::refused;
  const auto said = log_.append_and_wait({std::move(event)});
  if (!holds) return holds.error();
  if (!said) return said.error();
  if (!stored) return stored.error();
  return approval;
}

audit::Event Approvals::finish(Approval approval, unsigned status, std::uint64_t now_us) {
  const bool done = status < 400;
  approval.state = done ? State::executed : State::failed;
  approval.status = status;
  approval.ended_us = now_us;
  static_cast<void>(store(approval));
  auto event = event_of(approval, "approvals.outcome", approval.requester, "status " + std::to_string(status));
  event.outcome = done ? audit::Outcome::ok : audit::Outcome::failed;
  return event;
}

Result<std::optional<Approval>> Approvals::approved(const std::function<bool(const Approval&)>& condition,
                                                    std::uint64_t now_us) {
  const auto ledger = ledger_.read();
  if (!ledger) return ledger.error();
  for (const OpenRequest& one : ledger->open) {
    auto approval = find(one.id, now_us);
    if (approval && approval->state == State::approved && condition(*approval)) {
      return std::optional<Approval>(*std::move(approval));
    }
  }
  return std::optional<Approval>();
}

}  // namespace sluis::gateway::approvals
