#include "store/pg_error.h"

#include <gtest/gtest.h>

namespace sluis::store {
namespace {

TEST(PgError, StatesBecomeTheHousesErrors) {
  const struct {
    const char* state;
    Code code;
  } rows[] = {
      {"", Code::unavailable},      {"08006", Code::unavailable}, {"57P01", Code::unavailable},
      {"57P03", Code::unavailable}, {"57014", Code::unavailable}, {"25006", Code::unavailable},
      {"53100", Code::unavailable}, {"53300", Code::unavailable}, {"58030", Code::unavailable},
      {"40001", Code::unavailable}, {"40P01", Code::unavailable}, {"23505", Code::conflict},
      {"42P01", Code::unavailable}, {"42501", Code::unavailable}, {"22021", Code::invalid},
      {"54000", Code::too_large},   {"XX001", Code::corrupt},     {"XX000", Code::internal},
      {"42601", Code::internal},    {"22P02", Code::internal},
  };
  for (const auto& row : rows) EXPECT_EQ(postgres_error(row.state).code, row.code) << row.state;
}

TEST(PgError, OnlyWhatGaveWayToOthersIsRetried) {
  EXPECT_TRUE(is_retryable("40001"));
  EXPECT_TRUE(is_retryable("40P01"));
  EXPECT_TRUE(is_retryable("55P03"));
  for (const char* state : {"", "40003", "23505", "57P01"}) EXPECT_FALSE(is_retryable(state)) << state;
}

TEST(PgError, AFailedOverServerEndsTheSession) {
  for (const char* state : {"25006", "57P01", "57P02", "08006"}) EXPECT_TRUE(ends_session(state)) << state;
  for (const char* state : {"57014", "23505", "53100", "40001"}) EXPECT_FALSE(ends_session(state)) << state;
}

}  // namespace
}  // namespace sluis::store
