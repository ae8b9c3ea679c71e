#include "gateway/keys/key_watch.h"

#include <gmock/gmock.h>

namespace sluis::gateway {
namespace {

using State = store::KeyState;
using std::chrono::hours;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

constexpr std::uint64_t kDayUs = std::uint64_t{86'400} * 1'000'000;
constexpr std::uint64_t kNow = 1000 * kDayUs;

VersionFacts version(std::uint32_t number, State state, std::uint64_t activated_day,
                     std::uint64_t deactivated_day = 0) {
  VersionFacts out;
  out.version = number;
  out.state = state;
  out.activated_us = activated_day * kDayUs;
  out.deactivated_us = deactivated_day * kDayUs;
  return out;
}

KeyFacts key(std::vector<VersionFacts> versions) {
  KeyFacts out;
  out.name = "records/diplomas";
  out.versions = std::move(versions);
  return out;
}

Period year() {
  Period period;
  period.rotate_every = hours(24 * 365);
  period.reencrypt_within = hours(24 * 30);
  return period;
}

TEST(KeyWatch, AVersionInUseForLongerThanItsPeriodIsOverdue) {
  const KeyFacts facts = key({version(1, State::active, 600)});
  EXPECT_THAT(overdue(facts, year(), kNow),
              ElementsAre("version 1 of records/diplomas has been in use for 400 days; its period is 365d"));
  EXPECT_TRUE(rotation_due(facts, year(), kNow));
  EXPECT_THAT(overdue(facts, Period{}, kNow), IsEmpty()) << "no period, no alarm";
  EXPECT_FALSE(rotation_due(facts, Period{}, kNow));
  const KeyFacts young = key({version(1, State::active, 900)});
  EXPECT_THAT(overdue(young, year(), kNow), IsEmpty());
  EXPECT_FALSE(rotation_due(young, year(), kNow));
}

TEST(KeyWatch, DueAtTheEndOfThePeriodAndOverdueAfterIt) {
  const KeyFacts facts = key({version(1, State::active, 635)});
  EXPECT_TRUE(rotation_due(facts, year(), kNow));
  EXPECT_THAT(overdue(facts, year(), kNow), IsEmpty());
  EXPECT_FALSE(rotation_due(facts, year(), kNow - 1'000'000));
  EXPECT_FALSE(overdue(facts, year(), kNow + 1'000'000).empty());
}

TEST(KeyWatch, DataUnderAnOldVersionIsOverdueUntilItIsFoundEmpty) {
  KeyFacts facts = key({version(1, State::deactivated, 600, 900), version(2, State::active, 900)});
  EXPECT_THAT(overdue(facts, year(), kNow), ElementsAre(HasSubstr("was replaced 100 days ago")));
  facts.versions[0].emptied_us = 950 * kDayUs;
  EXPECT_THAT(overdue(facts, year(), kNow), IsEmpty());
  facts.versions[0].emptied_us = 0;
  facts.versions[0].state = State::destroyed;
  EXPECT_THAT(overdue(facts, year(), kNow), IsEmpty());
}

TEST(KeyWatch, ACompromisedVersionIsAnAlarmWhateverThePeriod) {
  KeyFacts facts = key({version(1, State::compromised, 990, 999), version(2, State::active, 999)});
  EXPECT_THAT(overdue(facts, Period{}, kNow), ElementsAre(HasSubstr("is compromised")));
  facts.versions[0].emptied_us = kNow;
  EXPECT_THAT(overdue(facts, Period{}, kNow), IsEmpty());
}

TEST(KeyWatch, APreActiveVersionIsNoData) {
  const KeyFacts facts = key({version(1, State::active, 990), version(2, State::pre_active, 0)});
  EXPECT_THAT(overdue(facts, year(), kNow), IsEmpty());
}

TEST(PeriodSettings, TheKeysOwnSettingGoesBeforeTheLongestPattern) {
  std::vector<PeriodSetting> settings{
      {"transit/*", {}, {}}, {"transit/pay*", {}, {}}, {"transit/orders", {}, {}}, {"master", {}, {}}};
  EXPECT_EQ(setting_of(settings, "transit/orders")->name, "transit/orders");
  EXPECT_EQ(setting_of(settings, "transit/other")->name, "transit/*");
  EXPECT_EQ(setting_of(settings, "master")->name, "master");
  EXPECT_EQ(setting_of(settings, "records/a"), nullptr);
  EXPECT_EQ(setting_of(settings, "transit-import/wrapping-key"), nullptr);
}

}  // namespace
}  // namespace sluis::gateway
