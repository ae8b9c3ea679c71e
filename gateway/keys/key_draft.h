// A key as a change of its life finds and leaves it.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "gateway/keys/key_admin.h"
#include "gateway/lifecycle/states.h"

namespace sluis::gateway {

struct KeyAdmin::Draft {
  store::Key row;  // of the master key: made up from what the HSM has, and stored nowhere
  Lives lives;
  std::uint64_t lives_revision = 0;
  bool master = false;
  std::uint64_t now_us = 0;
  enum class Effect : std::uint8_t { changed, none } effect = Effect::changed;

  store::KeyVersion* version(std::uint32_t number) {  // null if there is none
    for (store::KeyVersion& version : row.versions) {
      if (version.version == number) return &version;
    }
    return nullptr;
  }
  const store::KeyVersion* sealing() const {
    const store::KeyVersion* newest = nullptr;
    for (const store::KeyVersion& version : row.versions) {
      if (rights_of(version.state).seal) newest = &version;
    }
    return newest;
  }
  std::uint32_t pre_active() const {  // the newest; 0: none
    std::uint32_t newest = 0;
    for (const store::KeyVersion& version : row.versions) {
      if (version.state == store::KeyState::pre_active) newest = version.version;
    }
    return newest;
  }
  // Error invalid if the state does not allow it.
  Status apply(std::uint32_t number, LifeEvent event);
};

constexpr std::string_view kRecordKeys = "records/", kLogKeys = "audit/", kTransitKeys = "transit/";

inline std::string_view transit_name(std::string_view name) {
  return name.substr(kTransitKeys.size());
}

constexpr Error kNotAllowed{Code::invalid, "the key version's state does not allow that"};
constexpr Error kNoVersion{Code::not_found, "the key has no such version"};

}  // namespace sluis::gateway
