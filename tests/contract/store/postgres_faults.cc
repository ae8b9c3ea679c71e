// What a PostgreSQL store does when connections, the server or its settings fail. They have a
// cluster of their own, which they stop and start.
#include "tests/contract/store/postgres_faults.h"

namespace sluis::store {
namespace {

TEST_F(PostgresFaults, TerminatedBackendsAreReplacedUnseen) {
  const auto admin = connect(cluster.socket_dsn());
  for (int round = 0; round < 5; ++round) {
    const std::string id = std::to_string(round);
    ASSERT_TRUE(succeeds(admin->execute(kTerminateOthers)));
    EXPECT_TRUE(succeeds(store->put(record(id), kAbsent)));
    ASSERT_TRUE(succeeds(admin->execute(kTerminateOthers)));
    EXPECT_TRUE(succeeds(store->get("diplomas", id)));
  }
}

// Backends die in the middle of writes. A write that was acknowledged is there; one that was not may be retried with
// the same revision and is then there once.
TEST_F(PostgresFaults, NoWriteIsLostOrDoubledWhileBackendsDie) {
  std::atomic<bool> killing{true};
  std::thread killer([&] {
    const auto admin = connect(cluster.socket_dsn());
    while (killing) {
      static_cast<void>(admin->execute(kTerminateOthers));
      std::this_thread::sleep_for(std::chrono::milliseconds(10));
    }
  });
  constexpr std::uint64_t kWrites = 60;
  std::vector<std::thread> writers;
  for (int writer = 0; writer < 4; ++writer) {
    writers.emplace_back([&, writer] {
      const std::string id = "w" + std::to_string(writer);
      for (std::uint64_t revision = 1; revision <= kWrites; ++revision) {
        const Record next = record(id, revision, {term(1, 1, id + "/" + std::to_string(revision))});
        const Expected expected = revision == 1 ? kAbsent : at(revision - 1);
        const auto done = eventually([&] {
          auto status = store->put(next, expected);
          // The one before may have been applied after all.
          if (!status && status.error().code == Code::conflict) {
            auto stored = store->get("diplomas", id);
            if (!stored) return Status(stored.error());
            EXPECT_EQ(stored->revision, revision);
            return Status();
          }
          return status;
        });
        EXPECT_TRUE(succeeds(done));
      }
    });
  }
  for (std::thread& writer : writers) writer.join();
  killing = false;
  killer.join();
  for (int writer = 0; writer < 4; ++writer) {
    EXPECT_EQ(store->get("diplomas", "w" + std::to_string(writer))->revision, kWrites);
  }
  EXPECT_EQ(store->scan("diplomas", "", 100)->records.size(), 4U);
}

// The same with batches: what was acknowledged is there, what was not is there once it was repeated, and no put of a
// batch takes its neighbours' fate for its own.
TEST_F(PostgresFaults, NoPutOfABatchIsLostOrDoubledWhileBackendsDie) {
  std::atomic<bool> killing{true};
  std::thread killer([&] {
    const auto admin = connect(cluster.socket_dsn());
    while (killing) {
      static_cast<void>(admin->execute(kTerminateOthers));
      std::this_thread::sleep_for(std::chrono::milliseconds(7));
    }
  });
  constexpr std::uint64_t kRounds = 40, kRecords = 12;
  for (std::uint64_t revision = 1; revision <= kRounds; ++revision) {
    std::vector<Record> records;
    std::vector<Put> puts;
    const Expected expected = revision == 1 ? kAbsent : at(revision - 1);
    for (std::uint64_t i = 0; i < kRecords; ++i) {
      const std::string id = "b" + std::to_string(i);
      records.push_back(record(id, revision, {term(1, 1, id + "/" + std::to_string(revision))}));
    }
    for (const Record& one : records) puts.push_back({&one, expected});
    const std::vector<Status> done = store->put_many(puts);
    for (std::size_t i = 0; i < puts.size(); ++i) {
      if (done[i]) continue;
      EXPECT_TRUE(fails_with(done[i], Code::unavailable));
      EXPECT_TRUE(succeeds(eventually([&]() -> Status {
        const auto again = store->put(records[i], expected);
        auto stored = store->get("diplomas", records[i].id);
        if (stored && stored->revision == revision) return {};
        return again ? Status(Error{Code::unavailable, "acknowledged and not there"}) : again;
      })));
    }
  }
  killing = false;
  killer.join();
  const auto page = store->scan("diplomas", "", 100);
  ASSERT_EQ(page->records.size(), kRecords);
  for (const Record& one : page->records) EXPECT_EQ(one.revision, kRounds);
}

// A row that somebody else holds for long fails the one put that needs it.
TEST_F(PostgresFaults, ALockedRowFailsItsOwnPutAlone) {
  for (const char* id : {"a", "b", "c"}) ASSERT_TRUE(succeeds(store->put(record(id), kAbsent)));
  const auto admin = connect(cluster.socket_dsn());
  ASSERT_TRUE(succeeds(admin->execute("begin; select 1 from records where id = 'b' for update")));
  const std::vector<Record> records = {record("a", 2), record("b", 2), record("c", 2), record("d", 2)};
  const std::vector<Put> puts = {
      {&records[0], at(1)}, {&records[1], at(1)}, {&records[2], kAnything}, {&records[3], kAbsent}};
  const auto done = store->put_many(puts);
  EXPECT_TRUE(succeeds(done[0]));
  EXPECT_TRUE(fails_with(done[1], Code::unavailable));
  EXPECT_TRUE(succeeds(done[2]));
  EXPECT_TRUE(succeeds(done[3]));
  ASSERT_TRUE(succeeds(admin->execute("commit")));
  EXPECT_EQ(store->get("diplomas", "b")->revision, 1U);
  EXPECT_TRUE(succeeds(store->put(records[1], at(1))));
}

// While a lock on everything lasts, a large batch does not wait for it once for each of its puts.
TEST_F(PostgresFaults, ABatchBehindALockedTableIsUnavailableAndUndone) {
  const auto admin = connect(cluster.socket_dsn());
  ASSERT_TRUE(succeeds(admin->execute("begin; lock table records")));
  std::vector<Record> records;
  for (int i = 0; i < 64; ++i) records.push_back(record(std::to_string(i)));
  std::vector<Put> puts;
  for (const Record& one : records) puts.push_back({&one, kAbsent});
  for (const Status& done : store->put_many(puts)) EXPECT_TRUE(fails_with(done, Code::unavailable));
  ASSERT_TRUE(succeeds(admin->execute("commit")));
  EXPECT_EQ(*store->count("diplomas"), 0U);
}

TEST_F(PostgresFaults, ABatchForAStoppedServerIsUnavailable) {
  cluster.halt();
  const std::vector<Record> records = {record("a"), record("b")};
  const std::vector<Put> puts = {{&records[0], kAbsent}, {&records[1], kAbsent}};
  for (const Status& done : store->put_many(puts)) EXPECT_TRUE(fails_with(done, Code::unavailable));
  cluster.resume();
  EXPECT_TRUE(succeeds(eventually([&] { return store->put(records[0], kAbsent); })));
}

TEST_F(PostgresFaults, AnImportGoesOnWhileBackendsDie) {
  std::atomic<bool> killing{true};
  std::thread killer([&] {
    const auto admin = connect(cluster.socket_dsn());
    while (killing) {
      static_cast<void>(admin->execute(kTerminateOthers));
      std::this_thread::sleep_for(std::chrono::milliseconds(15));
    }
  });
  ImportState state;
  state.import_id = "i";
  state.collection = "diplomas";
  state.principal = "p";
  for (std::uint64_t chunk = 0; chunk < 30; ++chunk) {
    std::vector<Record> records;
    for (int i = 0; i < 100; ++i) records.push_back(record(std::to_string(chunk) + "/" + std::to_string(i)));
    ImportState after = state;
    after.lines_done += 100;
    after.records += 100;
    const auto done = eventually([&]() -> Status {
      auto moved = store->import_chunk(records, {}, after, state.lines_done);
      if (moved) return {};
      auto stored = store->import_state("diplomas", "i");
      if (stored && stored->lines_done == after.lines_done) return {};
      return moved.error();
    });
    ASSERT_TRUE(succeeds(done));
    state = after;
  }
  killing = false;
  killer.join();
  EXPECT_EQ(*store->count("diplomas"), 3000U);
  EXPECT_EQ(store->import_state("diplomas", "i")->records, 3000U);
}

// Plans are made once, here while the tables are empty; they must do for full ones.
TEST_F(PostgresFaults, ChangingARecordReadsNoTermsOfOthers) {
  constexpr int kOthers = 3000, kChanged = 40;
  store = open(cluster.socket_dsn(), 1);
  ASSERT_TRUE(succeeds(store->put(record("a", 1, {term(1, 1, "a")}), kAnything)));
  ASSERT_TRUE(succeeds(store->put(record("a", 2, {term(1, 1, "b")}), kAnything)));
  ASSERT_TRUE(succeeds(store->remove("diplomas", "a", kAnything)));
  std::vector<Record> records;
  for (int i = 0; i < kOthers; ++i) records.push_back(record(std::to_string(i), 1, {term(1, 1, std::to_string(i))}));
  ImportState state;
  state.import_id = "i";
  state.collection = "diplomas";
  state.principal = "p";
  state.lines_done = kOthers;
  ASSERT_TRUE(succeeds(store->import_chunk(records, {}, state, 0)));
  const auto admin = connect(cluster.socket_dsn());
  const auto read = [&]() -> Result<std::int64_t> {
    constexpr PgStatement kRead{
        "read", "select idx_tup_read from pg_stat_user_indexes where indexrelname = 'record_terms_pkey'"};
    auto found = admin->run(kRead, PgParams());
    if (!found) return found.error();
    return found->number(0, 0);
  };
  const std::int64_t before = *read();
  for (int i = 0; i < kChanged; ++i) {
    const std::string id = std::to_string(i);
    ASSERT_TRUE(succeeds(store->put(record(id, 2, {term(1, 1, "new" + id)}), at(1))));
    ASSERT_TRUE(succeeds(store->remove("diplomas", id, at(2))));
  }
  store.reset();  // a session that ends tells what it has read
  ASSERT_TRUE(succeeds(eventually([&]() -> Status {
    if (auto now = read(); now && *now >= before + 2 * kChanged) return {};
    return Error{Code::not_found, "nothing told yet"};
  })));
  EXPECT_LT(*read() - before, 10 * kChanged);
}

TEST_F(PostgresFaults, AStoppedServerIsUnavailableAndHeals) {
  ASSERT_TRUE(succeeds(store->put(record("before"), kAbsent)));
  cluster.halt();
  EXPECT_TRUE(fails_with(store->get("diplomas", "before"), Code::unavailable));
  EXPECT_TRUE(fails_with(store->put(record("during"), kAbsent), Code::unavailable));
  EXPECT_TRUE(fails_with(store->ping(), Code::unavailable));
  const auto opened_meanwhile = open(cluster.socket_dsn());
  EXPECT_TRUE(fails_with(opened_meanwhile->check_schema(), Code::unavailable));
  cluster.resume();
  EXPECT_TRUE(succeeds(eventually([&] { return store->ping(); })));
  EXPECT_TRUE(succeeds(eventually([&] { return opened_meanwhile->check_schema(); })));
  expect_same(*store->get("diplomas", "before"), record("before"));
  EXPECT_TRUE(fails_with(store->get("diplomas", "during"), Code::not_found));
}

TEST_F(PostgresFaults, AReadOnlyServerIsUnavailableAndHeals) {
  const auto admin = connect(cluster.socket_dsn());
  ASSERT_TRUE(succeeds(admin->execute("alter role sluis set default_transaction_read_only = on")));
  ASSERT_TRUE(succeeds(admin->execute(kTerminateOthers)));
  // target_session_attrs=read-write: the only server there is will not do.
  EXPECT_TRUE(fails_with(store->put(record("a"), kAbsent), Code::unavailable));
  const auto any = open(cluster.socket_dsn() + " target_session_attrs=any");
  EXPECT_TRUE(fails_with(any->put(record("a"), kAbsent), Code::unavailable));
  ASSERT_TRUE(succeeds(admin->execute("alter role sluis reset default_transaction_read_only")));
  EXPECT_TRUE(succeeds(eventually([&] { return store->put(record("a"), kAbsent); })));
  EXPECT_TRUE(succeeds(eventually([&] { return any->put(record("b"), kAbsent); })));
}

TEST_F(PostgresFaults, AFullPoolIsBusy) {
  PostgresOptions options;
  options.dsn = cluster.socket_dsn();
  options.connections = 1;
  options.wait = std::chrono::milliseconds(50);
  auto small = open_postgres(options);
  const auto admin = connect(cluster.socket_dsn());
  ASSERT_TRUE(succeeds(admin->execute("begin; lock table records")));
  std::thread blocked([&] { EXPECT_TRUE(succeeds((*small)->put(record("a"), kAbsent))); });
  EXPECT_TRUE(succeeds(eventually([&] { return somebody_waits(*admin); })));
  EXPECT_TRUE(fails_with((*small)->ping(), Code::busy));
  ASSERT_TRUE(succeeds(admin->execute("commit")));
  blocked.join();
  EXPECT_TRUE(succeeds((*small)->ping()));
}

TEST_F(PostgresFaults, AStatementThatTakesTooLongIsUnavailableAndUndone) {
  PostgresOptions options;
  options.dsn = cluster.socket_dsn();
  options.statement_timeout = std::chrono::milliseconds(200);
  auto hasty = open_postgres(options);
  const auto admin = connect(cluster.socket_dsn());
  ASSERT_TRUE(succeeds(admin->execute("begin; lock table records")));
  EXPECT_TRUE(fails_with((*hasty)->put(record("a"), kAbsent), Code::unavailable));
  ASSERT_TRUE(succeeds(admin->execute("commit")));
  EXPECT_TRUE(fails_with((*hasty)->get("diplomas", "a"), Code::not_found));
}

TEST_F(PostgresFaults, TlsIsVerified) {
  const auto secure = open(cluster.tls_dsn());
  EXPECT_TRUE(succeeds(secure->put(record("tls"), kAbsent)));
  EXPECT_TRUE(succeeds(require_tls(cluster.tls_dsn())));
  // Another name than the certificate's, no CA to check against, and no TLS at all.
  EXPECT_TRUE(fails_with(open(cluster.tls_dsn() + " host=wrong.example")->ping(), Code::unavailable));
  EXPECT_TRUE(fails_with(open(cluster.tls_dsn() + " sslrootcert=/nonexistent")->ping(), Code::unavailable));
  EXPECT_TRUE(fails_with(open(cluster.open_dsn())->ping(), Code::unavailable));
}

TEST_F(PostgresFaults, TroubleIsToldWithoutData) {
  std::vector<std::string> told;
  PostgresOptions options;
  options.dsn = cluster.socket_dsn() + " port=1";
  options.on_trouble = [&](std::string_view state, std::string_view text) {
    told.push_back(std::string(state) + " " + std::string(text));
  };
  auto away = open_postgres(options);
  EXPECT_TRUE(fails_with((*away)->get("diplomas", "secret-id"), Code::unavailable));
  ASSERT_FALSE(told.empty());
  EXPECT_EQ(told[0].find("secret-id"), std::string::npos);
  EXPECT_EQ(told[0].substr(0, 5), "08001");
}

}  // namespace
}  // namespace sluis::store
