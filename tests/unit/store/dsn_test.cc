#include <gtest/gtest.h>

#include <cstdlib>

#include "store/postgres_store.h"

namespace sluis::store {
namespace {

// Settings of the environment would change what a connection string means.
class Dsn : public ::testing::Test {
 protected:
  void SetUp() override {
    for (const char* name : {"PGHOST", "PGHOSTADDR", "PGSSLMODE", "PGSERVICE"}) ::unsetenv(name);
  }
  void TearDown() override { SetUp(); }
};

TEST_F(Dsn, TcpNeedsACheckedCertificate) {
  for (const char* dsn :
       {"host=db sslmode=verify-full", "host=db sslmode=verify-ca", "hostaddr=10.0.0.1 sslmode=verify-full",
        "postgresql://sluis@db1,db2/sluis?sslmode=verify-full"}) {
    EXPECT_TRUE(require_tls(dsn)) << dsn;
  }
  for (const char* dsn : {"host=db", "host=db sslmode=require", "host=db sslmode=prefer", "host=db sslmode=disable",
                          "postgresql://sluis@db/sluis", "host=/run/pg,db", "host=db,/run/pg", "host=localhost",
                          "host=/run/pg hostaddr=10.0.0.1", "service=sluis", "host=127.0.0.1 sslmode=VERIFY-FULL"}) {
    const auto refused = require_tls(dsn);
    ASSERT_FALSE(refused) << dsn;
    EXPECT_EQ(refused.error().code, Code::invalid) << dsn;
  }
}

TEST_F(Dsn, AUnixSocketNeedsNone) {
  for (const char* dsn : {"host=/run/postgresql", "host=/run/a,/run/b", "host=@abstract", "dbname=sluis", ""}) {
    EXPECT_TRUE(require_tls(dsn)) << dsn;
  }
}

TEST_F(Dsn, TheEnvironmentCounts) {
  ::setenv("PGHOST", "db", 1);
  EXPECT_FALSE(require_tls("dbname=sluis"));
  EXPECT_TRUE(require_tls("host=/run/postgresql"));
  ::setenv("PGSSLMODE", "verify-full", 1);
  EXPECT_TRUE(require_tls("dbname=sluis"));
  EXPECT_FALSE(require_tls("dbname=sluis sslmode=require"));
}

TEST_F(Dsn, OpenTransportIsACallersExplicitChoice) {
  EXPECT_TRUE(require_tls("host=db sslmode=disable", Transport::may_be_open));
}

TEST_F(Dsn, NonsenseIsInvalidEitherWay) {
  for (const char* dsn : {"host", "no_such_option=1", "host='unterminated"}) {
    EXPECT_FALSE(require_tls(dsn)) << dsn;
    EXPECT_FALSE(require_tls(dsn, Transport::may_be_open)) << dsn;
    PostgresOptions options;
    options.dsn = dsn;
    EXPECT_FALSE(open_postgres(options)) << dsn;
  }
}

}  // namespace
}  // namespace sluis::store
