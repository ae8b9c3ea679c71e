#include <unistd.h>

#include <atomic>
#include <cstdlib>
#include <filesystem>
#include <stdexcept>

#include "store/pg_connection.h"
#include "store/postgres_store.h"
#include "store/sqlite_db.h"
#include "store/sqlite_store.h"
#include "tests/contract/store/store_contract.h"
#include "tests/support/postgres.h"

namespace sluis::store {
namespace {

std::string unique_name(const char* prefix) {
  static std::atomic<int> next{0};
  return prefix + std::to_string(::getpid()) + "_" + std::to_string(next++);
}

void require(const Status& status) {
  if (!status) throw std::runtime_error(std::string(status.error().what.view()));
}

template <typename T>
T must(Result<T> result) {
  if (!result) throw std::runtime_error(std::string(result.error().what.view()));
  return *std::move(result);
}

class SqlitePlace final : public Place {
 public:
  SqlitePlace() : folder_(std::filesystem::temp_directory_path() / unique_name("sluis-store-")) {
    std::filesystem::create_directory(folder_);
  }
  ~SqlitePlace() override { std::filesystem::remove_all(folder_); }

  std::unique_ptr<Store> open() override { return must(open_sqlite({folder_ / "store.db", 4})); }
  std::unique_ptr<Transfer> transfer() override { return must(transfer_sqlite(folder_ / "store.db")); }
  void run(const std::string& sql) override { require(connection()->execute(sql.c_str())); }
  std::int64_t ask(const std::string& sql) override {
    const auto db = connection();
    auto query = db->query(sql.c_str());
    if (!must(query.step())) throw std::runtime_error("no row");
    return query.number(0);
  }

 private:
  std::unique_ptr<SqliteDb> connection() { return must(SqliteDb::open(folder_ / "store.db", SqliteDb::Role::writer)); }
  std::filesystem::path folder_;
};

class PostgresPlace final : public Place {
 public:
  PostgresPlace() : schema_(unique_name("contract_")) { admin_->execute_all("create schema " + schema_); }
  ~PostgresPlace() override { admin_->execute_all("drop schema " + schema_ + " cascade"); }

  std::unique_ptr<Store> open() override {
    PostgresOptions options;
    options.dsn = dsn();
    return must(open_postgres(options));
  }
  std::unique_ptr<Transfer> transfer() override {
    PostgresOptions options;
    options.dsn = dsn();
    return must(transfer_postgres(options));
  }
  void run(const std::string& sql) override { Admin(dsn()).execute_all(sql); }
  std::int64_t ask(const std::string& sql) override { return Admin(dsn()).number(sql); }

 private:
  class Admin {
   public:
    explicit Admin(const std::string& dsn)
        : connection_(must(PgConnection::connect({dsn, std::chrono::seconds(60), {}}))) {}
    void execute_all(const std::string& sql) { require(connection_->execute(sql.c_str())); }
    std::int64_t number(const std::string& sql) {
      const PgParams none;
      return must(connection_->run({"ask", sql.c_str()}, none)).number(0, 0);
    }

   private:
    std::unique_ptr<PgConnection> connection_;
  };

  std::string dsn() const { return postgres_dsn() + " options='-c search_path=" + schema_ + "'"; }

  std::string schema_;
  std::unique_ptr<Admin> admin_ = std::make_unique<Admin>(postgres_dsn());
};

}  // namespace

const std::string& postgres_dsn() {
  static const char* const given = std::getenv("SLUIS_TEST_PG_DSN");
  static const std::unique_ptr<test::PostgresCluster> cluster(given == nullptr ? new test::PostgresCluster() : nullptr);
  static const std::string dsn = given == nullptr ? cluster->socket_dsn() : given;
  return dsn;
}

std::unique_ptr<Place> make_sqlite_place() {
  return std::make_unique<SqlitePlace>();
}

std::unique_ptr<Place> make_postgres_place() {
  return std::make_unique<PostgresPlace>();
}

INSTANTIATE_TEST_SUITE_P(Stores, StoreContract,
                         ::testing::Values(Kind{"sqlite", make_sqlite_place}, Kind{"postgresql", make_postgres_place}),
                         [](const auto& one) { return std::string(one.param.name); });

}  // namespace sluis::store
