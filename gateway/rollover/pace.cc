#include "gateway/rollover/pace.h"

#include <algorithm>

namespace sluis::gateway::rollover {
namespace {

using std::chrono::milliseconds;

constexpr milliseconds kWindow{500};
constexpr std::uint64_t kFewCalls = 10;  // in a window: nobody to look after
constexpr double kBearable = 1.4;        // of the usual time of a call
constexpr double kLeastDuty = 0.05;
constexpr double kSlower = 0.6, kFaster = 1.15;
constexpr double kMemory = 0.8;               // of what was usual, in each new window
constexpr std::uint64_t kChunksASecond = 10;  // of a sweep with a rate
constexpr milliseconds kLongestPause{60'000};

}  // namespace

std::optional<Pace::Window> Pace::window(Clock::time_point now) {
  if (since_ && now - *since_ < kWindow) return std::nullopt;
  const Served served = probe_ ? probe_() : Served{};
  const bool first = !since_;
  Window out;
  out.calls = served.calls - last_.calls;
  if (out.calls != 0) {
    out.mean = static_cast<double>(served.microseconds - last_.microseconds) / static_cast<double>(out.calls);
  }
  last_ = served;
  since_ = now;
  if (first) return std::nullopt;
  calls_ = out.calls >= kFewCalls;
  return out;
}

void Pace::idle(Clock::time_point now) {
  const auto seen = window(now);
  if (!seen || !calls_) return;
  usual_ = usual_ == 0 ? seen->mean : kMemory * usual_ + (1 - kMemory) * seen->mean;
}

milliseconds Pace::start(Clock::time_point now) {
  duty_ = 1;
  static_cast<void>(window(now));
  return usual_ == 0 && probe_ ? 2 * kWindow : milliseconds(0);
}

// Calls that came while nobody knew what is usual are slowed for, until a window without work tells.
void Pace::adapt(const Window& window) {
  if (!calls_) {
    duty_ = std::min(1.0, duty_ * kFaster * kFaster);
    return;
  }
  if (usual_ == 0) usual_ = window.mean;
  const bool slow = window.mean > kBearable * usual_;
  duty_ = std::clamp(duty_ * (slow ? kSlower : kFaster), kLeastDuty, 1.0);
  if (window.mean < usual_) usual_ = window.mean;
}

std::size_t Pace::items(const Throttle& throttle) const {
  double items = kMostItems;
  if (throttle.rate != 0) items = std::min(items, static_cast<double>(throttle.rate) / kChunksASecond);
  if (calls_) items *= duty_ * duty_;  // shorter and rarer
  if (calls_ && throttle.share < 100) items = std::min(items, kMostItems * static_cast<double>(throttle.share) / 400);
  const std::size_t least = throttle.rate == 0 ? kLeastItems : 1;
  return std::clamp(static_cast<std::size_t>(items), least, kMostItems);
}

milliseconds Pace::pause(const Throttle& throttle, std::size_t items, Clock::duration work, Clock::time_point now) {
  if (const auto seen = window(now)) adapt(*seen);
  const double worked = std::chrono::duration<double, std::milli>(work).count();
  const double share = calls_ ? std::min(duty_, throttle.share / 100.0) : 1.0;
  double wanted = worked * (1 / share - 1);
  if (throttle.rate != 0) {
    wanted = std::max(wanted, 1000.0 * static_cast<double>(items) / static_cast<double>(throttle.rate) - worked);
  }
  return std::clamp(milliseconds(static_cast<std::int64_t>(wanted)), milliseconds(0), kLongestPause);
}

}  // namespace sluis::gateway::rollover
