// How long keys may be used: keys of [[collection]], and the list [[period]] for all others.
#pragma once

#include <array>
#include <vector>

#include "gateway/config/collections.h"
#include "gateway/lifecycle/settings.h"
#include "policy/table_reader.h"

namespace sluis::gateway {

inline constexpr std::array<std::string_view, 4> kPeriodNames{"rotate_every", "reencrypt_within", "destroy_after",
                                                              "window"};

// What the table says of the key of that name; nothing is added if it says nothing.
void read_period(policy::TableReader& table, const std::string& key, policy::Problems& problems,
                 std::vector<PeriodSetting>& out);
// The list [[period]].
void read_periods(const policy::Node& root, policy::Problems& problems, std::vector<PeriodSetting>& out);
std::vector<ListedKey> listed_period_keys();

}  // namespace sluis::gateway
