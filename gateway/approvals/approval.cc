#include "gateway/approvals/approval.h"

#include <algorithm>
#include <array>
#include <boost/json.hpp>

#include "policy/roles.h"

namespace sluis::gateway::approvals {
namespace {

namespace json = boost::json;

constexpr Error malformed{Code::corrupt, "a request for approval is malformed"};
constexpr std::array kStates{State::waiting, State::approved,  State::executing, State::executed, State::failed,
                             State::refused, State::withdrawn, State::expired,   State::lapsed};

// Reads members and remembers whether one was missing or of another kind.
class Members {
 public:
  explicit Members(const json::object& object) : object_(object) {}
  std::string text(std::string_view name) {
    const json::value* const value = object_.if_contains(name);
    if (value != nullptr && value->is_string()) return std::string(value->get_string());
    sound_ = false;
    return {};
  }
  std::uint64_t number(std::string_view name) {
    const json::value* const value = object_.if_contains(name);
    boost::system::error_code error;
    const auto number = value == nullptr ? 0 : value->to_number<std::uint64_t>(error);
    if (value == nullptr || error) sound_ = false;
    return number;
  }
  policy::Role role(std::string_view name) {
    const auto role = policy::role_named(text(name));
    if (!role) sound_ = false;
    return role.value_or(policy::Role::backend);
  }
  json::array array(std::string_view name) {
    const json::value* const value = object_.if_contains(name);
    if (value != nullptr && value->is_array()) return value->get_array();
    sound_ = false;
    return {};
  }
  bool sound() const noexcept { return sound_; }

 private:
  const json::object& object_;
  bool sound_ = true;
};

bool has_role(const policy::Principal* who, policy::Role role) {
  return who != nullptr && who->roles.count(role) != 0;
}

Status read_consents(Members& members, Approval& approval) {
  for (const json::value& item : members.array("consents")) {
    if (!item.is_object()) return malformed;
    Members consent(item.get_object());
    approval.consents.push_back({consent.text("principal"), consent.role("role"), consent.number("at_us")});
    if (!consent.sound()) return malformed;
  }
  return {};
}

}  // namespace

std::string_view name(State state) noexcept {
  switch (state) {
    case State::waiting:
      return "waiting";
    case State::approved:
      return "approved";
    case State::executing:
      return "executing";
    case State::executed:
      return "executed";
    case State::failed:
      return "failed";
    case State::refused:
      return "refused";
    case State::withdrawn:
      return "withdrawn";
    case State::expired:
      return "expired";
    case State::lapsed:
      return "lapsed";
  }
  return "unknown";
}

Result<State> state_named(std::string_view text) {
  const auto* const found = std::find_if(kStates.begin(), kStates.end(), [&](State s) { return name(s) == text; });
  if (found == kStates.end()) return Error{Code::invalid, "there is no such state of a request"};
  return *found;
}

std::vector<std::string> role_names(const std::vector<policy::Role>& roles) {
  std::vector<std::string> out;
  for (const policy::Role role : roles) out.emplace_back(policy::name(role));
  return out;
}

json::object to_json(const Approval& approval) {
  json::array parties, consents;
  for (const auto& role : role_names(approval.parties)) parties.emplace_back(role);
  for (const Consent& consent : approval.consents) {
    consents.push_back(
        json::object{{"principal", consent.principal}, {"role", policy::name(consent.role)}, {"at_us", consent.at_us}});
  }
  return {{"digest", approval.digest},
          {"act", to_json(approval.act)},
          {"requester", approval.requester},
          {"requester_role", policy::name(approval.requester_role)},
          {"parties", parties},
          {"consents", consents},
          {"requested_us", approval.requested_us},
          {"expires_us", approval.expires_us},
          {"state", name(approval.state)},
          {"ended_by", approval.ended_by},
          {"ended_us", approval.ended_us},
          {"status", approval.status}};
}

Result<Approval> approval_from(std::string_view id, const json::object& body) {
  Members members(body);
  Approval out;
  out.id = id;
  out.digest = members.text("digest");
  out.requester = members.text("requester");
  out.requester_role = members.role("requester_role");
  out.requested_us = members.number("requested_us");
  out.expires_us = members.number("expires_us");
  out.ended_by = members.text("ended_by");
  out.ended_us = members.number("ended_us");
  out.status = static_cast<unsigned>(members.number("status"));
  const auto state = state_named(members.text("state"));
  const json::value* const act = body.if_contains("act");
  if (!state || act == nullptr || !act->is_object()) return malformed;
  out.state = *state;
  for (const json::value& item : members.array("parties")) {
    const auto role = item.is_string() ? policy::role_named(item.get_string()) : std::nullopt;
    if (!role) return malformed;
    out.parties.push_back(*role);
  }
  if (const Status read = read_consents(members, out); !read) return read.error();
  auto what = act_from(act->get_object());
  if (!what) return what.error();
  out.act = *std::move(what);
  if (!members.sound() || digest_of(out.act, out.requester) != out.digest) return malformed;
  return out;
}

Result<policy::Role> role_among(const policy::Principal& who, const std::vector<policy::Role>& parties) {
  const auto found =
      std::find_if(parties.begin(), parties.end(), [&](policy::Role r) { return who.roles.count(r) != 0; });
  if (found == parties.end()) return Error{Code::denied, "no party to this act has the caller's role"};
  return *found;
}

std::vector<policy::Role> missing(const Approval& approval) {
  std::vector<policy::Role> out = approval.parties;
  const auto take = [&out](policy::Role role) {
    const auto found = std::find(out.begin(), out.end(), role);
    if (found != out.end()) out.erase(found);
  };
  take(approval.requester_role);
  for (const Consent& consent : approval.consents) take(consent.role);
  return out;
}

bool open(const Approval& approval) noexcept {
  return approval.state == State::waiting || approval.state == State::approved;
}

Result<policy::Role> may_consent(const Approval& approval, const policy::Principal& who) {
  if (who.name == approval.requester) return Error{Code::denied, "nobody approves what he asked for himself"};
  const bool again = std::any_of(approval.consents.begin(), approval.consents.end(),
                                 [&](const Consent& consent) { return consent.principal == who.name; });
  if (again) return Error{Code::conflict, "the same principal has approved it before"};
  const auto role = role_among(who, missing(approval));
  if (!role) return Error{Code::denied, "no approval by the caller's role is missing"};
  return role;
}

Status still_holds(const Approval& approval, const policy::Policy& policy) {
  constexpr Error gone{Code::denied, "the policy has changed: somebody this approval rests on lost the right to it"};
  if (!has_role(policy.principal_named(approval.requester), approval.requester_role)) return gone;
  for (const Consent& consent : approval.consents) {
    const policy::Principal* const who = policy.principal_named(consent.principal);
    if (!has_role(who, consent.role) || consent.principal == approval.requester) return gone;
    policy::Request request;
    request.principal = who;
    request.action = "approvals.decide";
    if (!policy.decide(request).allowed) return gone;
  }
  return {};
}

}  // namespace sluis::gateway::approvals
