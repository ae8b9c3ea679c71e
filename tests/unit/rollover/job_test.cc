// Jobs: what state may follow what, what their documents hold, what people see.
#include <gtest/gtest.h>

#include <boost/json.hpp>

#include "gateway/rollover/job.h"

namespace sluis::gateway::rollover {
namespace {

Job some_job() {
  Job job;
  job.id = "20261124-171530-1f3a09c2";
  job.trigger = Trigger::compromise;
  job.state = State::sweeping;
  job.reason = "yearly \"new\" key";
  job.requester = "officer-1";
  job.approval = "a-1";
  job.gateway = "gateway-2";
  job.epoch = 7;
  job.created_us = 1;
  job.started_us = 2;
  job.updated_us = 3;
  job.speed = 100;
  job.throttle = {500, 40};
  Step& step = job.steps.emplace_back();
  step.target = {Kind::collection, "diplomas"};
  step.progress = {2, 1, 1000, 250, 3, 2, 255, "d-1", "d-9"};
  return job;
}

TEST(Job, ComesBackFromItsDocument) {
  Job job = some_job();
  job.full = true;
  job.steps.push_back({{Kind::master, ""}, {}, true});
  job.current = 1;
  const auto back = job_of(job.id, body_of(job));
  ASSERT_TRUE(back);
  EXPECT_EQ(boost::json::serialize(body_of(*back)), boost::json::serialize(body_of(job)));
  EXPECT_EQ(back->steps[0].progress.ahead, "d-9");
  EXPECT_EQ(back->steps[1].target.kind, Kind::master);
  EXPECT_TRUE(back->steps[1].done);
}

TEST(Job, ADocumentThatLacksAnythingIsCorrupt) {
  const boost::json::object body = body_of(some_job());
  for (const auto& member : body) {
    boost::json::object less = body;
    less.erase(member.key());
    const auto read = job_of("1", less);
    ASSERT_FALSE(read) << member.key();
    EXPECT_EQ(read.error().code, Code::corrupt);
    boost::json::object other = body;
    other[member.key()] = nullptr;
    EXPECT_FALSE(job_of("1", other)) << member.key();
  }
  boost::json::object body2 = body;
  body2["state"] = "asleep";
  EXPECT_FALSE(job_of("1", body2));
  body2 = body;
  body2["steps"].as_array()[0].as_object()["cursor"] = 5;
  EXPECT_FALSE(job_of("1", body2));
}

TEST(Job, WhatHasEndedStaysSo) {
  for (const State from : {State::cancelled, State::finished, State::finished_with_faults, State::failed}) {
    EXPECT_TRUE(ended(from));
    for (unsigned to = 0; to <= static_cast<unsigned>(State::failed); ++to) {
      EXPECT_EQ(may_follow(from, static_cast<State>(to)), static_cast<State>(to) == from);
    }
  }
}

TEST(Job, TheWayOfAJob) {
  EXPECT_TRUE(may_follow(State::queued, State::preparing));
  EXPECT_TRUE(may_follow(State::preparing, State::sweeping));
  EXPECT_TRUE(may_follow(State::sweeping, State::verifying));
  EXPECT_TRUE(may_follow(State::verifying, State::sweeping));
  EXPECT_TRUE(may_follow(State::verifying, State::finished));
  EXPECT_TRUE(may_follow(State::paused, State::queued));
  EXPECT_FALSE(may_follow(State::paused, State::sweeping));
  EXPECT_FALSE(may_follow(State::paused, State::finished));
  EXPECT_FALSE(may_follow(State::sweeping, State::finished));  // not without a full scan
  EXPECT_FALSE(may_follow(State::preparing, State::verifying));
  for (const State from : {State::queued, State::preparing, State::sweeping, State::verifying, State::paused}) {
    EXPECT_TRUE(may_follow(from, State::cancelled));
    EXPECT_EQ(runnable(from), from != State::paused);
  }
}

TEST(Job, WhatPeopleSee) {
  const boost::json::object seen = shown(some_job());
  EXPECT_EQ(seen.at("kind"), "collection");
  EXPECT_EQ(seen.at("subject"), "diplomas");
  EXPECT_EQ(seen.at("left").to_number<int>(), 750);
  EXPECT_EQ(seen.at("seconds_left").to_number<int>(), 8);
  EXPECT_EQ(boost::json::serialize(seen).find("d-1"), std::string::npos);  // no record's id
}

TEST(Job, OverlapsWithTheSameThingAndWithAFullOne) {
  const Job one = some_job();
  Job other = some_job();
  EXPECT_TRUE(overlap(one, other));
  other.steps[0].target.subject = "people";
  EXPECT_FALSE(overlap(one, other));
  other.full = true;
  EXPECT_TRUE(overlap(one, other));
}

TEST(Job, IdsSortByTime) {
  const auto first = make_job_id(1'000'000'000'000'000);
  const auto second = make_job_id(1'000'000'001'000'000);
  ASSERT_TRUE(first && second);
  EXPECT_LT(*first, *second);
  EXPECT_TRUE(valid_job_id(*first));
  EXPECT_FALSE(valid_job_id(""));
  EXPECT_FALSE(valid_job_id("../x"));
  EXPECT_FALSE(valid_job_id(std::string(65, '1')));
}

}  // namespace
}  // namespace sluis::gateway::rollover
