// Cryptoperiods: how long a key version may be used, how soon its data must follow to a newer one, and how long it is
// kept after that. SP 800-57 part 1 rev. 5, section 5.3. Pure and thread-safe.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "crypto/result.h"

namespace sluis::gateway {

inline constexpr std::chrono::seconds kMaxDuration{std::int64_t{100} * 365 * 86'400};

// "90s", "45m", "12h", "365d", "2w": one number above 0 and one unit, at most a hundred years. Error invalid.
Result<std::chrono::seconds> parse_duration(std::string_view text);
// In the largest unit that fits without a rest, weeks left out: "365d", "36h".
std::string duration_text(std::chrono::seconds duration);

// What is absent has no limit; `destroy_after` is never absent.
struct Period {
  std::optional<std::chrono::seconds> rotate_every;                 // since the version became active
  std::optional<std::chrono::seconds> reencrypt_within;             // since a newer one took its place
  std::chrono::seconds destroy_after{std::chrono::hours(24 * 30)};  // the waiting period of a destruction

  bool operator==(const Period&) const = default;
};

// The members by name, for configuration, documents and the API.
struct PeriodMember {
  std::string_view name;
  std::optional<std::chrono::seconds> (*get)(const Period&);
  void (*set)(Period&, std::optional<std::chrono::seconds>);
};
const std::vector<PeriodMember>& period_members();

// Which members of `wanted` are shorter than in `approved`, by name. Having a limit is shorter than having none.
std::vector<std::string_view> lowered(const Period& approved, const Period& wanted);

}  // namespace sluis::gateway
