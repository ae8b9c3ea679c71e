// How many denials of one principal become entries of their own, so that nobody can fill the log's disk by being
// refused. What is over the limit is counted, and told by the next denial that is logged. Thread-safe.
#pragma once

#include <cstdint>
#include <map>
#include <mutex>
#include <string>

namespace sluis::gateway {

class DenialLimit {
 public:
  explicit DenialLimit(std::uint64_t per_minute) : per_minute_(per_minute) {}

  struct Answer {
    bool logged = false;
    std::uint64_t held_back = 0;  // denials before this one that were only counted
  };
  // `principal`: a name of the policy, or "-": few, so all are remembered.
  Answer take(const std::string& principal, std::uint64_t now_us);

 private:
  struct Row {
    std::uint64_t minute = 0, logged = 0, held_back = 0;
  };
  const std::uint64_t per_minute_;
  std::mutex mutex_;
  std::map<std::string, Row> rows_;
};

}  // namespace sluis::gateway
