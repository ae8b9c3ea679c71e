// A request for approval and what became of it: a value, its JSON, and the rules that judge it. Pure functions.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "gateway/approvals/act.h"
#include "policy/policy.h"

namespace sluis::gateway::approvals {

// `expired` is never stored: it is what an open request is once its time is over. `lapsed`: it is no longer in the
// ledger, though its row says that it is open; or the policy took a right away that it rests on.
enum class State : std::uint8_t { waiting, approved, executing, executed, failed, refused, withdrawn, expired, lapsed };
std::string_view name(State state) noexcept;
Result<State> state_named(std::string_view text);

struct Consent {
  std::string principal;
  policy::Role role = policy::Role::security_officer;
  std::uint64_t at_us = 0;
};

struct Approval {
  std::string id;  // grows with the time of the request
  std::string digest;
  Act act;
  std::string requester;
  std::vector<policy::Role> parties;  // all that must take part, the requester's own role among them
  policy::Role requester_role = policy::Role::security_officer;
  std::vector<Consent> consents;  // of others than the requester, each once
  std::uint64_t requested_us = 0, expires_us = 0;
  State state = State::waiting;
  std::string ended_by;  // who refused it; for a lapsed one: why
  std::uint64_t ended_us = 0;
  unsigned status = 0;         // of the act's reply, once it was carried out
  std::uint64_t revision = 0;  // of its row
};

boost::json::object to_json(const Approval& approval);
Result<Approval> approval_from(std::string_view id, const boost::json::object& body);

// The role that the principal fills among `parties`; error denied if none of his is there.
Result<policy::Role> role_among(const policy::Principal& who, const std::vector<policy::Role>& parties);
// Roles whose consent is still missing, in the order of `parties`.
std::vector<policy::Role> missing(const Approval& approval);
bool open(const Approval& approval) noexcept;  // waiting or approved, whatever the time

// Whether the principal may consent: not the requester, not a second time, and of a role that is missing.
Result<policy::Role> may_consent(const Approval& approval, const policy::Principal& who);
// Whether everybody it rests on still has, under this policy, the role he spoke for and (for consents) the right to
// decide. Error denied if not.
Status still_holds(const Approval& approval, const policy::Policy& policy);

std::vector<std::string> role_names(const std::vector<policy::Role>& roles);

}  // namespace sluis::gateway::approvals
