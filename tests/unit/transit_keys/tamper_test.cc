// Whoever edits the store's rows alone changes nothing but an alarm.
#include "tests/unit/transit_keys/world.h"

namespace sluis::gateway::transit::test {
namespace {

class Tampering : public KeysTest {
 protected:
  void SetUp() override {
    KeysTest::SetUp();
    if (IsSkipped()) return;
    make("a");
    rotated("a");
    make("b");
    sql("create table saved_keys as select * from keys; create table saved_versions as select * from key_versions;");
  }
  void put_back() {
    sql("delete from key_versions; delete from keys; insert into keys select * from saved_keys;"
        "insert into key_versions select * from saved_versions;");
  }
};

TEST_P(Tampering, AChangedRowIsRefused) {
  const std::string of_a = " where key_id = (select id from keys where name = 'transit/a')";
  const std::string zeros =
      std::string(GetParam().name) == "sqlite" ? "zeroblob(60)" : "decode(repeat('00', 60), 'hex')";
  const std::string changes[] = {
      "update keys set attributes = replace(attributes, '\"exportable\":false', '\"exportable\":true')",
      "update keys set attributes = replace(attributes, '\"deletion_allowed\":false', '\"deletion_allowed\":true')",
      "update keys set attributes = '{}' where name = 'transit/a'",
      "update keys set revision = revision + 1",
      "update keys set created_us = created_us + 1",
      "update keys set due_us = 5",
      "update keys set mac = " + zeros,
      "update key_versions set wrapped = " + zeros + of_a,
      "update key_versions set mac = " + zeros + of_a,
      "update key_versions set master_version = 2" + of_a,
      "update key_versions set created_us = created_us + 1" + of_a,
      "update key_versions set state = 2" + of_a + " and version = 1",
      "delete from key_versions" + of_a + " and version = 2",
      "delete from key_versions" + of_a,
      "update key_versions set version = 7" + of_a + " and version = 2",
      "update keys set name = 'transit/c' where name = 'transit/b'; update keys set name = 'transit/b' where name ="
      " 'transit/a'; update keys set name = 'transit/a' where name = 'transit/c'",
  };
  for (const std::string& change : changes) {
    sql(change + ";");
    const auto fresh = new_keys();
    EXPECT_TRUE(fails(fresh->open("a"), Code::corrupt)) << change;
    EXPECT_TRUE(fails(fresh->rotate("a"), Code::corrupt)) << change;
    EXPECT_TRUE(fails(fresh->remove("a"), Code::corrupt)) << change;
    EXPECT_TRUE(fails(fresh->create("a", {}), Code::corrupt)) << change;
    put_back();
    EXPECT_TRUE(succeeds(fresh->open("a"))) << change;
  }
}

TEST_P(Tampering, AnOpenKeyIsGivenUpWhenItsRowTurnsOutChanged) {
  ASSERT_TRUE(keys().open("a"));
  sql("update keys set revision = revision + 1;");
  passed = std::chrono::seconds(6);
  EXPECT_TRUE(fails(keys().open("a"), Code::corrupt));
  EXPECT_FALSE(keys().cached("a"));
}

INSTANTIATE_TEST_SUITE_P(Stores, Tampering,
                         ::testing::Values(Kind{"sqlite", make_sqlite_place}, Kind{"postgresql", make_postgres_place}),
                         [](const auto& one) { return std::string(one.param.name); });

}  // namespace
}  // namespace sluis::gateway::transit::test
