#include "audit/moment.h"

#include <gtest/gtest.h>

namespace sluis::audit {
namespace {

std::string text_of(std::uint64_t time_us) {
  const auto text = moment_text(time_us);
  return {text.data(), text.size()};
}

TEST(Moment, IsWrittenAsRfc3339InUtcWithMicroseconds) {
  EXPECT_EQ(text_of(0), "1970-01-01T00:00:00.000000Z");
  EXPECT_EQ(text_of(951'782'399'999'999), "2000-02-28T23:59:59.999999Z");
  EXPECT_EQ(text_of(951'782'400'000'000), "2000-02-29T00:00:00.000000Z");
  EXPECT_EQ(text_of(1'793'882'096'123'456), "2026-11-05T12:34:56.123456Z");
  EXPECT_EQ(text_of(kTimeLimitUs - 1), "9999-12-31T23:59:59.999999Z");
}

TEST(Moment, IsReadBackAsItWasWritten) {
  for (std::uint64_t time = 0; time < kTimeLimitUs; time += kTimeLimitUs / 9973) {
    const auto read = parse_moment(text_of(time));
    ASSERT_TRUE(read) << text_of(time);
    EXPECT_EQ(*read, time);
  }
}

TEST(Moment, RefusesEveryOtherSpelling) {
  for (const char* text :
       {"", "2026-11-05T12:34:56Z", "2026-11-05t12:34:56.123456Z", "2026-11-05T12:34:56.123456z",
        "2026-11-05T12:34:56.123456+", "2026-13-05T12:34:56.123456Z", "2026-02-30T12:34:56.123456Z",
        "2026-11-05T24:00:00.000000Z", "2026-11-05T12:60:00.000000Z", "2026-11-05T12:34:60.000000Z",
        "1969-12-31T23:59:59.999999Z", "2026-11-05T12:34:5 .123456Z", "-026-11-05T12:34:56.123456Z"}) {
    EXPECT_FALSE(parse_moment(text)) << text;
  }
}

TEST(Moment, BelongsToTheMonthInUtc) {
  EXPECT_EQ(name(period_of(0)), "1970-01");
  EXPECT_EQ(name(period_of(1'793'882'096'123'456)), "2026-11");
  EXPECT_EQ(name(period_of(1'798'761'599'999'999)), "2026-12");
  EXPECT_EQ(name(period_of(1'798'761'600'000'000)), "2027-01");
  EXPECT_EQ(period_of(1'798'761'600'000'000).months, period_of(1'798'761'599'999'999).months + 1);
}

}  // namespace
}  // namespace sluis::audit
