// The rollovers API behind its routes; docs/rollover.md says what each call does. Handlers are plain functions.
// Thread-safe; may block on the store.
#pragma once

#include <functional>
#include <optional>

#include "gateway/http/call.h"
#include "gateway/rollover/jobs.h"
#include "gateway/rollover/plan.h"

namespace sluis::gateway::rollover {

class RolloverService {
 public:
  // `jobs` outlives the service; `wake` is called after each change, on any thread.
  RolloverService(Jobs& jobs, Sweepers sweepers, std::function<void()> wake);

  Outcome start(Call& call);
  // What would refuse start(), if anything: asked before others are asked to approve it.
  std::optional<Outcome> rehearse(Call& call) const;
  Outcome list(Call& call);
  Outcome show(Call& call);
  Outcome pause(Call& call);
  Outcome resume(Call& call);
  Outcome cancel(Call& call);
  Outcome throttle(Call& call);

 private:
  struct Asked {
    Job job;
    std::optional<Outcome> refused{};
  };
  Asked read(Call& call) const;
  Outcome change(Call& call, std::string_view act, const Jobs::Change& change);

  Jobs& jobs_;
  const Sweepers sweepers_;
  const std::function<void()> wake_;
};

std::vector<Route> rollover_routes(RolloverService& service);

}  // namespace sluis::gateway::rollover
