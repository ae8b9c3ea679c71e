#include "gateway/lifecycle/period.h"

#include <gmock/gmock.h>

namespace sluis::gateway {
namespace {

using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::seconds;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

TEST(Durations, AreANumberAndAUnit) {
  EXPECT_EQ(*parse_duration("90s"), seconds(90));
  EXPECT_EQ(*parse_duration("45m"), minutes(45));
  EXPECT_EQ(*parse_duration("12h"), hours(12));
  EXPECT_EQ(*parse_duration("365d"), hours(24 * 365));
  EXPECT_EQ(*parse_duration("2w"), hours(24 * 14));
  EXPECT_EQ(*parse_duration("36500d"), kMaxDuration);
}

TEST(Durations, AnythingElseIsRefused) {
  for (const char* text : {"", "d", "12", "0d", "-1d", "+1d", "1 d", " 1d", "1d ", "1y", "1D", "1dd", "1.5d", "0x1d",
                           "36501d", "99999999999999999999d", "9223372036854775807w"}) {
    EXPECT_FALSE(parse_duration(text)) << text;
  }
}

TEST(Durations, AreWrittenInTheLargestUnitThatFits) {
  for (const char* text : {"365d", "36h", "90m", "61s", "1d", "1h"})
    EXPECT_EQ(duration_text(*parse_duration(text)), text);
  EXPECT_EQ(duration_text(*parse_duration("2w")), "14d");
  EXPECT_EQ(duration_text(*parse_duration("24h")), "1d");
}

TEST(Periods, LoweringIsSeenMemberByMember) {
  Period approved;
  approved.rotate_every = hours(24 * 365);
  EXPECT_THAT(lowered(approved, approved), IsEmpty());
  Period wanted = approved;
  wanted.rotate_every = hours(24 * 364);
  EXPECT_THAT(lowered(approved, wanted), ElementsAre("rotate_every"));
  EXPECT_THAT(lowered(wanted, approved), IsEmpty()) << "raising is not lowering";
  wanted = approved;
  wanted.reencrypt_within = hours(24 * 1000);
  EXPECT_THAT(lowered(approved, wanted), ElementsAre("reencrypt_within")) << "from no limit to one";
  wanted.rotate_every.reset();
  EXPECT_THAT(lowered(approved, wanted), ElementsAre("reencrypt_within"));
  EXPECT_THAT(lowered(wanted, approved), ElementsAre("rotate_every"));
  wanted.destroy_after = seconds(1);
  EXPECT_THAT(lowered(approved, wanted), ElementsAre("reencrypt_within", "destroy_after"));
}

TEST(Periods, MembersAreWhatTheirNamesSay) {
  Period period;
  std::int64_t n = 1;
  for (const PeriodMember& member : period_members()) member.set(period, seconds(n++));
  EXPECT_EQ(period, (Period{seconds(1), seconds(2), seconds(3)}));
  n = 1;
  for (const PeriodMember& member : period_members()) EXPECT_EQ(member.get(period), seconds(n++));
  for (const PeriodMember& member : period_members()) member.set(period, std::nullopt);
  EXPECT_EQ(period, Period{}) << "the waiting period has a default, not an absence";
}

}  // namespace
}  // namespace sluis::gateway
