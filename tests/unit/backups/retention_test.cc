#include "gateway/backups/retention.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace sluis::gateway {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using State = Generation::State;

// One a day: 'g' good, 'd' not tried yet, 'b' its drill failed, 'f' not made, 'e' expired, 'o' good but made outside.
std::vector<Generation> days(std::string_view kinds) {
  std::vector<Generation> out;
  for (const char kind : kinds) {
    Generation& each = out.emplace_back();
    each.manifest.created_us = out.size() * 86'400'000'000;
    each.state = kind == 'f' ? State::failed : kind == 'e' ? State::expired : State::made;
    if (kind == 'o') each.place = Generation::Place::outside;
    if (kind != 'd' && kind != 'f') each.drill = DrillResult{kind != 'b', 0, 0, 0, 0, ""};
  }
  return out;
}

TEST(Retention, KeepsTheNewestGoodOnes) {
  EXPECT_THAT(to_expire(days("gggg"), 3), ElementsAre(0));
  EXPECT_THAT(to_expire(days("ggggg"), 3), ElementsAre(0, 1));
  EXPECT_THAT(to_expire(days("ggg"), 3), IsEmpty());
}

TEST(Retention, NothingExpiresWhileTooFewAreGood) {
  EXPECT_THAT(to_expire(days("ggbbbbddddff"), 3), IsEmpty());
  EXPECT_THAT(to_expire(days("bbbb"), 3), IsEmpty());
  EXPECT_THAT(to_expire(days(""), 3), IsEmpty());
}

TEST(Retention, WhatDidNotPassDoesNotCountAndGoesOnceItIsOlder) {
  EXPECT_THAT(to_expire(days("ggbgb"), 2), ElementsAre(0));
  EXPECT_THAT(to_expire(days("bgdgg"), 3), ElementsAre(0));
  EXPECT_THAT(to_expire(days("gbdggg"), 3), ElementsAre(0, 1, 2));
}

TEST(Retention, WhatIsGoneIsNotExpiredAgain) {
  EXPECT_THAT(to_expire(days("efggg"), 3), IsEmpty());
}

TEST(Retention, OneMadeOutsideCountsButNeverExpiresByItself) {
  EXPECT_THAT(to_expire(days("ogggg"), 3), ElementsAre(1));
  EXPECT_THAT(to_expire(days("ggoo"), 2), ElementsAre(0, 1));
}

TEST(Retention, ByHandOnlyWhatNeedNotBeKept) {
  const auto generations = days("gbgge");
  EXPECT_TRUE(may_expire(generations, 0, 2));
  EXPECT_TRUE(may_expire(generations, 1, 2));
  EXPECT_FALSE(may_expire(generations, 2, 2));
  EXPECT_FALSE(may_expire(generations, 3, 2));
  EXPECT_FALSE(may_expire(generations, 4, 2));
  EXPECT_FALSE(may_expire(days("gg"), 0, 3));
}

}  // namespace
}  // namespace sluis::gateway
