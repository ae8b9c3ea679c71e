#include "tests/unit/transit_keys/world.h"

#include <unistd.h>

#include <filesystem>
#include <stdexcept>

#include "hsm/provision.h"
#include "store/pg_connection.h"
#include "store/postgres_store.h"
#include "store/sqlite_db.h"
#include "store/sqlite_store.h"
#include "tests/support/postgres.h"
#include "tests/support/softhsm.h"

namespace sluis::gateway::transit::test {
namespace {

void require(const Status& status) {
  if (!status) throw std::runtime_error(std::string(status.error().what.view()));
}

std::string unique_name(const char* prefix) {
  static std::atomic<int> next{0};
  return prefix + std::to_string(::getpid()) + "_" + std::to_string(next++);
}

class SqlitePlace final : public Place {
 public:
  SqlitePlace() : folder_(std::filesystem::temp_directory_path() / unique_name("sluis-transit-")) {
    std::filesystem::create_directory(folder_);
  }
  ~SqlitePlace() override { std::filesystem::remove_all(folder_); }
  std::unique_ptr<store::Store> open() override { return must(store::open_sqlite({file(), 4})); }
  void sql(const std::string& statements) override {
    require(must(store::SqliteDb::open(file(), store::SqliteDb::Role::writer))->execute(statements.c_str()));
  }

 private:
  std::string file() const { return (folder_ / "store.db").string(); }
  std::filesystem::path folder_;
};

const std::string& cluster_dsn() {
  static const char* const given = std::getenv("SLUIS_TEST_PG_DSN");
  static const std::unique_ptr<sluis::test::PostgresCluster> cluster(
      given == nullptr ? new sluis::test::PostgresCluster() : nullptr);
  static const std::string dsn = given == nullptr ? cluster->socket_dsn() : given;
  return dsn;
}

class PostgresPlace final : public Place {
 public:
  PostgresPlace() : schema_(unique_name("transit_")) { run(cluster_dsn(), "create schema " + schema_); }
  ~PostgresPlace() override { run(cluster_dsn(), "drop schema " + schema_ + " cascade"); }
  std::unique_ptr<store::Store> open() override {
    store::PostgresOptions options;
    options.dsn = dsn();
    return must(store::open_postgres(options));
  }
  void sql(const std::string& statements) override { run(dsn(), statements); }

 private:
  static void run(const std::string& dsn, const std::string& statements) {
    require(must(store::PgConnection::connect({dsn, std::chrono::seconds(60), {}}))->execute(statements.c_str()));
  }
  std::string dsn() const { return cluster_dsn() + " options='-c search_path=" + schema_ + "'"; }
  std::string schema_;
};

// One for the program: SoftHSM's configuration belongs to the process.
struct Hsm {
  sluis::test::SoftHsmToken softhsm;
  std::unique_ptr<hsm::Pkcs11Token> token =
      must(hsm::Pkcs11Token::open(softhsm.config(), must(SecretKey::copy_of(bytes_of(softhsm.pin)))));
  Hsm() { must(hsm::make_first_keys(*token)); }

 private:
  static void must(const Status& status) { require(status); }
  template <typename T>
  static T must(Result<T> result) {
    return test::must(std::move(result));
  }
};

Hsm& the_hsm() {
  static Hsm hsm;
  return hsm;
}

}  // namespace

std::unique_ptr<Place> make_sqlite_place() {
  return std::make_unique<SqlitePlace>();
}
std::unique_ptr<Place> make_postgres_place() {
  return std::make_unique<PostgresPlace>();
}

void KeysTest::SetUp() {
  if (!sluis::test::SoftHsmToken::available()) GTEST_SKIP() << "SoftHSM is not installed";
  place_ = GetParam().make();
  store_ = place_->open();
  ASSERT_TRUE(store_->migrate());
  keys_ = new_keys();
}

hsm::Token& KeysTest::token() {
  return *the_hsm().token;
}

std::unique_ptr<TransitKeys> KeysTest::new_keys() {
  auto made = std::make_unique<TransitKeys>(
      *store_, token(), config, [this] { return std::chrono::steady_clock::now() + passed.load(); },
      [this] { return now_us.load(); });
  require(made->start());
  return made;
}

TransitKeys::Key KeysTest::make(std::string_view name, const CreateOptions& options) {
  return must(keys().create(name, options)).key;
}
TransitKeys::Key KeysTest::rotated(std::string_view name) {
  return must(keys().rotate(name)).key;
}
TransitKeys::Key KeysTest::configured(std::string_view name, const ConfigChange& change) {
  return must(keys().configure(name, change)).key;
}

}  // namespace sluis::gateway::transit::test
