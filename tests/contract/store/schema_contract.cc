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

TEST_P(StoreContract, ANewerSchemaIsRefused) {
  place->run("insert into schema_version (version) values (1000)");
  EXPECT_TRUE(fails_with(store->check_schema(), Code::invalid));
  EXPECT_TRUE(fails_with(store->migrate(), Code::invalid));
}

}  // namespace
}  // namespace sluis::store
