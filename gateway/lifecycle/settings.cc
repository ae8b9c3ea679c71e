#include "gateway/lifecycle/settings.h"

namespace sluis::gateway {

const PeriodSetting* setting_of(const std::vector<PeriodSetting>& settings, std::string_view key) noexcept {
  const PeriodSetting* best = nullptr;
  for (const PeriodSetting& setting : settings) {
    const std::string_view name = setting.name;
    if (name == key) return &setting;
    const bool matches = name.ends_with("/*") && key.starts_with(name.substr(0, name.size() - 1));
    if (matches && (best == nullptr || best->name.size() < name.size())) best = &setting;
  }
  return best;
}

}  // namespace sluis::gateway
