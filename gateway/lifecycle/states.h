// The states of a key version and what may follow what: one table, after NIST SP 800-57 part 1 rev. 5, section 7. Pure
// and thread-safe. Two departures, both to the strict side: nothing becomes active again, and a version is destroyed
// only from "destruction scheduled", so that the waiting period and its withdrawal come between.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

#include "store/store.h"

namespace sluis::gateway {

enum class LifeEvent : std::uint8_t {
  activate,              // every gateway knows the version: it is put to use
  succeed,               // a newer version is active: this one seals no more
  compromise,            // somebody else may know it
  schedule,              // it is to be destroyed once the waiting period is over
  withdraw,              // it is not, after all
  withdraw_compromised,  // the same for a version that was compromised before
  destroy,
};
inline constexpr std::size_t kLifeEvents = 7;
std::string_view name(LifeEvent event) noexcept;

struct Transition {
  store::KeyState from;
  LifeEvent event;
  store::KeyState to;
};

// What may be done with a version in a state.
struct Rights {
  store::KeyState state;
  bool seal;    // protect something new
  bool open;    // open what it protects
  bool search;  // its index terms are among those that a search asks for
  bool live;    // there are wrapped bytes, which follow the master key
};

std::span<const Transition> transitions() noexcept;
std::span<const Rights> all_rights() noexcept;

// The state after the event; nothing if the state does not allow it.
std::optional<store::KeyState> after(store::KeyState state, LifeEvent event) noexcept;
// All false for a state that is not in the table.
Rights rights_of(store::KeyState state) noexcept;

}  // namespace sluis::gateway
