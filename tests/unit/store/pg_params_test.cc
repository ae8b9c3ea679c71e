#include "store/pg_params.h"

#include <gtest/gtest.h>

#include <stdexcept>

namespace sluis::store {
namespace {

Bytes value(const PgParams& params, int i) {
  const char* data = params.values()[i];
  return {data, data + params.lengths()[i]};
}

TEST(PgParams, NumbersAreBigEndianAndOfTheirWidth) {
  PgParams params;
  params.i16(-2).i32(0x01020304).i64(-1).u64(0x0102030405060708);
  EXPECT_EQ(value(params, 0), (Bytes{0xff, 0xfe}));
  EXPECT_EQ(value(params, 1), (Bytes{1, 2, 3, 4}));
  EXPECT_EQ(value(params, 2), Bytes(8, 0xff));
  EXPECT_EQ(value(params, 3), (Bytes{1, 2, 3, 4, 5, 6, 7, 8}));
  for (int i = 0; i < params.count(); ++i) EXPECT_EQ(params.formats()[i], 1) << "binary";
}

TEST(PgParams, EmptyIsNotNull) {
  PgParams params;
  params.text({}).bytes({}).null();
  EXPECT_NE(params.values()[0], nullptr);
  EXPECT_NE(params.values()[1], nullptr);
  EXPECT_EQ(params.values()[2], nullptr);
  EXPECT_EQ(params.lengths()[0], 0);
}

TEST(PgParams, TextsAndBytesAreNotCopied) {
  const std::string text = "a text";
  PgParams params;
  params.text(text);
  EXPECT_EQ(params.values()[0], text.data());
}

TEST(PgParams, ArraysAreAsArrayRecvReadsThem) {
  PgParams params;
  const std::vector<Bytes> two = {{0xaa}, {}};
  params.byte_strings(two).byte_strings(std::vector<Bytes>{});
  EXPECT_EQ(value(params, 0), (Bytes{0, 0, 0, 1, 0,    0, 0, 0, 0, 0, 0, 17, 0, 0, 0, 2, 0, 0, 0, 1,  //
                                     0, 0, 0, 1, 0xaa, 0, 0, 0, 0}));
  EXPECT_EQ(value(params, 1), (Bytes{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 17}));
}

TEST(PgParams, ArraysKeepTheirPlaceAsMoreAreAdded) {
  PgParams params;
  const std::vector<std::int64_t> numbers = {1, -1};
  params.i32s(numbers);
  const Bytes before = value(params, 0);
  for (int i = 0; i < 10; ++i) params.i64s(numbers);
  EXPECT_EQ(value(params, 0), before);
}

TEST(PgParams, TooManyAreABug) {
  PgParams params;
  for (int i = 0; i < 16; ++i) params.i64(i);
  EXPECT_THROW(params.text("x"), std::logic_error);
}

TEST(PgParams, AnArrayOfByteStringsComesBackAndACutOneIsDamage) {
  const std::vector<Bytes> written = {{1, 2}, {}, {3}};
  Bytes array;
  append_pg_array(array, written);
  EXPECT_EQ(*pg_array_of(array), written);
  for (std::size_t size = 0; size < array.size(); ++size)
    EXPECT_FALSE(pg_array_of(ByteView(array).first(size))) << size;
  Bytes empty;
  append_pg_array(empty, {});
  EXPECT_TRUE(pg_array_of(empty)->empty());
  Bytes texts;
  append_pg_array_header(texts, kPgText, 0);
  EXPECT_FALSE(pg_array_of(texts)) << "of another type";
  EXPECT_EQ(pg_array_text(written), R"({"\\x0102","\\x","\\x03"})");
}

}  // namespace
}  // namespace sluis::store
