// What is wrong with the gateway's parts, looked at every few seconds by a thread of its own, so that answering a probe
// never waits for an HSM or a database. Thread-safe.
#pragma once

#include <atomic>
#include <condition_variable>
#include <functional>
#include <map>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "crypto/result.h"
#include "gateway/server/oplog.h"

namespace sluis::gateway {

// One part: its name as /readyz and the metrics have it, and a look at it that may block.
struct Check {
  std::string part;
  std::function<Status()> look;
};

class Readiness {
 public:
  explicit Readiness(std::vector<Check> checks);
  ~Readiness();
  Readiness(const Readiness&) = delete;
  Readiness& operator=(const Readiness&) = delete;

  // Looks once, then goes on every few seconds; changes are lines in the operational log.
  void start(OpLog& log);
  void look_now();

  // Things that are wrong, but do not keep the gateway from serving: empty text takes it away.
  void warn(const std::string& about, std::string text);

  struct Finding {
    std::string part, text;
  };
  std::vector<Finding> problems() const;
  std::vector<Finding> warnings() const;
  bool up(std::string_view part) const;

 private:
  void run(const std::stop_token& stop);
  void look();

  const std::vector<Check> checks_;
  OpLog* log_ = nullptr;
  mutable std::mutex mutex_;
  std::map<std::string, std::string, std::less<>> problems_, warnings_;
  std::condition_variable_any wake_;
  std::jthread thread_;
};

}  // namespace sluis::gateway
