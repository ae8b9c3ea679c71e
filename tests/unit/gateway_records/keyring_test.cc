#include "gateway/keys/keyring.h"

#include <gmock/gmock.h>

#include <barrier>
#include <thread>

#include "crypto/wrap_context.h"
#include "tests/unit/gateway_records/world.h"

namespace sluis::gateway::test {
namespace {

using std::chrono::seconds;
using ::testing::ElementsAreArray;

class KeyringTest : public World {};

ByteView bytes(const OpenKey& key) {
  return key.data_key().expose_secret();
}

TEST_F(KeyringTest, MakesAKeyOnFirstUseAndSaysSo) {
  EXPECT_EQ(keyring().open("records/a").error().code, Code::not_found);
  const auto keys = keyring().open_or_make("records/a");
  ASSERT_TRUE(keys);
  EXPECT_EQ((*keys)->newest()->version(), 1U);
  EXPECT_EQ(bytes(*(*keys)->newest()).size(), 32U);
  const auto events = admin_events().take();
  const auto made = std::find_if(events.begin(), events.end(), [](const auto& e) { return e.key == "records/a"; });
  ASSERT_NE(made, events.end());
  EXPECT_EQ(made->action, "keys.create");
  EXPECT_TRUE(admin_events().take().empty());
}

TEST_F(KeyringTest, AKeyIsTheSameForEveryGateway) {
  const auto mine = keyring().open_or_make("records/a");
  const auto other = new_keyring();
  const auto theirs = other->open("records/a");
  ASSERT_TRUE(mine && theirs);
  EXPECT_THAT(bytes(*(*mine)->newest()), ElementsAreArray(bytes(*(*theirs)->newest())));
  EXPECT_EQ((*mine)->newest()->id(), (*theirs)->newest()->id());
  const auto another = keyring().open_or_make("records/b");
  EXPECT_FALSE(equal_constant_time(bytes(*(*mine)->newest()), bytes(*(*another)->newest())));
}

TEST_F(KeyringTest, WhoeverComesSecondTakesTheKeyThatIsThere) {
  const auto other = new_keyring();
  Result<Keyring::Keys> theirs = Error{Code::internal, "not yet"};
  store().before_create_key = [&] { theirs = other->open_or_make("records/a"); };
  const auto mine = keyring().open_or_make("records/a");
  ASSERT_TRUE(mine && theirs);
  EXPECT_THAT(bytes(*(*mine)->newest()), ElementsAreArray(bytes(*(*theirs)->newest())));
}

TEST_F(KeyringTest, ACachedKeyNeedsNoHsmUntilItsTimeEnds) {
  ASSERT_TRUE(keyring().open_or_make("records/a"));
  EXPECT_TRUE(keyring().cached("records/a"));
  const int before = token().unwraps;
  token().away = true;
  store().away = true;
  passed = seconds(299);
  EXPECT_TRUE(keyring().open("records/a"));
  EXPECT_FALSE(keyring().cached("records/a")) << "too close to its end for a call that may not block";
  EXPECT_EQ(token().unwraps, before);
  passed = seconds(301);
  EXPECT_EQ(keyring().open("records/a").error().code, Code::unavailable);
  store().away = false;
  EXPECT_EQ(keyring().open("records/a").error().code, Code::unavailable);
  token().away = false;
  EXPECT_TRUE(keyring().open("records/a")) << "it heals by itself";
  EXPECT_TRUE(keyring().cached("records/a"));
}

TEST_F(KeyringTest, PurgingGivesUpWhatHasExpired) {
  std::weak_ptr<const OpenKey> key;
  {
    const auto keys = keyring().open_or_make("records/a");
    ASSERT_TRUE(keys);
    key = (*keys)->newest();
  }
  keyring().purge();
  EXPECT_FALSE(key.expired());
  passed = seconds(300);
  keyring().purge();
  EXPECT_TRUE(key.expired());
}

TEST_F(KeyringTest, ExpiryUnderLoadIsOneHsmCall) {
  ASSERT_TRUE(keyring().open_or_make("records/a"));
  passed = seconds(301);
  const int before = token().unwraps;
  constexpr int kThreads = 8;
  std::barrier start(kThreads);
  std::atomic<int> served{0};
  {
    std::vector<std::jthread> threads;
    for (int i = 0; i < kThreads; ++i) {
      threads.emplace_back([&] {
        start.arrive_and_wait();
        for (int n = 0; n < 200; ++n) served += keyring().open("records/a") ? 1 : 0;
      });
    }
  }
  EXPECT_EQ(served, kThreads * 200);
  EXPECT_EQ(token().unwraps, before + 1);
}

TEST_F(KeyringTest, RowsThatWereChangedOutsideAreRefused) {
  ASSERT_TRUE(keyring().open_or_make("records/a"));
  ASSERT_TRUE(keyring().open_or_make("records/b"));
  const std::string where = " where name = 'records/a'";
  const std::string of_a = " where key_id = (select id from keys" + where + ")";
  const std::string undo = "update keys set revision = 1, attributes = '{}'" + where;
  for (const std::string& change :
       {"update keys set revision = 2" + where, "update keys set attributes = '{\"x\":1}'" + where,
        "update keys set mac = zeroblob(32)" + where, "update key_versions set state = 1" + of_a,
        "update key_versions set created_us = created_us + 1" + of_a,
        "update key_versions set wrapped = zeroblob(60)" + of_a, "delete from key_versions" + of_a}) {
    sql("create table if not exists saved_keys as select * from keys; "
        "create table if not exists saved_versions as select * from key_versions");
    sql(change);
    const auto other = new_keyring();
    const auto opened = other->open("records/a");
    ASSERT_FALSE(opened) << change;
    EXPECT_EQ(opened.error().code, Code::corrupt) << change;
    EXPECT_TRUE(other->open("records/b"));
    sql("delete from key_versions; delete from keys; insert into keys select * from saved_keys; "
        "insert into key_versions select * from saved_versions");
    EXPECT_TRUE(new_keyring()->open("records/a"));
  }
}

TEST_F(KeyringTest, ARowOfAnotherKeyDoesNotOpenUnderThisName) {
  ASSERT_TRUE(keyring().open_or_make("records/a"));
  ASSERT_TRUE(keyring().open_or_make("records/b"));
  sql("update keys set name = 'tmp' where name = 'records/a'; update keys set name = 'records/a' where name = "
      "'records/b'");
  EXPECT_EQ(new_keyring()->open("records/a").error().code, Code::corrupt);
}

TEST_F(KeyringTest, TheGovernanceKeyIsKeptAndChecked) {
  const auto fact = store().get_fact("governance-key");
  ASSERT_TRUE(fact);
  ASSERT_TRUE(keyring().open_or_make("records/a"));
  Bytes changed = *fact;
  changed.back() ^= 1U;
  ASSERT_TRUE(store().put_fact("governance-key", changed, *fact));
  Keyring other(store(), token(), {}, [](audit::Event) {});
  EXPECT_EQ(other.start().error().code, Code::corrupt);
}

// docs/records.md, "Key rows in the store", by hand.
TEST_F(KeyringTest, TheMacsAreWhatTheDocumentSays) {
  ASSERT_TRUE(keyring().open_or_make("records/a"));
  const store::Key key = *store().get_key("records/a");
  const Bytes fact = *store().get_fact("governance-key");
  WrapContext context{"governance-key", {}, 1, 1};
  std::copy(fact.begin() + 1, fact.begin() + 17, context.key_id.begin());
  const auto governance = token().unwrap(1, encode(context), ByteView(fact).subspan(25));
  ASSERT_TRUE(governance);

  const store::KeyVersion& version = key.versions.at(0);
  Bytes row;
  append_prefixed(row, bytes_of("sluis/key-version/1"));
  append_prefixed(row, bytes_of("records/a"));
  row.insert(row.end(), key.id.begin(), key.id.end());
  append_u32(row, 1);
  append_prefixed(row, bytes_of("active"));
  append_u32(row, 1);
  append_u64(row, version.created_us);
  append_prefixed(row, version.wrapped);
  EXPECT_THAT(version.mac, ElementsAreArray(hmac_sha256(governance->expose_secret(), {row})));

  Bytes whole;
  append_prefixed(whole, bytes_of("sluis/key/1"));
  append_prefixed(whole, bytes_of("records/a"));
  whole.insert(whole.end(), key.id.begin(), key.id.end());
  append_u64(whole, key.created_us);
  append_prefixed(whole, bytes_of("{}"));
  append_u64(whole, 1);
  append_u32(whole, 1);
  append_prefixed(whole, version.mac);
  EXPECT_THAT(key.mac, ElementsAreArray(hmac_sha256(governance->expose_secret(), {whole})));
}

TEST_F(KeyringTest, AnHsmWithoutMasterKeySaysWhatToDo) {
  ASSERT_TRUE(token().destroy(hsm::KeyKind::master, 1));
  Keyring other(store(), token(), {}, [](audit::Event) {});
  const Status started = other.start();
  ASSERT_FALSE(started);
  EXPECT_EQ(started.error().code, Code::not_found);
  EXPECT_THAT(std::string(started.error().what.view()), ::testing::HasSubstr("sluis hsm init"));
}

TEST_F(KeyringTest, NewKeysAreWrappedUnderTheNewestMasterKey) {
  ASSERT_TRUE(keyring().open_or_make("records/a"));
  ASSERT_TRUE(token().make(hsm::KeyKind::master, 2));
  ASSERT_TRUE(keyring().open_or_make("records/b"));
  EXPECT_EQ(store().get_key("records/a")->versions.at(0).master_version, 1U);
  EXPECT_EQ(store().get_key("records/b")->versions.at(0).master_version, 2U);
  EXPECT_TRUE(new_keyring()->open("records/b"));
}

TEST_F(KeyringTest, AnUnknownVersionMakesItLookAgainButNotAllTheTime) {
  ASSERT_TRUE(keyring().open_or_make("records/a"));
  ASSERT_TRUE(keyring().open_version("records/a", 1));
  const int before = store().key_reads;
  const int unwraps = token().unwraps;
  EXPECT_EQ(keyring().open_version("records/a", 7).error().code, Code::not_found);
  EXPECT_EQ(store().key_reads, before) << "the set is fresh";
  passed = seconds(2);
  EXPECT_EQ(keyring().open_version("records/a", 7).error().code, Code::not_found);
  EXPECT_EQ(store().key_reads, before + 1);
  EXPECT_EQ(keyring().open_version("records/a", 7).error().code, Code::not_found);
  EXPECT_EQ(store().key_reads, before + 1);
  EXPECT_EQ(token().unwraps, unwraps) << "what is open stays open";
}

TEST_F(KeyringTest, ARowIsBelievedForAWhileAndThenReadWithoutTheHsm) {
  const auto first = keyring().open_or_make("records/a");
  ASSERT_TRUE(first);
  EXPECT_TRUE(keyring().fresh(**first));
  token().away = true;
  passed = seconds(6);
  EXPECT_FALSE(keyring().fresh(**first));
  const auto later = keyring().open("records/a");
  ASSERT_TRUE(later);
  EXPECT_TRUE(keyring().fresh(**later));
  EXPECT_EQ((*later)->newest(), (*first)->newest()) << "the same opened key";
  EXPECT_EQ((*later)->expires(), (*first)->expires()) << "and no longer";
}

TEST_F(KeyringTest, WhileTheStoreIsAwayASetServesButIsNotFresh) {
  const auto first = keyring().open_or_make("records/a");
  ASSERT_TRUE(first);
  store().away = true;
  passed = seconds(6);
  const auto later = keyring().open("records/a");
  ASSERT_TRUE(later);
  EXPECT_FALSE(keyring().fresh(**later));
  const auto again = keyring().reload("records/a", *later);
  ASSERT_TRUE(again) << "what is open serves until its time ends";
  EXPECT_FALSE(keyring().fresh(**again));
}

TEST_F(KeyringTest, KeysInUseAreReadAheadOfTime) {
  ASSERT_TRUE(keyring().open_or_make("records/a"));
  ASSERT_TRUE(keyring().open_or_make("records/b"));
  ASSERT_TRUE(keyring().cached("records/a"));
  passed = seconds(4);
  EXPECT_FALSE(keyring().cached("records/a")) << "soon stale, and a call that may not block would be caught out";
  for (int i = 0; i < 200 && !keyring().cached("records/a"); ++i) {
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
  }
  EXPECT_TRUE(keyring().cached("records/a")) << "the keyring's own thread has read the row";
}

TEST_F(KeyringTest, IndexKeysAreOfTheirField) {
  const auto keys = keyring().open_or_make("records/a");
  ASSERT_TRUE(keys);
  const OpenKey& key = *(*keys)->newest();
  const auto nrn = key.index_key("a", "nrn");
  const auto again = key.index_key("a", "nrn");
  const auto name = key.index_key("a", "name");
  ASSERT_TRUE(nrn && again && name);
  EXPECT_EQ(*nrn, *again);
  EXPECT_FALSE(equal_constant_time((*nrn)->expose_secret(), (*name)->expose_secret()));
}

}  // namespace
}  // namespace sluis::gateway::test
