#include "gateway/keys/periods.h"

#include <gmock/gmock.h>

#include <boost/json.hpp>

#include "tests/unit/gateway_records/world.h"

namespace sluis::gateway::test {
namespace {

using std::chrono::hours;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

constexpr std::uint64_t kDayUs = std::uint64_t{86'400} * 1'000'000;

class PeriodsTest : public World {
 protected:
  static std::vector<PeriodSetting> days(int rotate_every, int destroy_after = 30) {
    Period period;
    if (rotate_every > 0) period.rotate_every = hours(24 * rotate_every);
    period.destroy_after = hours(24 * destroy_after);
    return {{"records/a", period, {}}};
  }
  Periods::Answer settle(const std::vector<PeriodSetting>& settings) {
    Documents documents(store(), keyring().governance());
    auto answer = Periods(documents).settle(settings, now_us);
    EXPECT_TRUE(answer);
    return answer ? *answer : Periods::Answer{};
  }
  Status approve(int rotate_every) {
    Documents documents(store(), keyring().governance());
    return Periods(documents).approve("records/a", days(rotate_every)[0].period, "olivia", now_us);
  }
  std::uint64_t now_us = 1000 * kDayUs;
};

TEST_F(PeriodsTest, WhatIsConfiguredFirstIsInForce) {
  const auto answer = settle(days(365));
  EXPECT_THAT(answer.refused, IsEmpty());
  EXPECT_THAT(answer.changed, ElementsAre("records/a: rotate_every no limit -> 365d"));
  EXPECT_THAT(settle(days(365)).changed, IsEmpty());
}

TEST_F(PeriodsTest, RaisingIsFreeAndLoweringNeedsApproval) {
  settle(days(365));
  EXPECT_THAT(settle(days(400)).changed, ElementsAre("records/a: rotate_every 365d -> 400d"));
  EXPECT_THAT(settle(days(365)).refused, ElementsAre(HasSubstr("records/a: rotate_every is lowered"))) << "back down";
  EXPECT_THAT(settle(days(400)).refused, IsEmpty()) << "what was refused changed nothing";
  EXPECT_THAT(settle(days(400, 7)).refused, ElementsAre(HasSubstr("destroy_after")));
}

TEST_F(PeriodsTest, AnApprovalHoldsForNoLessThanItSays) {
  settle(days(365));
  ASSERT_TRUE(approve(180));
  EXPECT_FALSE(settle(days(179)).refused.empty());
  EXPECT_FALSE(settle(days(180, 7)).refused.empty()) << "another member was not approved";
  EXPECT_THAT(settle(days(180)).changed, ElementsAre("records/a: rotate_every 365d -> 180d"));
  settle(days(365));
  EXPECT_FALSE(settle(days(180)).refused.empty()) << "an approval is used once";
}

TEST_F(PeriodsTest, AnApprovalEnds) {
  settle(days(365));
  ASSERT_TRUE(approve(180));
  now_us += kApprovalDays * kDayUs;
  EXPECT_FALSE(settle(days(180)).refused.empty());
}

TEST_F(PeriodsTest, LeavingAPeriodOutIsNoWayAroundIt) {
  settle(days(365, 90));
  EXPECT_THAT(settle({}).refused, ElementsAre(HasSubstr("destroy_after"))) << "30 days is what counts without one";
  settle(days(0, 90));
  EXPECT_THAT(settle(days(10, 90)).refused, ElementsAre(HasSubstr("rotate_every"))) << "from no limit to one";
}

TEST_F(PeriodsTest, NothingIsChangedWhereAnythingIsRefused) {
  auto settings = days(365);
  settings.push_back({"master", {}, {}});
  settle(settings);
  settings[0].period.rotate_every = hours(24);
  settings[1].period.destroy_after = hours(24 * 90);
  EXPECT_EQ(settle(settings).refused.size(), 1U);
  settings[0].period.rotate_every = hours(24 * 365);
  EXPECT_EQ(settle(settings).changed.size(), 1U) << "the raise had not been taken";
}

TEST_F(PeriodsTest, DocumentsThatWereEditedAreRefused) {
  settle(days(365));
  sql("update documents set body = replace(body, '365d', '1d')");
  Documents documents(store(), keyring().governance());
  EXPECT_EQ(Periods(documents).settle(days(1), now_us).error().code, Code::corrupt);
}

TEST_F(PeriodsTest, ThereIsNothingToLowerWhereNothingIsInForce) {
  EXPECT_EQ(approve(180).error().code, Code::not_found);
}

class DocumentsTest : public World {};

TEST_F(DocumentsTest, AreKeptBySealAndRevision) {
  Documents documents(store(), keyring().governance());
  EXPECT_EQ(documents.get("job", "a").error().code, Code::not_found);
  const auto first = documents.put("job", "a", {{"x", 1}}, Documents::kNew);
  ASSERT_TRUE(first);
  EXPECT_EQ(documents.put("job", "a", {{"x", 2}}, Documents::kNew).error().code, Code::conflict);
  const auto second = documents.put("job", "a", {{"x", 2}}, *first);
  ASSERT_TRUE(second);
  EXPECT_GT(*second, *first);
  EXPECT_EQ(documents.put("job", "a", {{"x", 3}}, *first).error().code, Code::conflict);
  const auto found = documents.get("job", "a");
  ASSERT_TRUE(found);
  EXPECT_EQ(found->body.at("x").as_int64(), 2);
  EXPECT_EQ(found->revision, *second);
  ASSERT_TRUE(documents.put("job", "b", {}, Documents::kNew));
  EXPECT_EQ(documents.list("job", "", 10)->size(), 2U);
  EXPECT_EQ(documents.list("job", "a", 10)->at(0).name, "b");
  EXPECT_TRUE(documents.list("backup", "", 10)->empty());
  EXPECT_EQ(documents.remove("job", "a", *first).error().code, Code::conflict);
  ASSERT_TRUE(documents.remove("job", "a", *second));
  const auto again = documents.put("job", "a", {}, Documents::kNew);
  ASSERT_TRUE(again);
  EXPECT_GT(*again, *second) << "a revision is never repeated";
}

TEST_F(DocumentsTest, EveryEditOutsideIsSeen) {
  Documents documents(store(), keyring().governance());
  ASSERT_TRUE(documents.put("job", "a", {{"x", 1}}, Documents::kNew));
  for (const std::string& change : {std::string("revision = revision + 1"), std::string("body = '{\"x\":2}'"),
                                    std::string("name = 'c'"), std::string("mac = zeroblob(32)")}) {
    sql("create table if not exists saved as select * from documents; update documents set " + change);
    EXPECT_EQ(documents.list("job", "", 10).error().code, Code::corrupt) << change;
    sql("delete from documents; insert into documents select * from saved");
    EXPECT_TRUE(documents.list("job", "", 10));
  }
  sql("update documents set kind = 'backup'");
  EXPECT_EQ(documents.get("backup", "a").error().code, Code::corrupt);
  EXPECT_EQ(documents.put("job", "big", {{"x", std::string(2U << 20U, 'x')}}, Documents::kNew).error().code,
            Code::too_large);
}

}  // namespace
}  // namespace sluis::gateway::test
