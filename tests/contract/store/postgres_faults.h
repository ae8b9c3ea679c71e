// A cluster that tests stop and start, and the store on it: for each suite one.
#pragma once

#include <atomic>
#include <thread>

#include "store/pg_connection.h"
#include "store/postgres_store.h"
#include "tests/contract/store/store_contract.h"
#include "tests/support/postgres.h"

namespace sluis::store {

inline std::unique_ptr<Store> open(const std::string& dsn, std::size_t connections = 4) {
  PostgresOptions options;
  options.dsn = dsn;
  options.connections = connections;
  auto store = open_postgres(options);
  EXPECT_TRUE(succeeds(store));
  return *std::move(store);
}

inline std::unique_ptr<PgConnection> connect(const std::string& dsn) {
  auto made = PgConnection::connect({dsn, std::chrono::seconds(60), {}});
  EXPECT_TRUE(succeeds(made));
  return *std::move(made);
}

// Tries until the store has healed; bounded by attempts, each of which the back-off spaces.
inline Status eventually(const std::function<Status()>& call) {
  Status last;
  for (int i = 0; i < 400; ++i) {
    if (last = call(); last) return last;
    std::this_thread::sleep_for(std::chrono::milliseconds(25));
  }
  return last;
}

inline constexpr const char* kTerminateOthers =
    "select pg_terminate_backend(pid, 10000) from pg_stat_activity where datname = current_database()"
    " and pid <> pg_backend_pid() and usename = current_user";

// Whether a statement waits for a lock.
inline Status somebody_waits(PgConnection& admin) {
  constexpr PgStatement kWaiting{"waiting", "select count(*) from pg_locks where not granted"};
  auto found = admin.run(kWaiting, PgParams());
  if (!found) return found.error();
  if (found->number(0, 0) == 0) return Error{Code::not_found, "nobody waits"};
  return {};
}

class PostgresFaults : public ::testing::Test {
 protected:
  static void SetUpTestSuite() { shared_ = std::make_unique<test::PostgresCluster>(); }
  static void TearDownTestSuite() { shared_.reset(); }

  void SetUp() override {
    ASSERT_TRUE(succeeds(store->migrate()));
    ASSERT_TRUE(
        succeeds(connect(cluster.socket_dsn())->execute("truncate records, record_terms, imports, leases, floors")));
  }

 private:
  static inline std::unique_ptr<test::PostgresCluster> shared_;

 protected:
  const test::PostgresCluster& cluster = *shared_;
  std::unique_ptr<Store> store = open(cluster.socket_dsn());
};

}  // namespace sluis::store
