// Master rollover: a new master key in the HSM, and every live data key opened under the old one and wrapped under the
// new one, page by page. What the data keys protect is not touched: this is no re-encryption of data.
#pragma once

#include <string>

#include "gateway/keys/key_admin.h"
#include "gateway/rollover/sweep.h"

namespace sluis::gateway::rollover {

class MasterSweep final : public Sweep {
 public:
  explicit MasterSweep(KeyAdmin& keys) : keys_(keys) {}

  Result<Prepared> prepare(const Grip& grip, Progress& progress) override;
  Result<Begun> begin(const Grip& grip, const Progress& progress) override;
  Result<Chunk> next(const Grip& grip) override;
  Result<Verdict> verify(const Grip& grip, const Progress& progress) override;

 private:
  KeyAdmin& keys_;
  std::uint32_t to_ = 0;
  std::string cursor_;
};

}  // namespace sluis::gateway::rollover
