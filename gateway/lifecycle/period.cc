#include "gateway/lifecycle/period.h"

#include <array>
#include <charconv>

namespace sluis::gateway {
namespace {

using std::chrono::seconds;
using Limit = std::optional<seconds>;

struct Unit {
  char letter;
  std::int64_t seconds;
};
constexpr std::array<Unit, 5> kUnits{{{'s', 1}, {'m', 60}, {'h', 3600}, {'d', 86'400}, {'w', 7 * 86'400}}};
constexpr Error kMalformed{Code::invalid, "a duration is a number and a unit, as \"365d\" or \"12h\" (s, m, h, d, w)"};

bool shorter(const Limit& a, const Limit& b) {
  return a && (!b || *a < *b);
}

}  // namespace

Result<seconds> parse_duration(std::string_view text) {
  std::int64_t number = 0;
  const auto read = std::from_chars(text.data(), text.data() + text.size(), number);
  if (read.ec != std::errc{} || read.ptr + 1 != text.data() + text.size() || number <= 0) return kMalformed;
  for (const Unit& unit : kUnits) {
    if (unit.letter != *read.ptr) continue;
    if (number > kMaxDuration.count() / unit.seconds) return Error{Code::invalid, "a duration is at most 100 years"};
    return seconds(number * unit.seconds);
  }
  return kMalformed;
}

std::string duration_text(seconds duration) {
  for (const char letter : {'d', 'h', 'm'}) {
    for (const Unit& unit : kUnits) {
      if (unit.letter != letter || duration.count() == 0 || duration.count() % unit.seconds != 0) continue;
      return std::to_string(duration.count() / unit.seconds) + letter;
    }
  }
  return std::to_string(duration.count()) + 's';
}

const std::vector<PeriodMember>& period_members() {
  static const std::vector<PeriodMember> members{
      {"rotate_every", [](const Period& p) { return p.rotate_every; },
       [](Period& p, Limit limit) { p.rotate_every = limit; }},
      {"reencrypt_within", [](const Period& p) { return p.reencrypt_within; },
       [](Period& p, Limit limit) { p.reencrypt_within = limit; }},
      {"destroy_after", [](const Period& p) { return Limit(p.destroy_after); },
       [](Period& p, Limit limit) { p.destroy_after = limit.value_or(Period{}.destroy_after); }},
  };
  return members;
}

std::vector<std::string_view> lowered(const Period& approved, const Period& wanted) {
  std::vector<std::string_view> out;
  for (const PeriodMember& member : period_members()) {
    if (shorter(member.get(wanted), member.get(approved))) out.push_back(member.name);
  }
  return out;
}

}  // namespace sluis::gateway
