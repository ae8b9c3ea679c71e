#include "gateway/rollover/job.h"

#include <algorithm>
#include <array>
#include <ctime>

#include "crypto/bytes.h"
#include "crypto/hash.h"

namespace sluis::gateway::rollover {
namespace {

constexpr std::array<std::string_view, 9> kStates{"queued", "preparing", "sweeping", "verifying",
                                                  "paused", "cancelled", "finished", "finished_with_faults",
                                                  "failed"};
constexpr std::array<std::string_view, 4> kKinds{"collection", "key", "master", "adopted"};
constexpr std::array<std::string_view, 3> kTriggers{"request", "schedule", "compromise"};

template <typename Count>
std::uint64_t sum_of(const Job& job, const Count& count) noexcept {
  std::uint64_t sum = 0;
  for (const Step& step : job.steps) sum += count(step);
  return sum;
}

}  // namespace

std::string_view name(State state) noexcept {
  return kStates[static_cast<std::size_t>(state)];
}
std::string_view name(Kind kind) noexcept {
  return kKinds[static_cast<std::size_t>(kind)];
}
std::string_view name(Trigger trigger) noexcept {
  return kTriggers[static_cast<std::size_t>(trigger)];
}

bool ended(State state) noexcept {
  return state >= State::cancelled;
}

bool runnable(State state) noexcept {
  return state <= State::verifying;
}

// Verifying may find that another pass is needed, and the step of a full rollover is followed by the next.
bool may_follow(State from, State to) noexcept {
  if (from == to) return true;
  if (ended(from)) return false;
  if (to == State::cancelled || to == State::failed) return true;
  if (to == State::queued) return true;  // taken up again, by whoever comes
  switch (from) {
    case State::queued:
      return to == State::preparing || to == State::sweeping || to == State::paused || to == State::finished ||
             to == State::finished_with_faults;
    case State::preparing:
      return to == State::sweeping || to == State::paused;
    case State::sweeping:
      return to == State::verifying || to == State::paused;
    case State::verifying:
      return true;
    default:
      return false;
  }
}

std::string_view kind_of(const Job& job) noexcept {
  return job.full || job.steps.empty() ? std::string_view("full") : name(job.steps.front().target.kind);
}

std::uint64_t total_of(const Job& job) noexcept {
  return sum_of(job, [](const Step& step) { return std::max(step.progress.total, step.progress.done); });
}
std::uint64_t done_of(const Job& job) noexcept {
  return sum_of(job, [](const Step& step) { return step.progress.done; });
}
std::uint64_t faults_of(const Job& job) noexcept {
  return sum_of(job, [](const Step& step) { return step.progress.faults; });
}
std::uint64_t left_of(const Job& job) noexcept {
  return sum_of(job, [](const Step& step) {
    const Progress& at = step.progress;
    return step.done ? at.faults : at.total - std::min(at.total, at.done);
  });
}

bool overlap(const Job& a, const Job& b) noexcept {
  if (a.full || b.full) return true;
  for (const Step& one : a.steps) {
    for (const Step& other : b.steps) {
      if (one.target.kind == other.target.kind && one.target.subject == other.target.subject) return true;
    }
  }
  return false;
}

Result<std::string> make_job_id(std::uint64_t now_us) {
  std::array<std::uint8_t, 4> drawn{};
  if (const Status status = random_bytes(drawn); !status) return status.error();
  const auto seconds = static_cast<std::time_t>(now_us / 1'000'000);
  std::tm utc{};
  gmtime_r(&seconds, &utc);
  std::array<char, 24> text{};
  const auto size = std::strftime(text.data(), text.size(), "%Y%m%d-%H%M%S-", &utc);
  return std::string(text.data(), size) + to_hex(drawn);
}

bool valid_job_id(std::string_view id) noexcept {
  const auto fits = [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || c == '-'; };
  return !id.empty() && id.size() <= 64 && std::all_of(id.begin(), id.end(), fits);
}

}  // namespace sluis::gateway::rollover
