#include "gateway/lifecycle/states.h"

#include <gtest/gtest.h>

#include <map>
#include <set>
#include <string>

namespace sluis::gateway {
namespace {

using State = store::KeyState;
using Event = LifeEvent;

constexpr State kStates[] = {State::active,     State::deactivated,           State::destroyed,
                             State::pre_active, State::destruction_scheduled, State::compromised};
constexpr Event kEvents[] = {Event::activate, Event::succeed, Event::compromise,          Event::schedule,
                             Event::withdraw, Event::destroy, Event::withdraw_compromised};
static_assert(std::size(kEvents) == kLifeEvents);

// Written a second time, by hand: rows are states, and every pair that is not here is refused.
const std::map<std::pair<State, Event>, State> kAllowed{
    {{State::pre_active, Event::activate}, State::active},
    {{State::pre_active, Event::schedule}, State::destruction_scheduled},
    {{State::active, Event::succeed}, State::deactivated},
    {{State::active, Event::compromise}, State::compromised},
    {{State::deactivated, Event::compromise}, State::compromised},
    {{State::deactivated, Event::schedule}, State::destruction_scheduled},
    {{State::compromised, Event::schedule}, State::destruction_scheduled},
    {{State::destruction_scheduled, Event::compromise}, State::compromised},
    {{State::destruction_scheduled, Event::withdraw}, State::deactivated},
    {{State::destruction_scheduled, Event::withdraw_compromised}, State::compromised},
    {{State::destruction_scheduled, Event::destroy}, State::destroyed},
};

TEST(KeyStates, EveryPairOfStateAndEventIsAsItShouldBe) {
  for (const State state : kStates) {
    for (const Event event : kEvents) {
      const auto wanted = kAllowed.find({state, event});
      const auto got = after(state, event);
      const std::string what = std::string(store::name(state)) + ", " + std::string(name(event));
      EXPECT_EQ(got.has_value(), wanted != kAllowed.end()) << what;
      if (!got || wanted == kAllowed.end()) continue;
      EXPECT_EQ(*got, wanted->second) << what;
    }
  }
  EXPECT_EQ(transitions().size(), kAllowed.size());
}

TEST(KeyStates, OnlyTheActiveStateSealsAndOnlyDestroyedVersionsAreGone) {
  EXPECT_EQ(all_rights().size(), std::size(kStates));
  for (const State state : kStates) {
    const Rights rights = rights_of(state);
    EXPECT_EQ(rights.state, state);
    EXPECT_EQ(rights.seal, state == State::active) << store::name(state);
    for (const bool right : {rights.open, rights.search, rights.live}) {
      EXPECT_EQ(right, state != State::destroyed) << store::name(state);
    }
  }
  const Rights unknown = rights_of(static_cast<State>(99));
  EXPECT_FALSE(unknown.seal || unknown.open || unknown.search || unknown.live);
}

TEST(KeyStates, NothingComesBackToUse) {
  for (const State state : kStates) {
    for (const Event event : kEvents) {
      const auto next = after(state, event);
      if (!next || *next != State::active) continue;
      EXPECT_EQ(state, State::pre_active);
    }
    EXPECT_FALSE(after(State::destroyed, Event::withdraw));
  }
}

// Whatever happens, a version is destroyed only after it was scheduled.
TEST(KeyStates, DestructionIsReachedThroughItsScheduleAlone) {
  for (const State state : kStates) {
    for (const Event event : kEvents) {
      const bool destroys = after(state, event) == State::destroyed;
      EXPECT_TRUE(!destroys || state == State::destruction_scheduled) << store::name(state);
    }
  }
}

TEST(KeyStates, EveryStateIsReachedFromPreActive) {
  std::set<State> reached{State::pre_active};
  for (std::size_t before = 0; before != reached.size();) {
    before = reached.size();
    for (const Transition& step : transitions()) {
      if (reached.count(step.from) != 0) reached.insert(step.to);
    }
  }
  EXPECT_EQ(reached.size(), std::size(kStates));
}

}  // namespace
}  // namespace sluis::gateway
