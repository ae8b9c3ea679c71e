// How fast a sweep may go: a person's limits, and what the calls that are served can bear. While calls take longer than
// they do without a sweep, chunks become smaller and pauses longer; when calls are fast again, the other way round.
// Not thread-safe, but for LatencyProbe, which is called on the runner's thread.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>

#include "gateway/rollover/job.h"

namespace sluis::gateway::rollover {

// Counters of the calls served, from the start of the process on.
struct Served {
  std::uint64_t calls = 0;
  std::uint64_t microseconds = 0;  // taken by all of them together
};
using LatencyProbe = std::function<Served()>;

class Pace {
 public:
  using Clock = std::chrono::steady_clock;
  static constexpr std::size_t kMostItems = 2000;  // of one chunk: of them one log entry is made
  static constexpr std::size_t kLeastItems = 20;

  explicit Pace(LatencyProbe probe) : probe_(std::move(probe)) {}

  // Looks at the calls served while no sweep runs, once a second or so: what is usual.
  void idle(Clock::time_point now);
  // A sweep begins. How long it is to wait before, so that what is usual can be measured first; zero where that is
  // known, or nobody calls.
  std::chrono::milliseconds start(Clock::time_point now);

  // Of the next chunk.
  std::size_t items(const Throttle& throttle) const;
  // After a chunk of `items` that took `work`: how long to pause.
  std::chrono::milliseconds pause(const Throttle& throttle, std::size_t items, Clock::duration work,
                                  Clock::time_point now);
  // Part of the time that is worked, 0 to 1; 1: nobody is in the way.
  double duty() const noexcept { return duty_; }

 private:
  struct Window {
    double mean = 0;  // microseconds a call
    std::uint64_t calls = 0;
  };
  std::optional<Window> window(Clock::time_point now);
  void adapt(const Window& window);

  const LatencyProbe probe_;
  Served last_{};
  std::optional<Clock::time_point> since_;
  double usual_ = 0;    // microseconds a call without a sweep; 0: not known
  bool calls_ = false;  // whether calls were served in the last window
  double duty_ = 1;
};

}  // namespace sluis::gateway::rollover
