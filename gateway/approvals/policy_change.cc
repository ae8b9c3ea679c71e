#include "gateway/approvals/policy_change.h"

#include <boost/json.hpp>
#include <fstream>
#include <iterator>

#include "crypto/hash.h"

namespace sluis::gateway::approvals {
namespace {

namespace json = boost::json;

constexpr std::string_view kKind = "policy";
constexpr std::string_view kName = "approved";
constexpr std::string_view kAction = "policy.change";

std::string digest_in(const Act& act) {
  const auto* const body = act.body.if_object();
  const auto* const digest = body == nullptr ? nullptr : body->if_contains("policy_digest");
  return digest != nullptr && digest->is_string() ? std::string(digest->get_string()) : std::string();
}

}  // namespace

std::string policy_text(const std::string& file, std::string_view digest) {
  std::ifstream in(file, std::ios::binary);
  std::string text(kMaxPolicyText + 1, '\0');
  in.read(text.data(), static_cast<std::streamsize>(text.size()));
  text.resize(static_cast<std::size_t>(in.gcount()));
  if (text.size() > kMaxPolicyText || to_hex(sha256(bytes_of(text))) != digest) return {};
  return text;
}

Result<Act> PolicyChanges::act_of(std::string_view text, std::string_view digest, std::string_view reason) {
  if (text.size() > kMaxPolicyText) return Error{Code::too_large, "the policy is too long to be put up for approval"};
  if (reason.size() > kMaxReason) return Error{Code::too_large, "the reason is too long"};
  Act act;
  act.action = kAction;
  act.pattern = act.path = "/v1/policy:propose";
  act.method = "POST";
  act.body = json::object{{"policy", text}, {"policy_digest", digest}};
  act.reason = reason;
  return act;
}

Result<PolicyChanges::Approved> PolicyChanges::approved(Documents& documents, Ledger& ledger) {
  const auto state = ledger.read();
  if (!state) return state.error();
  if (state->policy.empty()) return Error{Code::not_found, "no policy was recorded yet"};
  Approved out{state->policy, {}};
  const auto found = documents.get(kKind, kName);
  if (!found && found.error().code == Code::not_found) return out;
  if (!found) return found.error();
  const auto* const text = found->body.if_contains("text");
  if (text == nullptr || !text->is_string() || text->get_string().empty()) return out;
  out.text = text->get_string();
  if (to_hex(sha256(bytes_of(out.text))) != out.digest) {
    return Error{Code::corrupt, "the text that is kept is not that of the approved policy"};
  }
  return out;
}

// The text goes in first: a ledger that names a policy without its text would help nobody.
Result<std::vector<audit::Event>> PolicyChanges::take_over(std::string_view text, const std::string& digest,
                                                           std::string_view why, std::vector<audit::Event> events) {
  const auto old = documents_.get(kKind, kName);
  if (!old && old.error().code != Code::not_found) return old.error();
  const auto put = documents_.put(kKind, kName, {{"text", text}}, old ? old->revision : Documents::kNew);
  if (!put) return put.error();
  std::string before;
  const auto changed = ledger_.change([&](LedgerState& state) -> Status {
    before = state.policy;
    state.policy = digest;
    return {};
  });
  if (!changed) return changed.error();
  audit::Event event;
  event.principal = "sluis";
  event.action = "policy.record";
  event.payload.detail =
      std::string(why) + ": " + (before.empty() ? "none" : before) + " -> " + digest + "; " + ledger_.mark();
  events.push_back(std::move(event));
  return events;
}

Result<std::vector<audit::Event>> PolicyChanges::settle(std::string_view text, const policy::Policy& next,
                                                        const policy::Policy* now_in_force, PolicyRule rule,
                                                        std::uint64_t now_us) {
  const std::string& digest = next.digest();
  const auto ledger = ledger_.read();
  if (!ledger) return ledger.error();
  if (ledger->policy == digest) return std::vector<audit::Event>();
  if (ledger->policy.empty()) return take_over(text, digest, "the first policy", {});
  if (rule == PolicyRule::free) return take_over(text, digest, "changes of the policy are free", {});
  const auto found = approvals_.approved(
      [&](const Approval& one) { return one.act.action == kAction && digest_in(one.act) == digest; }, now_us);
  if (!found) return found.error();
  if (!*found) return Error{Code::denied, "two security officers have not approved this policy"};
  auto claimed =
      approvals_.claim((*found)->id, (*found)->digest, now_in_force == nullptr ? next : *now_in_force, now_us);
  if (!claimed) return claimed.error();
  const std::string why = "approved, " + claimed->id;
  const Approval approval = *claimed;
  auto events = take_over(text, digest, why, {});
  auto end = approvals_.finish(approval, events ? 200 : 500, now_us);
  if (!events) return events;
  events->push_back(std::move(end));
  return events;
}

}  // namespace sluis::gateway::approvals
