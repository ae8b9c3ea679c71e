// What the configuration says about the life of keys, by name of key. Plain values.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "gateway/lifecycle/period.h"
#include "gateway/lifecycle/windows.h"

namespace sluis::gateway {

struct PeriodSetting {
  std::string name;  // of a key ("records/diplomas", "transit/orders", "master"), or "transit/*"
  Period period;
  Windows window;  // when the schedule may work at it
};

// The setting of the key's name, else the longest "…/*" that it falls under; null if there is none.
const PeriodSetting* setting_of(const std::vector<PeriodSetting>& settings, std::string_view key) noexcept;

}  // namespace sluis::gateway
