#include "gateway/lifecycle/states.h"

namespace sluis::gateway {
namespace {

using State = store::KeyState;
using Event = LifeEvent;

// The numbers are those of SP 800-57 part 1 rev. 5, section 7, figure 2, where it has them.
constexpr Transition kTransitions[] = {
    {State::pre_active, Event::activate, State::active},  // 4
    {State::pre_active, Event::schedule, State::destruction_scheduled},
    {State::active, Event::succeed, State::deactivated},                  // 7
    {State::active, Event::compromise, State::compromised},               // 8
    {State::deactivated, Event::compromise, State::compromised},          // 11
    {State::deactivated, Event::schedule, State::destruction_scheduled},  // 10, in two steps
    {State::compromised, Event::schedule, State::destruction_scheduled},  // 12, in two steps
    {State::destruction_scheduled, Event::compromise, State::compromised},
    {State::destruction_scheduled, Event::withdraw, State::deactivated},
    {State::destruction_scheduled, Event::withdraw_compromised, State::compromised},
    {State::destruction_scheduled, Event::destroy, State::destroyed},
};

constexpr Rights kRights[] = {
    //                            seal   open   search live
    {State::active, true, true, true, true},
    {State::deactivated, false, true, true, true},
    {State::destroyed, false, false, false, false},
    {State::pre_active, false, true, true, true},
    {State::destruction_scheduled, false, true, true, true},
    {State::compromised, false, true, true, true},
};

// Exactly one answer for each question.
constexpr bool unambiguous() {
  for (const Transition& a : kTransitions) {
    int same = 0;
    for (const Transition& b : kTransitions) same += a.from == b.from && a.event == b.event ? 1 : 0;
    if (same != 1) return false;
  }
  return true;
}
static_assert(unambiguous());

}  // namespace

std::string_view name(LifeEvent event) noexcept {
  switch (event) {
    case Event::activate:
      return "activate";
    case Event::succeed:
      return "succeed";
    case Event::compromise:
      return "compromise";
    case Event::schedule:
      return "schedule";
    case Event::withdraw:
    case Event::withdraw_compromised:
      return "withdraw";
    case Event::destroy:
      return "destroy";
  }
  return "unknown";
}

std::span<const Transition> transitions() noexcept {
  return kTransitions;
}

std::span<const Rights> all_rights() noexcept {
  return kRights;
}

std::optional<State> after(State state, LifeEvent event) noexcept {
  for (const Transition& transition : kTransitions) {
    if (transition.from == state && transition.event == event) return transition.to;
  }
  return std::nullopt;
}

Rights rights_of(State state) noexcept {
  for (const Rights& rights : kRights) {
    if (rights.state == state) return rights;
  }
  return {state, false, false, false, false};
}

}  // namespace sluis::gateway
