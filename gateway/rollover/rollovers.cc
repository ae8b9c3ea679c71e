#include "gateway/rollover/rollovers.h"

#include <utility>

namespace sluis::gateway::rollover {

Rollovers::Rollovers(Parts parts, Config config)
    : parts_(std::move(parts)),
      config_(std::move(config)),
      jobs_(parts_.store, parts_.documents, config_.holder, parts_.clock),
      service_(jobs_, parts_.sweepers, [this] { wake(); }) {}

void Rollovers::start(LatencyProbe latency) {
  JobRunner::Parts runner{parts_.store,     jobs_, parts_.log, parts_.admin_events, parts_.sweepers, std::move(latency),
                          parts_.on_trouble};
  runner_ = std::make_unique<JobRunner>(std::move(runner), config_.runner);
  Scheduler::Parts scheduler{parts_.store,
                             jobs_,
                             parts_.sweepers,
                             parts_.find_due,
                             [this](audit::Event event) { parts_.admin_events.add(std::move(event)); },
                             [this] { wake(); },
                             [this](const Error& error) { parts_.on_trouble("schedule", error); }};
  scheduler_ = std::make_unique<Scheduler>(std::move(scheduler), config_.schedule);
}

void Rollovers::stop() {
  if (scheduler_) scheduler_->stop();
  if (runner_) runner_->stop();
}

Working Rollovers::working() const {
  return runner_ ? runner_->working() : Working{};
}

void Rollovers::wake() const {
  if (runner_) runner_->wake();
}

}  // namespace sluis::gateway::rollover
