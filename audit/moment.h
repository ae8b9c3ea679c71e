// Times of entries and the periods they belong to. A period is a month in UTC. Stateless and thread-safe.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

#include "crypto/result.h"

namespace sluis::audit {

inline constexpr std::uint64_t kSecondUs = 1'000'000;
// The first moment of the year 10000, which RFC 3339 cannot write.
inline constexpr std::uint64_t kTimeLimitUs = 253'402'300'800ULL * kSecondUs;

std::uint64_t now_us();  // Unix time in microseconds

// RFC 3339 section 5.6 in one spelling: UTC, six decimals, "2026-11-05T12:34:56.123456Z". Below kTimeLimitUs only.
inline constexpr std::size_t kMomentSize = 27;
std::array<char, kMomentSize> moment_text(std::uint64_t time_us) noexcept;
Result<std::uint64_t> parse_moment(std::string_view text);

// Months since January of the year 0, and "2026-11".
struct Period {
  std::uint32_t months = 0;
  friend auto operator<=>(const Period&, const Period&) = default;
};
Period period_of(std::uint64_t time_us) noexcept;
std::string name(Period period);

}  // namespace sluis::audit
