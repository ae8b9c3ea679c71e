#include "gateway/daemon/replay.h"

#include <algorithm>
#include <chrono>

#include "audit/leaf.h"
#include "policy/actions.h"

namespace sluis::gateway {

namespace {

constexpr std::uint64_t kDay = 86'400ULL * 1'000'000ULL;
constexpr std::uint64_t kStride = 4096;  // entries looked at together

// Refused and denied calls opened nothing; one that failed to open was taken from the budget all the same.
// What the entry is counted against: the collection, or the key of Transit; empty for an entry that does not count.
std::string_view target_of(const audit::Event& event) {
  if (event.outcome != audit::Outcome::ok && event.outcome != audit::Outcome::failed) return {};
  const auto* const action = policy::action_named(event.action);
  if (action == nullptr || action->opens == policy::Opens::nothing) return {};
  return action->opens == policy::Opens::ciphertext ? event.key : event.collection;
}

// Counts entries [first, end) and says whether the first of them is of today.
Result<bool> replay_range(audit::Log& log, policy::Budgets& budgets, std::uint64_t first, std::uint64_t end,
                          std::uint64_t midnight) {
  bool reaches_back = false;
  for (std::uint64_t at = first; at < end;) {
    const auto page = log.read(at, end - at, audit::Log::Payloads::closed);
    if (!page) return page.error();
    if (page->empty()) break;
    for (const auto& entry : *page) {
      const auto leaf = audit::parse_leaf(entry.leaf);
      if (!leaf) return leaf.error();
      const auto& event = leaf->event;
      const bool today = event.time_us >= midnight;
      if (entry.index == first) reaches_back = today;
      const std::string_view target = target_of(event);
      if (today && !target.empty()) budgets.replay(event.principal, target, event.count, event.time_us);
    }
    at += page->size();
  }
  return reaches_back;
}

}  // namespace

std::uint64_t unix_microseconds() {
  return static_cast<std::uint64_t>(
      std::chrono::duration_cast<std::chrono::microseconds>(std::chrono::system_clock::now().time_since_epoch())
          .count());
}

Status replay_budgets(audit::Log& log, policy::Budgets& budgets, std::uint64_t now_us) {
  const std::uint64_t midnight = now_us - now_us % kDay;
  for (std::uint64_t end = log.size(); end > 0;) {
    const std::uint64_t first = end - std::min(end, kStride);
    const auto more = replay_range(log, budgets, first, end, midnight);
    if (!more) return more.error();
    if (!*more) break;
    end = first;
  }
  return {};
}

}  // namespace sluis::gateway
