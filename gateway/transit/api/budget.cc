#include "gateway/transit/api/budget.h"

#include <algorithm>

#include "gateway/keys/key_rows.h"
#include "policy/budget.h"

namespace sluis::gateway::transit {
namespace {

constexpr Error kSpent{Code::rate_limited, "the budget of decrypts for this key is spent"};
constexpr Error kNever{Code::rate_limited, "the call asks for more decrypts than the budget ever allows"};

policy::BudgetAnswer take(const Parts& parts, const Call& call, const TransitKey& key, std::uint64_t count,
                          std::uint64_t now_us) {
  if (call.principal == nullptr || !call.policy) return {true, 0, false};  // no gateway serves such a call
  const std::string target = std::string(policy::transit_prefix) + key.name;
  const std::string& principal = call.principal->name;
  return parts.budgets.take(principal, target, call.policy->budget(principal, target), count, now_us);
}

}  // namespace

std::uint64_t openable(const std::vector<Item>& items) {
  return static_cast<std::uint64_t>(std::count_if(items.begin(), items.end(), [](const Item& item) {
    return !item.fault && item.main && split_versioned(*item.main, kCiphertextWords);
  }));
}

audit::Event refused_decrypts(std::string_view action, const TransitKey& key, std::uint64_t count) {
  audit::Event event = event_of(action, key.name);
  event.count = count;
  event.outcome = audit::Outcome::refused;
  event.payload.detail = "budget";
  return event;
}

std::optional<Outcome> over_budget(const Parts& parts, const Call& call, std::string_view action, const TransitKey& key,
                                   std::uint64_t count) {
  if (count == 0) return std::nullopt;
  const auto answer = take(parts, call, key, count, call.now_us);
  if (answer.allowed) return std::nullopt;
  Outcome out = refuse(answer.too_many ? kNever : kSpent);
  out.reply.headers.emplace_back("Retry-After", std::to_string(answer.retry_after_s));
  out.events.push_back(refused_decrypts(action, key, count));
  out.hold = Hold::write;
  return out;
}

Status take_decrypt(const Parts& parts, const Call& call, const TransitKey& key) {
  if (take(parts, call, key, 1, unix_time_us()).allowed) return {};
  return kSpent;
}

}  // namespace sluis::gateway::transit
