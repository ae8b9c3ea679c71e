// What a dump takes and a scratch database is emptied of is read from the schema's own text.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "store/backup.h"
#include "store/pg_arguments.h"

namespace sluis::store {
namespace {

using ::testing::Contains;
using ::testing::Not;

TEST(Tables, AreThoseOfTheSchema) {
  const auto names = table_names();
  for (const char* const name : {"records", "record_terms", "keys", "key_versions", "imports", "import_errors", "facts",
                                 "login_tokens", "documents", "leases", "floors"}) {
    EXPECT_THAT(names, Contains(name));
  }
  EXPECT_THAT(names, Not(Contains("schema_version"))) << "a store in part must not look whole";
}

TEST(PgArguments, KeepThePasswordOutOfTheConnectionString) {
  const auto made = pg_arguments("host=db user=sluis password='a:b\\\\c d' dbname='my db' sslmode=verify-full");
  ASSERT_TRUE(made);
  EXPECT_EQ(made->connection.find("a:b"), std::string::npos);
  EXPECT_NE(made->connection.find("dbname='my db'"), std::string::npos);
  EXPECT_EQ(made->password_file, "*:*:*:*:a\\:b\\\\c d\n");
}

TEST(PgArguments, TakeAddressesToo) {
  const auto made = pg_arguments("postgresql://sluis:pass%20word@db:5433/sluis?sslmode=verify-full");
  ASSERT_TRUE(made);
  EXPECT_EQ(made->password_file, "*:*:*:*:pass word\n");
  EXPECT_EQ(made->connection.find("pass"), std::string::npos);
}

TEST(PgArguments, WithoutAPasswordThereIsNoFile) {
  EXPECT_EQ(pg_arguments("host=/run/postgresql dbname=sluis")->password_file, "");
}

TEST(PgArguments, RefuseWhatIsMalformedOrHasAnotherSecret) {
  EXPECT_FALSE(pg_arguments("host=db unknown=1"));
  EXPECT_FALSE(pg_arguments("host=db sslpassword=x"));
}

}  // namespace
}  // namespace sluis::store
