// The way of a new key version into use: made, known to every gateway, active, known to be active. One step a call, so
// that the progress can be stored in between; each may be repeated, by another process too. For one thread at a time.
#pragma once

#include <chrono>
#include <string>

#include "gateway/keys/key_admin.h"
#include "gateway/rollover/sweep.h"

namespace sluis::gateway::rollover {

class NewVersion {
 public:
  // `settle`: how long after a change every gateway knows of it (Keyring::settle_time).
  NewVersion(KeyAdmin& keys, std::string key, std::chrono::milliseconds settle)
      : keys_(keys), key_(std::move(key)), settle_(settle) {}

  // `to` is the version, 0 where it is not chosen yet. Ready when no gateway can seal under an older version any more
  // without being told so by the store. Error invalid if the version was taken out of use meanwhile.
  Result<Prepared> step(std::uint32_t& to, std::string_view by);

 private:
  enum class At : std::uint8_t { unknown, made, active };
  Result<Prepared> look(std::uint32_t to);

  KeyAdmin& keys_;
  const std::string key_;
  const std::chrono::milliseconds settle_;
  At at_ = At::unknown;
};

}  // namespace sluis::gateway::rollover
