// Migrations: from empty, again, at once, and what a program of another age is told.
#include <thread>

#include "tests/contract/store/store_contract.h"

namespace sluis::store {
namespace {

TEST_P(StoreContract, AnEmptyStoreHasToBeMigratedFirst) {
  const auto empty = GetParam().make();
  const auto fresh = empty->open();
  EXPECT_TRUE(succeeds(fresh->ping()));
  EXPECT_TRUE(fails_with(fresh->check_schema(), Code::invalid));
  EXPECT_TRUE(fails_with(fresh->put(record("a"), kAnything), Code::unavailable));
  EXPECT_TRUE(fails_with(fresh->get("diplomas", "a"), Code::unavailable));
  ASSERT_TRUE(succeeds(fresh->migrate()));
  EXPECT_TRUE(succeeds(fresh->check_schema()));
  EXPECT_TRUE(succeeds(fresh->put(record("a"), kAnything)));
}

TEST_P(StoreContract, MigratingAgainChangesNothing) {
  ASSERT_TRUE(succeeds(store->put(record("a"), kAnything)));
  EXPECT_TRUE(succeeds(store->migrate()));
  EXPECT_TRUE(succeeds(place->open()->migrate()));
  EXPECT_TRUE(succeeds(store->get("diplomas", "a")));
  EXPECT_EQ(place->ask("select count(*) from schema_version"), place->ask("select max(version) from schema_version"));
}

TEST_P(StoreContract, SeveralGatewaysMayMigrateAtOnce) {
  const auto empty = GetParam().make();
  std::vector<std::unique_ptr<Store>> stores;
  for (int i = 0; i < 8; ++i) stores.push_back(empty->open());
  std::vector<std::thread> threads;
  for (const auto& one : stores) {
    threads.emplace_back([&one] { EXPECT_TRUE(succeeds(one->migrate())); });
  }
  for (std::thread& thread : threads) thread.join();
  for (const auto& one : stores) EXPECT_TRUE(succeeds(one->check_schema()));
}

// Takes a store back to what a program of schema 1 left, so that the later steps are taken over rows.
TEST_P(StoreContract, YesterdaysStoreKeepsItsKeysAndRecords) {
  Key old;
  old.name = "records/diplomas";
  old.id.fill(7);
  old.created_us = 5;
  old.attributes = "{}";
  old.revision = 3;
  old.mac = bytes("mac");
  old.versions = {{old.id, 1, KeyState::active, 1, 5, bytes("wrapped"), bytes("mac")}};
  ASSERT_TRUE(succeeds(store->create_key(old)));
  ASSERT_TRUE(succeeds(store->put(record("kept", 4, {term(1, 1, "t")}), kAbsent)));
  for (const char* table : {"floors", "leases", "documents", "login_tokens"}) {
    place->run(std::string("drop table ") + table);
  }
  place->run("drop index keys_due");
  place->run("alter table keys drop column due_us");
  place->run("delete from schema_version where version > 1");
  const auto after = place->open();
  EXPECT_TRUE(fails_with(after->check_schema(), Code::invalid)) << "not without being asked to";
  ASSERT_TRUE(succeeds(after->migrate()));
  EXPECT_TRUE(succeeds(after->check_schema()));
  const auto found = after->get_key("records/diplomas");
  ASSERT_TRUE(succeeds(found));
  EXPECT_EQ(found->due_us, 0U);
  EXPECT_EQ(found->mac, old.mac);
  EXPECT_EQ(found->versions.size(), 1U);
  EXPECT_TRUE(after->list_keys_due(1000, 9)->empty());
  expect_same(*after->get("diplomas", "kept"), record("kept", 4));
  EXPECT_TRUE(after->list_documents("job", "", 9)->empty());
  EXPECT_TRUE(succeeds(after->raise_floor("diplomas", 2)));
}

TEST_P(StoreContract, ANewerSchemaIsRefused) {
  place->run("insert into schema_version (version) values (1000)");
  EXPECT_TRUE(fails_with(store->check_schema(), Code::invalid));
  EXPECT_TRUE(fails_with(store->migrate(), Code::invalid));
}

}  // namespace
}  // namespace sluis::store
