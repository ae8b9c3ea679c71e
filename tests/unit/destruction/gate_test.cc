// Promise 3, the gate: each way in which a destruction is refused, one by one, from facts in which nothing else is
// wrong.
#include <gtest/gtest.h>

#include "gateway/destruction/facts.h"

namespace sluis::gateway::destruction {
namespace {

constexpr std::uint64_t kDay = std::uint64_t{86'400} * 1'000'000;
constexpr std::uint64_t kNow = 1000 * kDay;

BackupFact good(std::uint64_t day) {
  return {"b" + std::to_string(day), day * kDay, true, true, false};
}

// Rolled over on day 900, everything since is well.
Facts sound() {
  Facts facts;
  facts.key = "records/diplomas";
  facts.version = 3;
  facts.state = store::KeyState::destruction_scheduled;
  facts.now_us = kNow;
  facts.destroy_from_us = kNow;
  facts.out_of_use_us = 900 * kDay;
  facts.backups = {{"old", 899 * kDay, false, false, true}, good(997), good(998), good(999)};
  return facts;
}

void expect_only(const Facts& facts, Obstacle obstacle, std::uint64_t count) {
  const auto found = blockers(facts);
  ASSERT_EQ(found.size(), 1U);
  EXPECT_EQ(found[0].obstacle, obstacle) << name(found[0].obstacle);
  EXPECT_EQ(found[0].count, count);
  EXPECT_FALSE(found[0].text.empty());
}

TEST(Promise3Gate, NothingStandsInTheWay) {
  EXPECT_TRUE(blockers(sound()).empty());
}

TEST(Promise3Gate, RefusedUnlessScheduled) {
  for (const auto state : {store::KeyState::active, store::KeyState::deactivated, store::KeyState::pre_active,
                           store::KeyState::compromised, store::KeyState::destroyed}) {
    Facts facts = sound();
    facts.state = state;
    expect_only(facts, Obstacle::not_scheduled, 1);
  }
}

TEST(Promise3Gate, RefusedWhileItWaits) {
  Facts facts = sound();
  facts.destroy_from_us = kNow + 1;
  expect_only(facts, Obstacle::waiting, 1);
  facts.destroy_from_us = kNow + 2 * kDay;
  expect_only(facts, Obstacle::waiting, 48);
}

TEST(Promise3Gate, RefusedWhileARecordNeedsIt) {
  Facts facts = sound();
  facts.records = 1;
  expect_only(facts, Obstacle::records, 1);
}

TEST(Promise3Gate, RefusedWhileAnAdoptedCellNeedsIt) {
  Facts facts = sound();
  facts.adopted_cells = 7;
  expect_only(facts, Obstacle::adopted_cells, 7);
}

TEST(Promise3Gate, RefusedWhileADataKeyNeedsIt) {
  Facts facts = sound();
  facts.data_keys = 1;
  expect_only(facts, Obstacle::data_keys, 1);
}

TEST(Promise3Gate, RefusedWhileABackupThatNeedsItIsKept) {
  Facts facts = sound();
  facts.backups[0].kept = true;
  expect_only(facts, Obstacle::kept_backups, 1);
}

TEST(Promise3Gate, RefusedWithTooFewNewerDrilledBackups) {
  Facts facts = sound();
  facts.backups[2].good = false;
  expect_only(facts, Obstacle::newer_backups, 1);
  facts.backups.clear();
  expect_only(facts, Obstacle::newer_backups, 3);
}

TEST(Promise3Gate, BackupsFromBeforeItWasOutOfUseDoNotCount) {
  Facts facts = sound();
  facts.out_of_use_us = 998 * kDay;
  expect_only(facts, Obstacle::newer_backups, 2);
}

TEST(Promise3Gate, BackupsThatAreGoneDoNotCount) {
  Facts facts = sound();
  facts.backups[3].kept = false;
  expect_only(facts, Obstacle::newer_backups, 1);
}

TEST(Promise3Gate, RefusedWhileABackupIsMissed) {
  Facts facts = sound();
  facts.missing_backups = {"20260101T000000000Z-00000000"};
  expect_only(facts, Obstacle::missing_backups, 1);
  facts = sound();
  facts.backups_forgotten = true;
  expect_only(facts, Obstacle::missing_backups, 1);
}

TEST(Promise3Gate, RefusedWhileSomethingIsUnknown) {
  Facts facts = sound();
  facts.unknown = {"adopted tables: the database is away"};
  expect_only(facts, Obstacle::unknown, 1);
}

TEST(Promise3Gate, EverythingIsNamedAtOnce) {
  Facts facts = sound();
  facts.records = 5;
  facts.destroy_from_us = kNow + kDay;
  facts.backups[0].kept = true;
  EXPECT_EQ(blockers(facts).size(), 3U);
}

// What a backup holds.
Generation generation() {
  Generation out;
  out.manifest.census.records["diplomas"][3] = 10;
  out.manifest.census.keys["records/diplomas"] = {{3, store::KeyState::active, 1}};
  out.state = Generation::State::made;
  return out;
}

TEST(Promise3Needs, RecordsUnderTheVersion) {
  EXPECT_TRUE(needs(generation(), "records/diplomas", 3));
  EXPECT_FALSE(needs(generation(), "records/diplomas", 2));
  EXPECT_FALSE(needs(generation(), "records/other", 3));
}

TEST(Promise3Needs, DataKeysUnderTheMaster) {
  EXPECT_TRUE(needs(generation(), "master", 1));
  EXPECT_FALSE(needs(generation(), "master", 2));
  Generation destroyed = generation();
  destroyed.manifest.census.keys["records/diplomas"][0].state = store::KeyState::destroyed;
  EXPECT_FALSE(needs(destroyed, "master", 1));
}

TEST(Promise3Needs, WhatNobodyHasCountedMayNeedAnything) {
  Generation outside = generation();
  outside.manifest.exact = false;
  EXPECT_TRUE(needs(outside, "records/other", 9));
  outside.drill = DrillResult{};
  EXPECT_TRUE(needs(outside, "records/other", 9));
  outside.drill->passed = true;
  EXPECT_FALSE(needs(outside, "records/other", 9));
  Generation making;
  EXPECT_TRUE(needs(making, "records/other", 9)) << "its row was put back to the time of its making";
}

}  // namespace
}  // namespace sluis::gateway::destruction
