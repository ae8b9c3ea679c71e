// A new version of a key whose ciphertexts Sluis does not hold: it comes into use, and there is nothing to re-encrypt.
#pragma once

#include "gateway/rollover/new_version.h"

namespace sluis::gateway::rollover {

class KeySweep final : public Sweep {
 public:
  KeySweep(KeyAdmin& keys, const std::string& key, std::chrono::milliseconds settle) : version_(keys, key, settle) {}

  Result<Prepared> prepare(const Grip& grip, Progress& progress) override {
    return version_.step(progress.to, grip.by);
  }
  Result<Begun> begin(const Grip&, const Progress&) override { return Begun{}; }
  Result<Chunk> next(const Grip&) override {
    Chunk chunk;
    chunk.end = true;
    return chunk;
  }
  Result<Verdict> verify(const Grip&, const Progress&) override { return Verdict{}; }

 private:
  NewVersion version_;
};

}  // namespace sluis::gateway::rollover
