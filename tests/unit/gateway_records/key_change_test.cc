// What a change of a collection's key means to calls on its records, on the gateway that made it and on another.
#include <gmock/gmock.h>

#include "gateway/keys/key_admin.h"
#include "gateway/records/seal_again.h"
#include "tests/unit/gateway_records/world.h"

namespace sluis::gateway::test {
namespace {

constexpr std::string_view kDocument = R"({"name":"Ann","nrn":"85.07.30-033.28","awarded":"2020"})";
constexpr std::string_view kKey = "records/diplomas";

class KeyChangeTest : public World {
 protected:
  void SetUp() override {
    World::SetUp();
    ASSERT_EQ(put({.id = "d1", .body = std::string(kDocument)}).status, 201U);
    other_keyring_ = new_keyring();
    admin_ = std::make_unique<KeyAdmin>(
        store(), token(), *other_keyring_, [](audit::Event) {}, [this] { return ++now_us_; });
  }
  // Another gateway rolls the key over.
  void roll_over() {
    const auto made = admin_->begin_version(kKey, "olivia");
    ASSERT_TRUE(made);
    ASSERT_TRUE(admin_->activate(kKey, *made, "olivia"));
  }
  std::uint32_t version_of(const std::string& id) { return store().get("diplomas", id)->key_version; }
  KeyAdmin& admin() { return *admin_; }

 private:
  std::unique_ptr<Keyring> other_keyring_;
  std::unique_ptr<KeyAdmin> admin_;
  std::uint64_t now_us_ = std::uint64_t{1'770'000'000} * 1'000'000;
};

TEST_F(KeyChangeTest, APreActiveVersionIsSearchedByButSealsNothing) {
  ASSERT_TRUE(admin().begin_version(kKey, "olivia"));
  passed = std::chrono::seconds(6);
  ASSERT_EQ(put({.id = "d2", .body = std::string(kDocument)}).status, 201U);
  EXPECT_EQ(version_of("d2"), 1U);
  EXPECT_EQ(keyring().open(kKey).operator*()->versions().size(), 2U);
}

TEST_F(KeyChangeTest, AWriteThatTheStoreRefusesAsOutOfUseIsSealedAgain) {
  roll_over();
  ASSERT_TRUE(store().raise_floor("diplomas", 2));
  const Ask ask{.id = "d2", .body = std::string(kDocument)};
  EXPECT_EQ(put(ask).status, 201U) << "this gateway still believed in version 1";
  EXPECT_EQ(version_of("d2"), 2U);
  const auto document = json_of_reply(get({.id = "d2"}));
  EXPECT_EQ(document.at("name").as_string(), "Ann");
  EXPECT_EQ(json_of_reply(search({.body = R"({"match":{"name":"Ann"}})"})).at("records").as_array().size(), 2U);
}

TEST_F(KeyChangeTest, AReplacementIsSealedAgainToo) {
  roll_over();
  ASSERT_TRUE(store().raise_floor("diplomas", 2));
  EXPECT_EQ(put({.id = "d1", .body = std::string(kDocument)}).status, 204U);
  EXPECT_EQ(version_of("d1"), 2U);
}

TEST_F(KeyChangeTest, APatchIsSealedAgainToo) {
  roll_over();
  ASSERT_TRUE(store().raise_floor("diplomas", 2));
  EXPECT_EQ(patch({.id = "d1", .body = R"({"awarded":"2021"})"}).status, 204U);
  EXPECT_EQ(version_of("d1"), 2U);
  EXPECT_EQ(json_of_reply(get({.id = "d1"})).at("awarded").as_string(), "2021");
}

TEST_F(KeyChangeTest, AFloorThatNoVersionReachesIsABusyStore) {
  ASSERT_TRUE(store().raise_floor("diplomas", 9));
  EXPECT_EQ(put({.id = "d2", .body = std::string(kDocument)}).status, 503U);
  EXPECT_EQ(patch({.id = "d1", .body = R"({"awarded":"2021"})"}).status, 503U);
}

// The other gateway writes under version 2 while this one still asks for the terms of version 1 alone.
TEST_F(KeyChangeTest, ASearchThatWasOvertakenByAKeyIsMadeAgain) {
  roll_over();
  store().after_search = [&] {
    // By now the row is no longer believed, and a record has come under version 2.
    passed = std::chrono::seconds(6);
    ASSERT_EQ(put({.id = "d2", .body = std::string(kDocument)}).status, 201U);
    ASSERT_EQ(version_of("d2"), 2U);
  };
  const auto found = json_of_reply(search({.body = R"({"match":{"name":"Ann"}})"}));
  EXPECT_EQ(found.at("records").as_array().size(), 2U);
}

TEST_F(KeyChangeTest, ASearchWithAFreshSetIsMadeOnce) {
  const int before = store().searches;
  ASSERT_EQ(search({.body = R"({"match":{"name":"Ann"}})"}).status, 200U);
  EXPECT_EQ(store().searches, before + 1);
}

TEST_F(KeyChangeTest, SealingAgainKeepsWhatARecordSays) {
  const auto target = std::make_shared<const Collection>(diplomas());
  ASSERT_TRUE(admin().begin_version(kKey, "olivia"));
  passed = std::chrono::seconds(6);
  const auto keys = keyring().open(kKey);
  ASSERT_TRUE(keys);
  store::Record record = *store().get("diplomas", "d1");
  const store::Record before = record;
  ASSERT_TRUE(seal_again(target, *(*keys)->find(1), (*keys)->find(2), record));
  EXPECT_EQ(record.key_version, 2U);
  EXPECT_EQ(record.revision, before.revision);
  EXPECT_EQ(record.id, before.id);
  EXPECT_EQ(record.open_fields, before.open_fields);
  EXPECT_NE(record.envelope, before.envelope);
  EXPECT_EQ(record.terms.size(), 2U);
  store::Record damaged = before;
  damaged.envelope.back() ^= 1U;
  EXPECT_EQ(seal_again(target, *(*keys)->find(1), (*keys)->find(2), damaged).error().code, Code::corrupt);
  EXPECT_EQ(damaged.key_version, 1U) << "unchanged";
}

}  // namespace
}  // namespace sluis::gateway::test
