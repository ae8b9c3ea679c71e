// A rollover as it is kept: what is to be swept, by whose wish, and how far it is. Plain values and pure functions.
#pragma once

#include <boost/json/object.hpp>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "crypto/result.h"
#include "gateway/rollover/sweep.h"

namespace sluis::gateway::rollover {

enum class State : std::uint8_t {
  queued,     // waits for a gateway
  preparing,  // the new version is made, and every gateway comes to know it
  sweeping,
  verifying,
  paused,
  cancelled,             // both versions open; another job can go on
  finished,              // nothing is left under the old version
  finished_with_faults,  // something is left that does not open: the old version is not free
  failed,
};
std::string_view name(State state) noexcept;
// The table: what may follow what. A state follows itself.
bool may_follow(State from, State to) noexcept;
bool ended(State state) noexcept;     // for good
bool runnable(State state) noexcept;  // a gateway should be at it

enum class Trigger : std::uint8_t {
  request,     // of a person, with what approval that takes
  schedule,    // a period of the key has come to its end
  compromise,  // goes before all others
};
std::string_view name(Trigger trigger) noexcept;

struct Throttle {
  std::uint64_t rate = 0;  // items a second; 0: as fast as it goes
  unsigned share = 100;    // per cent of the time that the sweep may work while calls are served, 1 to 100
  friend bool operator==(const Throttle&, const Throttle&) = default;
};
inline constexpr std::uint64_t kMaxRate = 10'000'000;

struct Step {
  Target target;
  Progress progress{};
  bool done = false;
};

struct Job {
  std::string id;
  bool full = false;  // master, keys and data; else there is one step
  Trigger trigger = Trigger::request;
  State state = State::queued;
  std::string reason, requester, approval, error;
  std::string gateway;      // which has worked at it last
  std::uint64_t epoch = 0;  // of the lease under which the progress was stored
  std::uint64_t created_us = 0, started_us = 0, updated_us = 0, ended_us = 0;
  std::uint64_t speed = 0;  // items a second, as last measured
  Throttle throttle{};
  std::vector<Step> steps;
  std::size_t current = 0;  // position of the step at hand; steps.size() when all are done

  Step* step() noexcept { return current < steps.size() ? &steps[current] : nullptr; }
  const Step* step() const noexcept { return current < steps.size() ? &steps[current] : nullptr; }
};

// As the API names it: the kind of the only step, or "full".
std::string_view kind_of(const Job& job) noexcept;
// Over all steps.
std::uint64_t total_of(const Job& job) noexcept;
std::uint64_t done_of(const Job& job) noexcept;
std::uint64_t faults_of(const Job& job) noexcept;
std::uint64_t left_of(const Job& job) noexcept;
// Whether both would sweep the same thing: not at the same time, please.
bool overlap(const Job& a, const Job& b) noexcept;

// Time, then chance: ids sort by when the job was made. "20261124-171530-1f3a09c2".
Result<std::string> make_job_id(std::uint64_t now_us);
bool valid_job_id(std::string_view id) noexcept;

// The body of its document. job_of: error corrupt for anything that is not what body_of makes.
boost::json::object body_of(const Job& job);
Result<Job> job_of(std::string_view id, const boost::json::object& body);

// As people see it: no cursor, but what is left and when it will be done.
boost::json::object shown(const Job& job);

}  // namespace sluis::gateway::rollover
