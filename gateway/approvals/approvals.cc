#include "gateway/approvals/approvals.h"

#include <algorithm>
#include <array>
#include <cstdio>

#include "crypto/hash.h"

namespace sluis::gateway::approvals {
namespace {

constexpr std::string_view kKind = "approval";
constexpr std::size_t kScan = 50;                                          // rows looked at together
constexpr std::uint64_t kKeptUs = std::uint64_t{90} * 86'400 * 1'000'000;  // rows, after their end; the log keeps all
constexpr Error ended{Code::conflict, "the request is no longer open"};

// Grows with time, so that lists are in the order of the requests.
Result<std::string> new_id(std::uint64_t now_us) {
  std::array<std::uint8_t, 4> random{};
  if (const Status drawn = random_bytes(random); !drawn) return drawn.error();
  std::array<char, 32> text{};
  std::snprintf(text.data(), text.size(), "%014llx-", static_cast<unsigned long long>(now_us));
  return text.data() + to_hex(random);
}

bool well_formed(std::string_view id) {
  const auto fits = [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || c == '-'; };
  return !id.empty() && id.size() <= 32 && std::all_of(id.begin(), id.end(), fits);
}

// What an open row is worth, by the ledger and the clock.
void judge(Approval& approval, const LedgerState& ledger, std::uint64_t now_us) {
  if (!open(approval)) return;
  if (approval.expires_us <= now_us) {
    approval.state = State::expired;
  } else if (ledger.find(approval.id) == nullptr) {
    approval.state = State::lapsed;
    approval.ended_by = "not in the ledger of approvals";
  }
}

std::string joined(const std::vector<Consent>& consents) {
  std::string out;
  for (const Consent& consent : consents) out += (out.empty() ? "" : ", ") + consent.principal;
  return out;
}

}  // namespace

Status Approvals::may_write() const {
  if (log_.halted()) return Error{Code::audit_halted, "the log cannot be written"};
  return {};
}

audit::Event Approvals::event_of(const Approval& approval, std::string_view action, std::string_view principal,
                                 std::string_view more) const {
  audit::Event event;
  event.principal = principal;
  event.action = action;
  std::string& detail = event.payload.detail;
  detail = approval.id + ", digest " + approval.digest + ", " + approval.act.action + ": " + approval.act.method + " " +
           approval.act.path + ", asked by " + approval.requester;
  if (!approval.consents.empty()) detail += ", approved by " + joined(approval.consents);
  if (!more.empty()) detail += std::string("; ") += more;
  detail += "; " + ledger_.mark();
  return event;
}

Result<Approval> Approvals::fetch(std::string_view id) {
  if (!well_formed(id)) return Error{Code::not_found, "there is no such request"};
  const auto found = documents_.get(kKind, id);
  if (!found && found.error().code == Code::not_found) return Error{Code::not_found, "there is no such request"};
  if (!found) return found.error();
  auto approval = approval_from(id, found->body);
  if (approval) approval->revision = found->revision;
  return approval;
}

Status Approvals::store(Approval& approval) {
  const auto stored = documents_.put(kKind, approval.id, to_json(approval), approval.revision);
  if (!stored) return stored.error();
  approval.revision = *stored;
  return {};
}

Result<Approval> Approvals::find(std::string_view id, std::uint64_t now_us) {
  auto approval = fetch(id);
  if (!approval) return approval;
  const auto ledger = ledger_.read();
  if (!ledger) return ledger.error();
  judge(*approval, *ledger, now_us);
  return approval;
}

Result<std::vector<Approval>> Approvals::list(std::optional<State> state, std::string_view after, std::size_t limit,
                                              std::uint64_t now_us) {
  const auto ledger = ledger_.read();
  if (!ledger) return ledger.error();
  std::vector<Approval> out;
  for (std::string last(after); out.size() < std::min(limit, kMostPage);) {
    const auto rows = documents_.list(kKind, last, kScan);
    if (!rows) return rows.error();
    for (const auto& row : *rows) {
      auto approval = approval_from(row.name, row.body);
      if (!approval) return approval.error();
      judge(*approval, *ledger, now_us);
      if (!state || approval->state == *state) out.push_back(*std::move(approval));
      if (out.size() == std::min(limit, kMostPage)) break;
    }
    if (rows->size() < kScan) break;
    last = rows->back().name;
  }
  return out;
}

// The same act of the same requester, still open.
Result<Approval> Approvals::known(const Approval& wanted, const LedgerState& ledger, std::uint64_t now_us) {
  for (const OpenRequest& one : ledger.open) {
    if (one.requester != wanted.requester || one.expires_us <= now_us) continue;
    auto other = fetch(one.id);
    if (other && other->digest == wanted.digest && open(*other)) return other;
  }
  return Error{Code::not_found, "there is no such request"};
}

// The ledger without what has expired; rows that ended long ago go too.
Result<LedgerState> Approvals::sweep_out(std::uint64_t now_us) {
  if (const auto oldest = documents_.list(kKind, {}, kScan)) {
    for (const auto& row : *oldest) {
      const auto approval = approval_from(row.name, row.body);
      if (!approval || approval->expires_us + kKeptUs > now_us) continue;
      static_cast<void>(documents_.remove(kKind, row.name, row.revision));
    }
  }
  return ledger_.read();
}

Result<Approvals::Asked> Approvals::ask(Act act, const std::vector<policy::Role>& parties, const Actor& requester) {
  if (const Status may = may_write(); !may) return may.error();
  const auto role = role_among(requester.who, parties);
  if (!role) return role.error();
  auto id = new_id(requester.now_us);
  if (!id) return id.error();
  Approval approval;
  approval.id = *std::move(id);
  approval.digest = digest_of(act, requester.who.name);
  approval.act = std::move(act);
  approval.requester = requester.who.name;
  approval.requester_role = *role;
  approval.parties = parties;
  approval.requested_us = requester.now_us;
  approval.expires_us = requester.now_us + settings_.expire_us;
  const auto ledger = sweep_out(requester.now_us);
  if (!ledger) return ledger.error();
  if (auto other = known(approval, *ledger, requester.now_us)) return Asked{*std::move(other), std::nullopt};
  if (const Status stored = store(approval); !stored) return stored.error();
  const auto entered = ledger_.change([&](LedgerState& state) -> Status {
    std::erase_if(state.open, [&](const OpenRequest& one) { return one.expires_us <= requester.now_us; });
    const auto own = std::count_if(state.open.begin(), state.open.end(),
                                   [&](const OpenRequest& one) { return one.requester == approval.requester; });
    if (static_cast<std::size_t>(own) >= kMostOpen) {
      return Error{Code::rate_limited, "too many requests of this principal wait for approval"};
    }
    state.open.push_back({approval.id, approval.requester, approval.expires_us});
    return {};
  });
  if (!entered) {
    static_cast<void>(documents_.remove(kKind, approval.id, approval.revision));
    return entered.error();
  }
  auto event = event_of(approval, "approvals.request", approval.requester, "reason: " + approval.act.reason);
  return Asked{std::move(approval), std::move(event)};
}

Result<Approval> Approvals::fetch_open(std::string_view id, std::uint64_t now_us) {
  auto approval = find(id, now_us);
  if (!approval) return approval;
  if (approval->state == State::expired) return Error{Code::conflict, "the request's time is over"};
  if (!open(*approval)) return ended;
  return approval;
}

Result<Changed> Approvals::approve(std::string_view id, std::string_view digest, const Actor& by) {
  if (const Status may = may_write(); !may) return may.error();
  auto approval = fetch_open(id, by.now_us);
  if (!approval) return approval.error();
  if (approval->digest != digest) return Error{Code::conflict, "the digest is not that of this request"};
  const auto role = may_consent(*approval, by.who);
  if (!role) return role.error();
  approval->consents.push_back({by.who.name, *role, by.now_us});
  if (missing(*approval).empty()) approval->state = State::approved;
  if (const Status stored = store(*approval); !stored) return stored.error();
  auto event = event_of(*approval, "approvals.approve", by.who.name);
  return Changed{*std::move(approval), std::move(event)};
}

// Out of the ledger first: from there on nobody can approve it or carry it out.
Result<Changed> Approvals::end(Approval approval, State state, std::string_view action, const Actor& by) {
  const auto closed = ledger_.change([&](LedgerState& ledger) -> Status {
    if (ledger.find(approval.id) == nullptr) return ended;
    ledger.close(approval.id);
    return {};
  });
  if (!closed) return closed.error();
  approval.state = state;
  approval.ended_by = by.who.name;
  approval.ended_us = by.now_us;
  if (const Status stored = store(approval); !stored && stored.error().code != Code::conflict) return stored.error();
  auto event = event_of(approval, action, by.who.name);
  return Changed{std::move(approval), std::move(event)};
}

Result<Changed> Approvals::refuse(std::string_view id, const Actor& by) {
  if (const Status may = may_write(); !may) return may.error();
  auto approval = fetch_open(id, by.now_us);
  if (!approval) return approval.error();
  if (by.who.name == approval->requester) return Error{Code::denied, "the requester withdraws, and does not refuse"};
  const auto role = role_among(by.who, approval->parties);
  if (!role) return role.error();
  return end(*std::move(approval), State::refused, "approvals.refuse", by);
}

Result<Changed> Approvals::withdraw(std::string_view id, const Actor& by) {
  if (const Status may = may_write(); !may) return may.error();
  auto approval = fetch_open(id, by.now_us);
  if (!approval) return approval.error();
  if (by.who.name != approval->requester) return Error{Code::denied, "only the requester withdraws a request"};
  return end(*std::move(approval), State::withdrawn, "approvals.withdraw", by);
}

}  // namespace sluis::gateway::approvals
