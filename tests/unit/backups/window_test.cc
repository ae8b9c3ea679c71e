#include "gateway/backups/window.h"

#include <gtest/gtest.h>

namespace sluis::gateway {
namespace {

constexpr std::uint64_t kMinute = 60'000'000;

std::uint64_t at(std::uint64_t hours, std::uint64_t minutes) {
  return (20'000 * 24 * 60 + hours * 60 + minutes) * kMinute;
}

TEST(BackupWindow, EmptyIsAlways) {
  const auto window = BackupWindow::parse("");
  ASSERT_TRUE(window);
  EXPECT_TRUE(window->contains(0));
  EXPECT_TRUE(window->contains(at(23, 59)));
}

TEST(BackupWindow, BeginsWithItsFirstMinuteAndEndsBeforeItsLast) {
  const auto window = BackupWindow::parse("01:00-05:30");
  ASSERT_TRUE(window);
  EXPECT_FALSE(window->contains(at(0, 59)));
  EXPECT_TRUE(window->contains(at(1, 0)));
  EXPECT_TRUE(window->contains(at(5, 29)));
  EXPECT_FALSE(window->contains(at(5, 30)));
}

TEST(BackupWindow, GoesOverMidnight) {
  const auto window = BackupWindow::parse("22:00-04:00");
  ASSERT_TRUE(window);
  EXPECT_TRUE(window->contains(at(23, 0)));
  EXPECT_TRUE(window->contains(at(3, 59)));
  EXPECT_FALSE(window->contains(at(4, 0)));
  EXPECT_FALSE(window->contains(at(21, 59)));
}

TEST(BackupWindow, RefusesEverythingElse) {
  for (const char* const text : {"1:00-05:00", "01:00", "01:00-24:00", "01:60-02:00", "01:00-01:00", "01:00 05:00",
                                 "01.00-05:00", "aa:00-05:00", "01:00-05:00 "}) {
    EXPECT_FALSE(BackupWindow::parse(text)) << text;
  }
}

}  // namespace
}  // namespace sluis::gateway
