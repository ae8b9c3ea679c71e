#include "audit/moment.h"

#include <chrono>

namespace sluis::audit {
namespace {

using std::chrono::year_month_day;
using Microseconds = std::chrono::duration<std::uint64_t, std::micro>;

year_month_day date_of(std::uint64_t time_us) noexcept {
  const auto days = static_cast<int>(time_us / (86'400 * kSecondUs));
  return year_month_day{std::chrono::sys_days{std::chrono::days{days}}};
}

void put_digits(char* to, std::size_t count, std::uint64_t value) noexcept {
  for (std::size_t i = count; i > 0; --i, value /= 10) to[i - 1] = static_cast<char>('0' + value % 10);
}

// The digits at `at`; a character that is no digit sets `good` to false.
unsigned digits_at(std::string_view text, std::size_t at, std::size_t count, bool& good) noexcept {
  unsigned value = 0;
  for (const char c : text.substr(at, count)) {
    good = good && c >= '0' && c <= '9';
    value = value * 10 + static_cast<unsigned>(c - '0');
  }
  return value;
}

}  // namespace

std::uint64_t now_us() {
  const auto since = std::chrono::system_clock::now().time_since_epoch();
  return static_cast<std::uint64_t>(std::chrono::duration_cast<std::chrono::microseconds>(since).count());
}

std::array<char, kMomentSize> moment_text(std::uint64_t time_us) noexcept {
  std::array<char, kMomentSize> text = {'0', '0', '0', '0', '-', '0', '0', '-', '0', '0', 'T', '0', '0', ':',
                                        '0', '0', ':', '0', '0', '.', '0', '0', '0', '0', '0', '0', 'Z'};
  const year_month_day date = date_of(time_us);
  const std::uint64_t second = time_us / kSecondUs % 86'400;
  put_digits(&text[0], 4, static_cast<std::uint64_t>(static_cast<int>(date.year())));
  put_digits(&text[5], 2, static_cast<unsigned>(date.month()));
  put_digits(&text[8], 2, static_cast<unsigned>(date.day()));
  put_digits(&text[11], 2, second / 3600);
  put_digits(&text[14], 2, second / 60 % 60);
  put_digits(&text[17], 2, second % 60);
  put_digits(&text[20], 6, time_us % kSecondUs);
  return text;
}

Result<std::uint64_t> parse_moment(std::string_view text) {
  constexpr Error bad{Code::invalid, "not a time as the log writes it"};
  if (text.size() != kMomentSize) return bad;
  bool good = true;
  const auto number = [&](std::size_t at, std::size_t count) { return digits_at(text, at, count, good); };
  const unsigned year = number(0, 4);
  const year_month_day date{std::chrono::year{static_cast<int>(year)}, std::chrono::month{number(5, 2)},
                            std::chrono::day{number(8, 2)}};
  const std::uint64_t second = number(11, 2) * 3600ULL + number(14, 2) * 60ULL + number(17, 2);
  const unsigned fraction = number(20, 6);
  if (!good || !date.ok() || year < 1970 || second >= 86'400) return bad;
  const auto days = static_cast<std::uint64_t>(std::chrono::sys_days{date}.time_since_epoch().count());
  const std::uint64_t time_us = (days * 86'400 + second) * kSecondUs + fraction;
  const auto written = moment_text(time_us);  // separators, and hours, minutes and seconds in range
  if (std::string_view(written.data(), written.size()) != text) return bad;
  return time_us;
}

Period period_of(std::uint64_t time_us) noexcept {
  const year_month_day date = date_of(time_us);
  return {static_cast<std::uint32_t>(static_cast<int>(date.year())) * 12 + static_cast<unsigned>(date.month()) - 1};
}

std::string name(Period period) {
  std::string text = "0000-00";
  put_digits(text.data(), 4, period.months / 12);
  put_digits(text.data() + 5, 2, period.months % 12 + 1);
  return text;
}

}  // namespace sluis::audit
