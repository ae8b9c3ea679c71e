// What becomes of rewrites, leases and floors of a PostgreSQL store when connections die or others hold rows.
#include "tests/contract/store/postgres_faults.h"

namespace sluis::store {
namespace {

class PostgresRolloverFaults : public PostgresFaults {};

Record under(std::uint32_t number, std::uint32_t version) {
  const std::string id = "r" + std::to_string(number);
  Record made = record(id, 1, {term(1, version, id)});
  made.key_version = version;
  made.envelope = bytes(id + " under " + std::to_string(version));
  return made;
}

// A sweep whose connections die: a rewrite that is told as done is there, one that is not is all there or not at all.
TEST_F(PostgresRolloverFaults, NoRewriteIsLostOrDoubledWhileBackendsDie) {
  constexpr std::uint32_t kVersions = 40, kRecords = 12;
  for (std::uint32_t i = 0; i < kRecords; ++i) ASSERT_TRUE(succeeds(store->put(under(i, 1), kAbsent)));
  const auto lease = store->take_lease("job", "gateway", std::chrono::minutes(5));
  ASSERT_TRUE(succeeds(lease));
  std::atomic<bool> killing{true};
  std::thread killer([&] {
    const auto admin = connect(cluster.socket_dsn());
    while (killing) {
      static_cast<void>(admin->execute(kTerminateOthers));
      std::this_thread::sleep_for(std::chrono::milliseconds(5));
    }
  });
  for (std::uint32_t version = 2; version <= kVersions; ++version) {
    std::vector<Record> records;
    std::vector<Rewrite> rewrites;
    for (std::uint32_t i = 0; i < kRecords; ++i) records.push_back(under(i, version));
    for (const Record& one : records) rewrites.push_back({&one, version - 1});
    EXPECT_TRUE(succeeds(eventually([&]() -> Status {
      const auto overtaken = store->rewrite(*lease, rewrites);
      if (!overtaken) return overtaken.error();
      // All at once, now or by the attempt before.
      EXPECT_TRUE(overtaken->empty() || overtaken->size() == kRecords);
      return {};
    })));
    EXPECT_TRUE(succeeds(eventually([&]() -> Status {
      const auto counts = store->count_versions("diplomas");
      if (!counts) return counts.error();
      EXPECT_EQ(*counts, (std::map<std::uint32_t, std::uint64_t>{{version, kRecords}}));
      return {};
    })));
  }
  killing = false;
  killer.join();
  const auto admin = connect(cluster.socket_dsn());
  const auto terms = admin->run({"terms", "select count(*) from record_terms"}, PgParams());
  EXPECT_EQ(terms->number(0, 0), kRecords);
}

// A put that has seen the old floor and waits for a row that somebody else holds.
TEST_F(PostgresRolloverFaults, ARaisedFloorWaitsForWritesUnderWay) {
  const auto admin = connect(cluster.socket_dsn());
  ASSERT_TRUE(succeeds(store->put(record("other"), kAbsent)));
  ASSERT_TRUE(succeeds(
      admin->execute("begin; insert into records (collection, id, revision, key_version, terms, open_fields, envelope)"
                     " values ('diplomas', 'a', 1, 9, '{}', '{}', '')")));
  std::atomic<bool> stored{false}, raised{false};
  std::thread writer([&] {
    EXPECT_TRUE(succeeds(store->put(record("a"), kAbsent)));
    EXPECT_FALSE(raised);
    stored = true;
  });
  ASSERT_TRUE(succeeds(eventually([&] { return somebody_waits(*admin); })));
  std::thread raiser([&] {
    const auto done = store->raise_floor("diplomas", 4);
    raised = true;
    EXPECT_TRUE(succeeds(done));
    EXPECT_TRUE(stored) << "what was under way has ended";
  });
  std::this_thread::sleep_for(std::chrono::milliseconds(300));
  EXPECT_FALSE(raised);
  ASSERT_TRUE(succeeds(admin->execute("rollback")));
  writer.join();
  raiser.join();
  EXPECT_TRUE(fails_with(store->put(record("b"), kAbsent), Code::busy));
}

TEST_F(PostgresRolloverFaults, AFloorThatWritesFromBeforeHoldBackIsNotRaised) {
  const auto admin = connect(cluster.socket_dsn());
  ASSERT_TRUE(succeeds(admin->execute("begin; select 1 from floors")));
  EXPECT_TRUE(fails_with(store->raise_floor("diplomas", 9), Code::unavailable));
  ASSERT_TRUE(succeeds(admin->execute("commit")));
  EXPECT_TRUE(succeeds(store->put(record("a"), kAbsent))) << "nothing has changed";
}

// Whoever wants the lease waits for a rewrite that holds it, and a rewrite that comes later finds it gone.
TEST_F(PostgresRolloverFaults, ALeaseIsNotTakenAmidARewrite) {
  ASSERT_TRUE(succeeds(store->put(under(1, 1), kAbsent)));
  const auto lease = store->take_lease("fenced", "frozen", std::chrono::milliseconds(200));
  ASSERT_TRUE(succeeds(lease));
  const auto admin = connect(cluster.socket_dsn());
  ASSERT_TRUE(succeeds(admin->execute("begin; select 1 from records for update")));
  std::atomic<bool> done{false};
  const Record next = under(1, 2);
  const Rewrite one{&next, 1};
  std::thread holder([&] {
    EXPECT_TRUE(succeeds(store->rewrite(*lease, {&one, 1})));
    done = true;
  });
  ASSERT_TRUE(succeeds(eventually([&] { return somebody_waits(*admin); })));
  std::this_thread::sleep_for(std::chrono::milliseconds(250));  // the lease has ended meanwhile
  std::thread taker([&] {
    EXPECT_TRUE(succeeds(store->take_lease("fenced", "next", std::chrono::minutes(1))));
    EXPECT_TRUE(done);
  });
  std::this_thread::sleep_for(std::chrono::milliseconds(100));
  ASSERT_TRUE(succeeds(admin->execute("commit")));
  holder.join();
  taker.join();
  EXPECT_TRUE(fails_with(store->rewrite(*lease, {&one, 1}), Code::conflict));
}

}  // namespace
}  // namespace sluis::store
