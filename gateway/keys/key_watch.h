// Which keys are older than their periods allow: looked at once in a while, for /readyz and the metrics. A key in use
// is one that seals, or under which data may still be: a version is out of use once a full scan found nothing under it.
#pragma once

#include <cstdint>
#include <mutex>
#include <string>
#include <vector>

#include "gateway/keys/key_admin.h"
#include "gateway/lifecycle/settings.h"

namespace sluis::gateway {

// Sentences for people; empty where all is as it should be. Pure.
std::vector<std::string> overdue(const KeyFacts& facts, const Period& period, std::uint64_t now_us);
// Whether the schedule should replace the version that seals. Pure.
bool rotation_due(const KeyFacts& facts, const Period& period, std::uint64_t now_us);

class KeyWatch {
 public:
  static constexpr std::size_t kMostKeys = 10'000;  // looked at
  struct Findings {
    std::vector<std::string> overdue;
    std::uint64_t keys = 0;
    std::uint64_t oldest_seconds = 0;  // age of the oldest version that seals
  };

  // `admin` outlives this.
  explicit KeyWatch(KeyAdmin& admin) noexcept : admin_(admin) {}

  // May block on the store and the HSM.
  Status look(const std::vector<PeriodSetting>& settings, std::uint64_t now_us);
  Findings findings() const;

 private:
  KeyAdmin& admin_;
  mutable std::mutex mutex_;
  Findings findings_;
};

}  // namespace sluis::gateway
