// All that a gateway has to do with rollovers, put together: jobs, runner, scheduler, service.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "gateway/rollover/runner.h"
#include "gateway/rollover/scheduler.h"
#include "gateway/rollover/service.h"

namespace sluis::gateway::rollover {

class Rollovers {
 public:
  struct Config {
    JobRunner::Config runner;
    std::chrono::milliseconds schedule{10'000};
    std::string holder;  // unique to the process
  };
  // All outlive this.
  struct Parts {
    store::Store& store;
    Documents& documents;
    audit::Log& log;
    AdminEvents& admin_events;
    Sweepers sweepers;
    FindDue find_due;
    std::function<void(const std::string& about, const Error&)> on_trouble;
    Jobs::WallClock clock;
  };

  Rollovers(Parts parts, Config config);

  // From now on this gateway takes jobs. Not before the log and the server are there.
  void start(LatencyProbe latency);
  // No chunk is under way any more on return. Before the last entry is written.
  void stop();
  RolloverService& service() noexcept { return service_; }
  Working working() const;

 private:
  void wake() const;

  const Parts parts_;
  const Config config_;
  Jobs jobs_;
  RolloverService service_;
  std::unique_ptr<JobRunner> runner_;
  std::unique_ptr<Scheduler> scheduler_;
};

}  // namespace sluis::gateway::rollover
