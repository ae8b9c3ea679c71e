#include "gateway/keys/key_admin.h"

#include <gmock/gmock.h>

#include "crypto/wrap_context.h"
#include "tests/unit/gateway_records/world.h"

namespace sluis::gateway::test {
namespace {

using State = store::KeyState;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::Pair;

constexpr std::uint64_t kDayUs = std::uint64_t{86'400} * 1'000'000;

class KeyAdminTest : public World {
 protected:
  void SetUp() override {
    World::SetUp();
    admin_ = std::make_unique<KeyAdmin>(
        store(), token(), keyring(), [this](audit::Event event) { events_.push_back(std::move(event)); },
        [this] { return now_us_; });
    ASSERT_TRUE(keyring().open_or_make("records/a"));
  }
  KeyAdmin& admin() { return *admin_; }
  VersionFacts version(std::string_view name, std::uint32_t number) {
    const auto facts = admin().show(name);
    EXPECT_TRUE(facts);
    const VersionFacts* found = facts ? facts->find(number) : nullptr;
    EXPECT_NE(found, nullptr);
    return found != nullptr ? *found : VersionFacts{};
  }
  State state(std::string_view name, std::uint32_t number) { return version(name, number).state; }
  std::vector<std::string> actions() const {
    std::vector<std::string> out;
    for (const audit::Event& event : events_) out.push_back(event.action);
    return out;
  }
  // Version 2 in the place of version 1.
  void roll_over() {
    ASSERT_TRUE(admin().begin_version("records/a", "olivia"));
    ASSERT_TRUE(admin().activate("records/a", 2, "olivia"));
  }

  std::vector<audit::Event> events_;
  std::uint64_t now_us_ = std::uint64_t{1'780'000'000} * 1'000'000;

 private:
  std::unique_ptr<KeyAdmin> admin_;
};

TEST_F(KeyAdminTest, AVersionBeginsIsKnownAndThenTakesOver) {
  EXPECT_EQ(*admin().begin_version("records/a", "olivia"), 2U);
  EXPECT_EQ(*admin().begin_version("records/a", "olivia"), 2U) << "repeating it is safe";
  EXPECT_EQ(state("records/a", 2), State::pre_active);
  const auto other = new_keyring();
  auto keys = other->open("records/a");
  ASSERT_TRUE(keys);
  EXPECT_EQ((*keys)->versions().size(), 2U) << "it opens and is searched by";
  EXPECT_EQ((*keys)->sealing()->version(), 1U);
  now_us_ += kDayUs;
  ASSERT_TRUE(admin().activate("records/a", 2, "olivia"));
  ASSERT_TRUE(admin().activate("records/a", 2, "olivia")) << "no effect";
  EXPECT_EQ(state("records/a", 1), State::deactivated);
  EXPECT_EQ(version("records/a", 1).deactivated_us, now_us_);
  EXPECT_EQ(version("records/a", 2).activated_us, now_us_);
  keys = keyring().open_or_make("records/a");
  EXPECT_EQ((*keys)->sealing()->version(), 2U) << "the gateway that did it knows at once";
  EXPECT_THAT(actions(), ElementsAre("keys.begin_version", "keys.activate"));
  EXPECT_EQ(events_[0].principal, "olivia");
  EXPECT_EQ(*admin().begin_version("records/a", "olivia"), 3U);
}

TEST_F(KeyAdminTest, OtherGatewaysLearnOfAStateWithoutTheHsm) {
  const auto other = new_keyring();
  ASSERT_TRUE(admin().begin_version("records/a", "olivia"));
  ASSERT_TRUE(other->open("records/a"));
  ASSERT_TRUE(admin().activate("records/a", 2, "olivia"));
  token().away = true;
  EXPECT_EQ((*other->open("records/a"))->sealing()->version(), 1U) << "its row is believed";
  passed = std::chrono::seconds(6);
  EXPECT_EQ((*other->open("records/a"))->sealing()->version(), 2U);
}

// With rows that are believed for a moment only, since a compromise waits for that.
class CompromiseTest : public KeyAdminTest {
 protected:
  void SetUp() override {
    key_refresh = std::chrono::milliseconds(100);
    KeyAdminTest::SetUp();
  }
};

TEST_F(CompromiseTest, ACompromisedVersionIsReplacedAndGoesFirst) {
  const auto now_sealing = admin().compromise("records/a", 1, "the backup tape was lost", "olivia");
  ASSERT_TRUE(now_sealing);
  EXPECT_EQ(*now_sealing, 2U);
  EXPECT_EQ(state("records/a", 1), State::compromised);
  EXPECT_EQ(version("records/a", 1).reason, "the backup tape was lost");
  EXPECT_EQ((*keyring().open_or_make("records/a"))->sealing()->version(), 2U);
  EXPECT_TRUE((*keyring().open("records/a"))->find(1)) << "what it protects is still read";
  EXPECT_EQ(admin().compromise("records/a", 1, "again", "olivia").error().code, Code::invalid);
  EXPECT_EQ(admin().compromise("records/a", 2, std::string(501, 'x'), "olivia").error().code, Code::invalid);
  // One that seals nothing has no successor to make.
  ASSERT_TRUE(admin().begin_version("records/a", "olivia"));
  ASSERT_TRUE(admin().activate("records/a", 3, "olivia"));
  EXPECT_EQ(*admin().compromise("records/a", 2, "too", "olivia"), 3U);
  EXPECT_EQ(admin().show("records/a")->versions.size(), 3U);
}

TEST_F(KeyAdminTest, DestructionIsScheduledWaitedForAndWithdrawn) {
  EXPECT_EQ(admin().schedule_destruction("records/a", 1, 1, "olivia").error().code, Code::invalid) << "it seals";
  roll_over();
  EXPECT_EQ(admin().destroy_version("records/a", 1, "olivia").error().code, Code::conflict) << "not scheduled";
  const std::uint64_t from = now_us_ + 30 * kDayUs;
  ASSERT_TRUE(admin().schedule_destruction("records/a", 1, from, "olivia"));
  EXPECT_EQ(version("records/a", 1).destroy_from_us, from);
  EXPECT_TRUE((*keyring().open("records/a"))->find(1));
  now_us_ = from - 1;
  EXPECT_EQ(admin().destroy_version("records/a", 1, "olivia").error().code, Code::conflict) << "too early";
  ASSERT_TRUE(admin().withdraw_destruction("records/a", 1, "carl"));
  EXPECT_EQ(state("records/a", 1), State::deactivated);
  EXPECT_EQ(version("records/a", 1).destroy_from_us, 0U);
  now_us_ = from;
  EXPECT_EQ(admin().destroy_version("records/a", 1, "olivia").error().code, Code::conflict) << "withdrawn";
  ASSERT_TRUE(admin().schedule_destruction("records/a", 1, now_us_, "olivia"));
  ASSERT_TRUE(admin().destroy_version("records/a", 1, "olivia"));
  ASSERT_TRUE(admin().destroy_version("records/a", 1, "olivia")) << "repeating it is safe";
  EXPECT_EQ(state("records/a", 1), State::destroyed);
  EXPECT_EQ(version("records/a", 1).destroyed_us, now_us_);
  EXPECT_TRUE(store().get_key("records/a")->versions[0].wrapped.empty()) << "the bytes are gone";
  EXPECT_FALSE((*keyring().open("records/a"))->find(1));
  EXPECT_FALSE((*new_keyring()->open("records/a"))->find(1));
  EXPECT_THAT(actions(), Contains("keys.destroy_version"));
}

TEST_F(CompromiseTest, ACompromisedVersionIsCompromisedAgainAfterAWithdrawal) {
  roll_over();
  ASSERT_TRUE(admin().compromise("records/a", 1, "lost", "olivia"));
  ASSERT_TRUE(admin().schedule_destruction("records/a", 1, now_us_, "olivia"));
  ASSERT_TRUE(admin().withdraw_destruction("records/a", 1, "olivia"));
  EXPECT_EQ(state("records/a", 1), State::compromised);
}

TEST_F(KeyAdminTest, EmptinessIsNotedOnceAndNeverOfWhatSeals) {
  EXPECT_EQ(admin().note_emptied("records/a", 1, "sluis").error().code, Code::invalid);
  roll_over();
  ASSERT_TRUE(admin().note_emptied("records/a", 1, "sluis"));
  const std::uint64_t noted = version("records/a", 1).emptied_us;
  now_us_ += kDayUs;
  ASSERT_TRUE(admin().note_emptied("records/a", 1, "sluis"));
  EXPECT_EQ(version("records/a", 1).emptied_us, noted);
}

TEST_F(KeyAdminTest, StatesCannotBeEditedInTheStore) {
  roll_over();
  const std::string of_a = " where key_id = (select id from keys where name = 'records/a')";
  sql("update key_versions set state = 4" + of_a + " and version = 1");
  EXPECT_EQ(admin().show("records/a").error().code, Code::corrupt);
  EXPECT_EQ(admin().destroy_version("records/a", 1, "mallory").error().code, Code::corrupt);
  sql("update key_versions set state = 1" + of_a + " and version = 1");
  ASSERT_TRUE(admin().schedule_destruction("records/a", 1, now_us_ + kDayUs, "olivia"));
  sql("update documents set body = replace(body, '" + std::to_string(now_us_ + kDayUs) + "', '" +
      std::to_string(now_us_) + "')");
  EXPECT_EQ(admin().destroy_version("records/a", 1, "mallory").error().code, Code::corrupt)
      << "the end of the waiting period is sealed too";
}

TEST_F(KeyAdminTest, AKeyOfTheLogHasOneVersionAndEndsWithItsMonth) {
  ASSERT_TRUE(keyring().open_lasting("audit/2026-01"));
  ASSERT_TRUE(keyring().open_lasting("audit/2099-01"));
  EXPECT_EQ(admin().begin_version("audit/2026-01", "olivia").error().code, Code::invalid);
  EXPECT_EQ(admin().compromise("audit/2026-01", 1, "x", "olivia").error().code, Code::invalid);
  EXPECT_EQ(admin().schedule_destruction("audit/2099-01", 1, now_us_, "olivia").error().code, Code::invalid);
  ASSERT_TRUE(admin().schedule_destruction("audit/2026-01", 1, now_us_, "olivia"));
  EXPECT_TRUE(period_keys().sidecar_key("2026-01")) << "it opens until it is destroyed";
  ASSERT_TRUE(admin().destroy_version("audit/2026-01", 1, "olivia"));
  EXPECT_EQ(period_keys().sidecar_key("2026-01").error().code, Code::not_found);
}

TEST_F(KeyAdminTest, WhatIsNotThereIsNotFound) {
  EXPECT_EQ(admin().show("records/none").error().code, Code::not_found);
  EXPECT_EQ(admin().activate("records/a", 9, "olivia").error().code, Code::not_found);
  EXPECT_EQ(admin().begin_version("transit/none", "olivia").error().code, Code::not_found);
  EXPECT_EQ(admin().begin_version("transit-import/wrapping-key", "olivia").error().code, Code::invalid);
}

TEST_F(KeyAdminTest, MasterKeysFollowEachOther) {
  EXPECT_EQ(state("master", 1), State::active);
  EXPECT_EQ(*admin().begin_version("master", "olivia"), 2U);
  EXPECT_EQ(*admin().begin_version("master", "olivia"), 2U) << "nothing is under it yet";
  EXPECT_EQ(state("master", 1), State::deactivated);
  EXPECT_EQ(state("master", 2), State::active);
  ASSERT_TRUE(admin().schedule_destruction("master", 1, now_us_, "olivia"));
  EXPECT_EQ(admin().destroy_version("master", 1, "olivia").error().code, Code::conflict) << "keys are under it";
  ASSERT_TRUE(admin().rewrap(2, "", 100));
  ASSERT_TRUE(admin().rewrap_governance(2));
  EXPECT_THAT(*admin().count_masters(), ElementsAre(Pair(2, ::testing::Gt(1U))));
  ASSERT_TRUE(admin().destroy_version("master", 1, "olivia"));
  EXPECT_EQ(state("master", 1), State::destroyed);
  const auto keys = token().list();
  ASSERT_TRUE(keys);
  for (const hsm::KeyInfo& key : *keys) EXPECT_FALSE(key.kind == hsm::KeyKind::master && key.version == 1);
  EXPECT_TRUE(new_keyring()->open("records/a")) << "a gateway that starts now needs master key 2 alone";
  EXPECT_EQ(*admin().begin_version("master", "olivia"), 3U);
}

TEST_F(KeyAdminTest, RewrappingGoesPageByPageAndTheKeysStayTheSame) {
  std::map<std::string, Bytes> before;
  for (int i = 0; i < 25; ++i) {
    const std::string name = "records/k" + std::to_string(100 + i);
    const auto keys = keyring().open_or_make(name);
    ASSERT_TRUE(keys);
    const ByteView bytes = (*keys)->newest()->data_key().expose_secret();
    before[name] = {bytes.begin(), bytes.end()};
  }
  roll_over();
  ASSERT_TRUE(admin().begin_version("master", "olivia"));
  std::uint64_t rewrapped = 0;
  std::string after;
  int pages = 0;
  for (bool more = true; more; ++pages) {
    const auto page = admin().rewrap(2, after, 10);
    ASSERT_TRUE(page);
    rewrapped += page->rewrapped;
    after = page->last;
    more = page->more;
  }
  EXPECT_EQ(pages, 3);
  EXPECT_GE(rewrapped, 27U) << "both versions of records/a, and those of the log";
  EXPECT_EQ(admin().count_masters()->at(1), 1U) << "the governance key";
  ASSERT_TRUE(admin().rewrap_governance(2));
  EXPECT_THAT(*admin().count_masters(), ElementsAre(Pair(2, ::testing::_)));
  const auto again = admin().rewrap(2, "", 100);
  ASSERT_TRUE(again);
  EXPECT_EQ(again->rewrapped, 0U);
  const auto other = new_keyring();
  for (const auto& [name, bytes] : before) {
    const auto keys = other->open(name);
    ASSERT_TRUE(keys) << name;
    EXPECT_TRUE(equal_constant_time((*keys)->newest()->data_key().expose_secret(), bytes));
  }
}

TEST_F(KeyAdminTest, WhatChangesDuringARewrapIsDoneAgain) {
  ASSERT_TRUE(admin().begin_version("master", "olivia"));
  store().before_update_keys = [&] { ASSERT_TRUE(admin().begin_version("records/a", "olivia")); };
  const auto page = admin().rewrap(2, "", 100);
  ASSERT_TRUE(page);
  // The log makes the key of its period when it likes, so only this key is looked at.
  const auto facts = admin().show("records/a");
  ASSERT_TRUE(facts);
  EXPECT_EQ(facts->versions.size(), 2U);
  for (const auto& version : facts->versions) EXPECT_EQ(version.master_version, 2U);
  EXPECT_TRUE(new_keyring()->open("records/a"));
  EXPECT_EQ(state("records/a", 2), State::pre_active) << "and the other's change stands";
}

TEST_F(KeyAdminTest, AWrappedKeyDoesNotOpenInTheContextOfAnotherMaster) {
  ASSERT_TRUE(admin().begin_version("master", "olivia"));
  ASSERT_TRUE(admin().rewrap(2, "", 100));
  const store::KeyVersion row = store().get_key("records/a")->versions.at(0);
  const store::Key key = *store().get_key("records/a");
  for (const std::uint32_t said : {1U, 2U, 3U}) {
    const WrapContext context{key.name, key.id, row.version, said};
    EXPECT_EQ(static_cast<bool>(token().unwrap(2, encode(context), row.wrapped)), said == 2) << said;
  }
}

}  // namespace
}  // namespace sluis::gateway::test
