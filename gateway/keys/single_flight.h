// Work that many callers want at once is done by the first; whoever comes meanwhile waits and shares the result, good
// or bad. Thread-safe.
#pragma once

#include <exception>
#include <functional>
#include <future>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <utility>

#include "crypto/result.h"

namespace sluis::gateway {

template <typename Value>
class SingleFlight {
 public:
  // `already` is asked under a lock, so it must be short: a value there ends the matter (the work of a flight that has
  // just ended). An exception of `work` is an internal error.
  template <typename Already, typename Work>
  Result<Value> run(const std::string& name, const Already& already, const Work& work) {
    std::promise<Result<Value>> promise;
    {
      std::unique_lock lock(mutex_);
      if (std::optional<Value> there = already()) return *std::move(there);
      if (const auto flight = flights_.find(name); flight != flights_.end()) {
        const Flight other = flight->second;
        lock.unlock();
        return other.get();
      }
      flights_.emplace(name, promise.get_future().share());
    }
    Result<Value> result = attempt(work);
    promise.set_value(result);
    const std::lock_guard lock(mutex_);
    flights_.erase(name);
    return result;
  }

 private:
  using Flight = std::shared_future<Result<Value>>;

  template <typename Work>
  static Result<Value> attempt(const Work& work) {
    try {
      return work();
    } catch (const std::exception&) {
      return Error{Code::internal, "loading a key failed"};
    }
  }

  std::mutex mutex_;
  std::map<std::string, Flight, std::less<>> flights_;
};

}  // namespace sluis::gateway
