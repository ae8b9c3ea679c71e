#include "gateway/config/periods.h"

#include <algorithm>

#include "policy/names.h"

namespace sluis::gateway {
namespace {

constexpr ListedKey kKeys[] = {
    {"period", "key",
     "Name of the key: `transit/orders`, `transit/*` for all that have no period of their own, or `master`."},
    {"period", "rotate_every",
     "How long a version is used before the schedule replaces it, as `365d`. Default: no limit."},
    {"period", "reencrypt_within", "How soon after that all data must be under the new version. Default: no limit."},
    {"period", "destroy_after",
     "The waiting period between scheduling a version's destruction and carrying it out. Default `30d`."},
    {"period", "window",
     "When the schedule may work, as `Sat..Sun 01:00-05:00 Europe/Brussels`; several with `;`. Default: always."}};

bool good_name(std::string_view name) {
  return name == "master" || (name.starts_with("transit/") && name.size() > 8);
}

}  // namespace

void read_period(policy::TableReader& table, const std::string& key, policy::Problems& problems,
                 std::vector<PeriodSetting>& out) {
  PeriodSetting setting{key, {}, {}};
  bool any = false;
  for (const PeriodMember& member : period_members()) {
    const auto text = table.text(member.name);
    if (!text) continue;
    any = true;
    const auto duration = parse_duration(text->text);
    if (!duration)
      problems.error(text->at, std::string(member.name) + ": " + std::string(duration.error().what.view()));
    if (duration) member.set(setting.period, *duration);
  }
  if (const auto text = table.text("window")) {
    any = true;
    auto windows = Windows::parse(text->text);
    if (!windows) problems.error(text->at, std::string(windows.error().what.view()));
    if (windows) setting.window = std::move(*windows);
  }
  if (any) out.push_back(std::move(setting));
}

void read_periods(const policy::Node& root, policy::Problems& problems, std::vector<PeriodSetting>& out) {
  policy::Suggester suggester;
  policy::for_each_table(root, "period", 1000, problems, [&](const policy::Node& item) {
    constexpr std::array<std::string_view, 5> kNames{"key", "rotate_every", "reencrypt_within", "destroy_after",
                                                     "window"};
    policy::TableReader table(item, "period", kNames, problems, suggester);
    const auto key = table.need_text("key");
    if (!key) return;
    if (!good_name(key->text)) problems.error(key->at, "key is \"transit/…\" or \"master\"");
    const bool known = std::any_of(out.begin(), out.end(), [&](const auto& other) { return other.name == key->text; });
    if (known) problems.error(key->at, "there are two periods of " + policy::quoted(key->text));
    read_period(table, key->text, problems, out);
  });
}

std::vector<ListedKey> listed_period_keys() {
  return {std::begin(kKeys), std::end(kKeys)};
}

}  // namespace sluis::gateway
