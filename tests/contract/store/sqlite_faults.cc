// What a SQLite store does when its disk or its file misbehaves.
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <csignal>
#include <filesystem>
#include <fstream>

#include "store/sqlite_pool.h"
#include "store/sqlite_store.h"
#include "tests/contract/store/store_contract.h"

namespace sluis::store {
namespace {

class SqliteFaults : public ::testing::Test {
 protected:
  void SetUp() override {
    folder = std::filesystem::temp_directory_path() / ("sluis-faults-" + std::to_string(::getpid()));
    std::filesystem::remove_all(folder);
    std::filesystem::create_directory(folder);
  }
  void TearDown() override { std::filesystem::remove_all(folder); }

  std::unique_ptr<Store> open() {
    auto store = open_sqlite({folder / "store.db", 2});
    EXPECT_TRUE(succeeds(store));
    return store ? *std::move(store) : nullptr;
  }
  std::filesystem::path folder;
};

// Files of this process can grow no further while this lives: writes past the limit fail as on a full disk.
class NoRoom {
 public:
  explicit NoRoom(rlim_t bytes) : old_handler_(std::signal(SIGXFSZ, SIG_IGN)) {
    ::getrlimit(RLIMIT_FSIZE, &old_);
    const rlimit limit{bytes, old_.rlim_max};
    ::setrlimit(RLIMIT_FSIZE, &limit);
  }
  NoRoom(const NoRoom&) = delete;
  NoRoom& operator=(const NoRoom&) = delete;
  ~NoRoom() {
    ::setrlimit(RLIMIT_FSIZE, &old_);
    std::signal(SIGXFSZ, old_handler_);
  }

 private:
  rlimit old_{};
  sighandler_t old_handler_;
};

TEST_F(SqliteFaults, AFullDiskIsUnavailableAndHealsWithNothingLost) {
  const auto store = open();
  ASSERT_TRUE(succeeds(store->migrate()));
  ASSERT_TRUE(succeeds(store->put(record("before"), kAbsent)));
  Record big = record("big");
  big.envelope.resize(std::size_t{4} << 20U);
  {
    const NoRoom no_room(std::size_t{1} << 20U);
    EXPECT_TRUE(fails_with(store->put(big, kAbsent), Code::unavailable));
    EXPECT_TRUE(succeeds(store->get("diplomas", "before")));
    EXPECT_TRUE(fails_with(store->get("diplomas", "big"), Code::not_found));
  }
  EXPECT_TRUE(succeeds(store->put(big, kAbsent)));
  const auto again = open();
  expect_same(*again->get("diplomas", "before"), record("before"));
  expect_same(*again->get("diplomas", "big"), big);
}

TEST_F(SqliteFaults, FilesAreForTheirOwnerAlone) {
  const auto store = open();
  ASSERT_TRUE(succeeds(store->migrate()));
  ASSERT_TRUE(succeeds(store->put(record("a"), kAbsent)));
  for (const char* name : {"store.db", "store.db-wal", "store.db-shm"}) {
    struct stat status {};
    ASSERT_EQ(::stat((folder / name).c_str(), &status), 0) << name;
    EXPECT_EQ(status.st_mode & 0777U, 0600U) << name;
  }
}

TEST_F(SqliteFaults, SettingsAreTheDurableOnes) {
  static_cast<void>(open());
  auto db = SqliteDb::open(folder / "store.db", SqliteDb::Role::writer);
  ASSERT_TRUE(succeeds(db));
  const auto setting = [&](const char* pragma) {
    auto query = (*db)->query(pragma);
    EXPECT_TRUE(*query.step());
    return query.text(0);
  };
  EXPECT_EQ(setting("PRAGMA journal_mode"), "wal");
  EXPECT_EQ(setting("PRAGMA synchronous"), "2");
  EXPECT_EQ(setting("PRAGMA foreign_keys"), "1");
  EXPECT_EQ(setting("PRAGMA secure_delete"), "1");
  EXPECT_EQ(setting("PRAGMA busy_timeout"), "5000");
}

TEST_F(SqliteFaults, AForeignFileIsCorrupt) {
  std::ofstream(folder / "store.db") << std::string(8192, 'x');
  EXPECT_TRUE(fails_with(open_sqlite({folder / "store.db", 2}), Code::corrupt));
}

TEST_F(SqliteFaults, AMissingFolderIsUnavailable) {
  EXPECT_TRUE(fails_with(open_sqlite({folder / "none" / "store.db", 2}), Code::unavailable));
}

TEST_F(SqliteFaults, ADamagedPageIsFoundNotServed) {
  {
    const auto store = open();
    ASSERT_TRUE(succeeds(store->migrate()));
    for (int i = 0; i < 200; ++i) ASSERT_TRUE(succeeds(store->put(record("id" + std::to_string(i)), kAbsent)));
  }
  {
    std::fstream file(folder / "store.db", std::ios::in | std::ios::out | std::ios::binary);
    const auto size = std::filesystem::file_size(folder / "store.db");
    for (std::uintmax_t page = 4096; page < size; page += 4096) {
      file.seekp(static_cast<std::streamoff>(page));
      file << std::string(16, '\xff');
    }
  }
  const auto store = open();
  EXPECT_TRUE(fails_with(store->get("diplomas", "id7"), Code::corrupt));
}

TEST_F(SqliteFaults, OnePieceOfABatchFailsAlone) {
  static_cast<void>(open());
  auto db = SqliteDb::open(folder / "store.db", SqliteDb::Role::writer);
  ASSERT_TRUE(succeeds(db));
  SqliteWriter writer(*std::move(db));
  ASSERT_TRUE(succeeds(writer.run([](SqliteDb& one) { return one.execute("create table t (n integer)"); })));
  const auto add_then_fail = [](SqliteDb& one) -> Status {
    if (auto ok = one.query("insert into t values (1)").run(); !ok) return ok;
    return Error{Code::conflict, "as planned"};
  };
  EXPECT_TRUE(fails_with(writer.run(add_then_fail), Code::conflict));
  EXPECT_THROW(static_cast<void>(writer.run([](SqliteDb&) -> Status { throw std::bad_alloc(); })), std::bad_alloc);
  EXPECT_TRUE(succeeds(writer.run([](SqliteDb& one) -> Status {
    auto query = one.query("select count(*) from t");
    if (auto row = query.step(); !row) return row.error();
    EXPECT_EQ(query.number(0), 0);
    return {};
  })));
}

}  // namespace
}  // namespace sluis::store
