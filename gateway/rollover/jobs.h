// The rollovers that were ever asked for, as documents of the store. Every change is compare-and-set, so a person's
// pause and a worker's progress never undo each other. Thread-safe; may block on the store.
#pragma once

#include <chrono>
#include <functional>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "gateway/keys/documents.h"
#include "gateway/rollover/job.h"

namespace sluis::gateway::rollover {

inline constexpr std::string_view kJobDocuments = "job";

class Jobs {
 public:
  using WallClock = std::function<std::uint64_t()>;  // Unix time, microseconds

  // All outlive this. `holder` is unique to the process.
  Jobs(store::Store& store, Documents& documents, std::string holder, WallClock clock);

  // Stores a new job under a fresh id. Errors: conflict if one that has not ended sweeps the same thing; busy while
  // another gateway is starting one.
  Result<Job> add(Job job);
  Result<Job> get(std::string_view id) const;
  // Newest last, ids greater than `after`.
  Result<std::vector<Job>> list(std::string_view after, std::size_t limit) const;
  // Those that have not ended: compromises first, then the oldest.
  Result<std::vector<Job>> open_jobs() const;

  // Those that ended after that time, or have not.
  Result<std::vector<Job>> since(std::uint64_t time_us) const;

  // Changes the job, again and again until nobody comes between. `change` may refuse, and may be called several times;
  // a state that may not follow the one before is a conflict. Gives the job as stored.
  using Change = std::function<Status(Job&)>;
  Result<Job> update(std::string_view id, const Change& change);

  const std::string& holder() const noexcept { return holder_; }
  std::uint64_t now_us() const { return clock_(); }

 private:
  Result<std::vector<Job>> where(const std::function<bool(const Job&)>& wanted) const;
  Status store_new(Job& job);

  store::Store& store_;
  Documents& documents_;
  const std::string holder_;
  const WallClock clock_;
  std::mutex starting_;  // the lease knows processes, not threads
};

}  // namespace sluis::gateway::rollover
