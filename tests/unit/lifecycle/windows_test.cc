#include "gateway/lifecycle/windows.h"

#include <gtest/gtest.h>

#include <ctime>
#include <string>
#include <thread>

namespace sluis::gateway {
namespace {

// "2026-11-24 17:00" in UTC, by the C library: another implementation than the one under test.
std::uint64_t utc(const std::string& text) {
  std::tm time{};
  EXPECT_NE(strptime(text.c_str(), "%Y-%m-%d %H:%M", &time), nullptr) << text;
  return static_cast<std::uint64_t>(timegm(&time)) * 1'000'000;
}

std::string shown(std::uint64_t us) {
  const auto seconds = static_cast<std::time_t>(us / 1'000'000);
  std::tm time{};
  gmtime_r(&seconds, &time);
  char text[32];
  return {text, std::strftime(text, sizeof text, "%Y-%m-%d %H:%M", &time)};
}

Windows windows(std::string_view text) {
  auto parsed = Windows::parse(text);
  EXPECT_TRUE(parsed) << text;
  return parsed ? *parsed : Windows{};
}

std::string next(const Windows& windows, const std::string& now) {
  return shown(windows.next_opening(utc(now)));
}

TEST(WindowsTest, WithoutAnyItIsAlwaysOpen) {
  const Windows none;
  EXPECT_TRUE(none.open(utc("2026-11-24 17:00")));
  EXPECT_EQ(next(none, "2026-11-24 17:00"), "2026-11-24 17:00");
}

TEST(WindowsTest, OpensAndClosesByTheWallClockOfItsZone) {
  const Windows weekend = windows("Sat..Sun 01:00-05:00 Europe/Brussels");
  EXPECT_FALSE(weekend.open(utc("2026-11-27 23:59")));  // Saturday 00:59 there
  EXPECT_TRUE(weekend.open(utc("2026-11-28 00:00")));
  EXPECT_TRUE(weekend.open(utc("2026-11-28 03:59")));
  EXPECT_FALSE(weekend.open(utc("2026-11-28 04:00")));
  EXPECT_TRUE(weekend.open(utc("2026-11-29 02:00")));
  EXPECT_FALSE(weekend.open(utc("2026-11-30 02:00")));  // Monday
  EXPECT_EQ(next(weekend, "2026-11-24 17:00"), "2026-11-28 00:00");
  EXPECT_EQ(next(weekend, "2026-11-28 00:30"), "2026-11-28 00:30");
  EXPECT_EQ(next(weekend, "2026-11-28 04:00"), "2026-11-29 00:00");
  EXPECT_EQ(next(weekend, "2026-07-03 12:00"), "2026-07-03 23:00") << "summer time is two hours ahead";
}

TEST(WindowsTest, ANightBelongsToTheDayItStartsOn) {
  const Windows night = windows("Fri 22:00-04:00 UTC");
  EXPECT_TRUE(night.open(utc("2026-11-27 22:00")));
  EXPECT_TRUE(night.open(utc("2026-11-28 03:59")));
  EXPECT_FALSE(night.open(utc("2026-11-28 04:00")));
  EXPECT_FALSE(night.open(utc("2026-11-28 22:30")));
  EXPECT_FALSE(night.open(utc("2026-11-27 03:00"))) << "the night of Thursday";
  EXPECT_EQ(next(night, "2026-11-28 04:00"), "2026-12-04 22:00");
}

TEST(WindowsTest, DaysMayBeListedAndRangesWrap) {
  const Windows some = windows("Sat..Mon,Wed 10:00-11:00 UTC");
  const std::string days[] = {"2026-11-28", "2026-11-29", "2026-11-30", "2026-12-01", "2026-12-02", "2026-12-03"};
  const bool open[] = {true, true, true, false, true, false};
  for (std::size_t i = 0; i < std::size(days); ++i) EXPECT_EQ(some.open(utc(days[i] + " 10:30")), open[i]) << days[i];
  const Windows daily = windows("10:00-11:00 UTC");
  for (const std::string& day : days) EXPECT_TRUE(daily.open(utc(day + " 10:30")));
  EXPECT_TRUE(windows("00:00-24:00 UTC").open(utc("2026-11-28 23:59")));
}

TEST(WindowsTest, SeveralAreOpenWhereAnyIs) {
  const Windows two = windows("Sat 01:00-02:00 UTC; Tue 20:00-21:00 America/New_York");
  EXPECT_EQ(next(two, "2026-11-24 17:00"), "2026-11-25 01:00");
  EXPECT_EQ(next(two, "2026-11-25 02:00"), "2026-11-28 01:00");
  EXPECT_EQ(two.text(), "Sat 01:00-02:00 UTC; Tue 20:00-21:00 America/New_York");
}

// Brussels, 29 March 2026: 02:00 becomes 03:00 at 01:00 UTC.
TEST(WindowsTest, WhereTheClockJumpsAheadWhatLiesWithinDoesNotOpen) {
  const Windows within = windows("Sun 02:00-03:00 Europe/Brussels");
  EXPECT_EQ(next(within, "2026-03-28 12:00"), "2026-04-05 00:00") << "a week later";
  for (int minute = 0; minute < 24 * 60; ++minute) {
    EXPECT_FALSE(within.open(utc("2026-03-29 00:00") + static_cast<std::uint64_t>(minute) * 60'000'000)) << minute;
  }
  const Windows over = windows("Sun 01:00-05:00 Europe/Brussels");
  EXPECT_EQ(next(over, "2026-03-28 12:00"), "2026-03-29 00:00");
  EXPECT_TRUE(over.open(utc("2026-03-29 02:59")));  // 04:59 there
  EXPECT_FALSE(over.open(utc("2026-03-29 03:00")));
  const Windows from_within = windows("Sun 02:30-05:00 Europe/Brussels");
  EXPECT_EQ(next(from_within, "2026-03-28 12:00"), "2026-03-29 01:00") << "at the jump";
}

// Brussels, 25 October 2026: 03:00 becomes 02:00 at 01:00 UTC.
TEST(WindowsTest, WhereTheClockIsPutBackWhatIsOpenIsOpenTwice) {
  const Windows part = windows("Sun 01:00-02:30 Europe/Brussels");
  EXPECT_TRUE(part.open(utc("2026-10-25 00:29")));  // 02:29, the first time
  EXPECT_FALSE(part.open(utc("2026-10-25 00:30")));
  EXPECT_EQ(next(part, "2026-10-25 00:30"), "2026-10-25 01:00") << "02:00, the second time";
  EXPECT_TRUE(part.open(utc("2026-10-25 01:29")));
  EXPECT_FALSE(part.open(utc("2026-10-25 01:30")));
  const Windows whole = windows("Sun 02:00-03:00 Europe/Brussels");
  EXPECT_EQ(next(whole, "2026-10-24 12:00"), "2026-10-25 00:00");
  EXPECT_TRUE(whole.open(utc("2026-10-25 01:59"))) << "two hours long";
}

// Whatever is asked: the next opening is open, and nothing before it is.
TEST(WindowsTest, TheNextOpeningIsTheFirstOpenMinute) {
  const std::string texts[] = {"Sun 01:00-02:30 Europe/Brussels", "Sat 23:30-00:15 America/St_Johns",
                               "02:15-02:45 Australia/Lord_Howe", "Mon..Fri 22:00-04:00 Europe/Brussels",
                               "Sun 02:30-05:00 Europe/Brussels; Sun 00:10-00:20 UTC"};
  constexpr std::uint64_t kMinute = 60'000'000;
  for (const std::string& text : texts) {
    const Windows some = windows(text);
    for (const char* first : {"2026-03-27 00:00", "2026-04-03 00:00", "2026-10-02 00:00", "2026-10-23 00:00"}) {
      std::uint64_t known = 0;  // found by going on minute by minute from the end
      for (std::uint64_t at = utc(first) + 12 * 1440 * kMinute; at >= utc(first); at -= kMinute) {
        if (some.open(at)) known = at;
        if (known == 0 || at % (7 * kMinute) != 0) continue;
        ASSERT_EQ(some.next_opening(at), known) << text << " at " << shown(at);
      }
    }
  }
}

TEST(WindowsTest, WhatIsMalformedIsRefused) {
  for (const char* text : {"",
                           " ",
                           ";",
                           "01:00-05:00",
                           "01:00-05:00 ",
                           "Sat 01:00-05:00",
                           "Sat 01:00-05:00 Nowhere/Land",
                           "Sat UTC",
                           "Sat 1:00-5:00 UTC",
                           "Sat 01:00-24:01 UTC",
                           "24:00-01:00 UTC",
                           "01:60-02:00 UTC",
                           "01:00-01:00 UTC",
                           "Sam 01:00-02:00 UTC",
                           "sat 01:00-02:00 UTC",
                           "Sat.. 01:00-02:00 UTC",
                           "Sat, 01:00-02:00 UTC",
                           "Sat..Sun..Mon 01:00-02:00 UTC",
                           "Sat 01:00-02:00-03:00 UTC",
                           "01:00-02:00 ../../etc/passwd",
                           "01:00-02:00 UTC; ",
                           "Sat 01:00 02:00 UTC",
                           "Sat 01:00-02:00 UTC extra"}) {
    EXPECT_FALSE(Windows::parse(text)) << text;
  }
  EXPECT_FALSE(Windows::parse(std::string(2000, 'x')));
}

TEST(WindowsTest, ManyThreadsMayAsk) {
  const Windows some = windows("Sun 01:00-02:30 Europe/Brussels; 03:00-04:00 Asia/Tokyo");
  std::vector<std::jthread> threads;
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([&] {
      for (int n = 0; n < 500; ++n) {
        EXPECT_EQ(some.next_opening(utc("2026-10-25 00:30")), utc("2026-10-25 01:00"));
      }
    });
  }
}

}  // namespace
}  // namespace sluis::gateway
