#include "gateway/lifecycle/windows.h"

#include <date/tz.h>

#include <algorithm>
#include <array>
#include <limits>
#include <optional>

namespace sluis::gateway {
namespace {

using date::days;
using date::local_days;
using date::local_seconds;
using date::sys_seconds;
using std::chrono::minutes;
using std::chrono::seconds;

constexpr Error kMalformed{Code::invalid, "a window is written as \"Sat..Sun 01:00-05:00 Europe/Brussels\""};
constexpr Error kNoZone{Code::invalid, "a window's time zone is not in the system's time zone data"};
constexpr std::array<std::string_view, 7> kDays{"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
constexpr int kDay = 24 * 60;
// A weekly window that a jump of the clock swallows opens a week later.
constexpr int kHorizonDays = 16;

const date::time_zone* zone_named(const std::string& name) {
  try {
    return date::locate_zone(name);
  } catch (const std::exception&) {
    return nullptr;
  }
}

// The part before `mark`, which is taken off `text`; the rest, if there is no mark.
std::string_view take_until(std::string_view& text, std::string_view mark) {
  const auto at = text.find(mark);
  const std::string_view part = text.substr(0, at);
  text.remove_prefix(at == std::string_view::npos ? text.size() : at + mark.size());
  return part;
}

std::string_view trimmed(std::string_view text) {
  while (text.starts_with(' ')) text.remove_prefix(1);
  while (text.ends_with(' ')) text.remove_suffix(1);
  return text;
}

std::optional<unsigned> day_named(std::string_view name) {
  const auto* const found = std::find(kDays.begin(), kDays.end(), name);
  if (found == kDays.end()) return std::nullopt;
  return static_cast<unsigned>(found - kDays.begin());
}

// Bits of "Mon..Thu,Sat"; 0 if it is malformed.
std::uint8_t days_of(std::string_view text) {
  unsigned bits = 0;
  if (text.ends_with(',')) return 0;
  while (!text.empty()) {
    std::string_view range = take_until(text, ",");
    const bool single = range.find("..") == std::string_view::npos;
    const auto first = day_named(take_until(range, ".."));
    const auto last = single ? first : day_named(range);
    if (!first || !last) return 0;
    for (unsigned day = *first;; day = (day + 1) % 7) {
      bits |= 1U << day;
      if (day == *last) break;
    }
  }
  return static_cast<std::uint8_t>(bits);
}

// "01:00" to minutes; 24:00 at most.
std::optional<int> minutes_of(std::string_view text) {
  if (text.size() != 5 || text[2] != ':') return std::nullopt;
  for (const std::size_t i : {0, 1, 3, 4}) {
    if (text[i] < '0' || text[i] > '9') return std::nullopt;
  }
  const int hour = (text[0] - '0') * 10 + (text[1] - '0');
  const int minute = (text[3] - '0') * 10 + (text[4] - '0');
  if (minute > 59 || hour * 60 + minute > kDay) return std::nullopt;
  return hour * 60 + minute;
}

bool has(std::uint8_t bits, local_days day) {
  return (bits >> date::weekday(day).c_encoding() & 1U) != 0;
}

// The moments at which the zone's clocks show `local`, or jump over it.
std::vector<sys_seconds> moments_of(const date::time_zone& zone, local_seconds local) {
  const date::local_info info = zone.get_info(local);
  const auto at = [&](const date::sys_info& part) { return sys_seconds(local.time_since_epoch() - part.offset); };
  if (info.result == date::local_info::unique) return {at(info.first)};
  if (info.result == date::local_info::ambiguous) return {at(info.first), at(info.second), info.first.end};
  return {info.first.end};
}

}  // namespace

Result<Windows> Windows::parse(std::string_view text) {
  if (text.size() > kMaxBytes) return kMalformed;
  Windows out;
  out.text_ = text;
  bool more = true;
  while (more) {
    more = text.find(';') != std::string_view::npos;
    auto window = parse_one(trimmed(take_until(text, ";")));
    if (!window) return window.error();
    out.windows_.push_back(std::move(*window));
  }
  return out;
}

Result<Windows::Window> Windows::parse_one(std::string_view text) {
  Window out;
  const bool has_days = !text.empty() && (text[0] < '0' || text[0] > '9');
  if (has_days) out.days = days_of(take_until(text, " "));
  std::string_view times = take_until(text, " ");
  const auto from = minutes_of(take_until(times, "-"));
  const auto to = minutes_of(times);
  if (out.days == 0 || !from || !to || *from == kDay || *from == *to || text.empty()) return kMalformed;
  out.from = *from;
  out.to = *to > *from ? *to : *to + kDay;
  out.zone = text;
  if (zone_named(out.zone) == nullptr) return kNoZone;
  return out;
}

bool Windows::open(const Window& window, std::int64_t now_s) {
  const date::time_zone* zone = zone_named(window.zone);
  if (zone == nullptr) return false;
  const local_seconds now = zone->to_local(sys_seconds(seconds(now_s)));
  const local_days today = date::floor<days>(now);
  for (const local_days day : {today - days(1), today}) {
    const bool within = now >= day + minutes(window.from) && now < day + minutes(window.to);
    if (within && has(window.days, day)) return true;
  }
  return false;
}

// It opens at its start or where the clock is changed: whichever comes first.
std::int64_t Windows::next_opening(const Window& window, std::int64_t now_s) {
  constexpr std::int64_t kNever = std::numeric_limits<std::int64_t>::max() / 1'000'000;
  const date::time_zone* zone = zone_named(window.zone);
  if (zone == nullptr) return kNever;
  const local_days today = date::floor<days>(zone->to_local(sys_seconds(seconds(now_s))));
  for (int ahead = -1; ahead < kHorizonDays; ++ahead) {
    std::int64_t best = kNever;
    for (const int minute : {window.from, window.to - 1}) {
      for (const sys_seconds moment : moments_of(*zone, today + days(ahead) + minutes(minute))) {
        const std::int64_t at = moment.time_since_epoch().count();
        if (at > now_s && at < best && open(window, at)) best = at;
      }
    }
    if (best != kNever) return best;
  }
  return kNever;
}

bool Windows::open(std::uint64_t now_us) const {
  const auto now_s = static_cast<std::int64_t>(now_us / 1'000'000);
  return windows_.empty() ||
         std::any_of(windows_.begin(), windows_.end(), [&](const Window& window) { return open(window, now_s); });
}

std::uint64_t Windows::next_opening(std::uint64_t now_us) const {
  if (open(now_us)) return now_us;
  std::int64_t best = std::numeric_limits<std::int64_t>::max() / 1'000'000;
  for (const Window& window : windows_) {
    best = std::min(best, next_opening(window, static_cast<std::int64_t>(now_us / 1'000'000)));
  }
  return static_cast<std::uint64_t>(best) * 1'000'000;
}

}  // namespace sluis::gateway
