#include "gateway/rollover/new_version.h"

namespace sluis::gateway::rollover {

Result<Prepared> NewVersion::step(std::uint32_t& to, std::string_view by) {
  if (to == 0) {
    const auto made = keys_.begin_version(key_, by);
    if (!made) return made.error();
    to = *made;
    return Prepared{};
  }
  if (at_ == At::unknown) return look(to);
  if (at_ == At::made) {
    if (const Status active = keys_.activate(key_, to, by); !active) return active.error();
    at_ = At::active;
    return Prepared{false, settle_, {}};
  }
  return Prepared{true, {}, {}};
}

// When it came to where it is, nobody remembers: the wait begins again.
Result<Prepared> NewVersion::look(std::uint32_t to) {
  const auto facts = keys_.show(key_);
  if (!facts) return facts.error();
  const VersionFacts* const version = facts->find(to);
  if (version == nullptr) return Error{Code::invalid, "the new key version is not there any more"};
  if (version->state != store::KeyState::pre_active && version->state != store::KeyState::active) {
    return Error{Code::invalid, "the new key version was taken out of use"};
  }
  at_ = version->state == store::KeyState::active ? At::active : At::made;
  return Prepared{false, settle_, {}};
}

}  // namespace sluis::gateway::rollover
