#include "store/rows.h"

#include <gtest/gtest.h>

#include "store/schema.h"

namespace sluis::store {
namespace {

Record of_size(std::size_t bytes) {
  Record record;
  record.envelope.resize(bytes);
  return record;
}

TEST(Page, StopsAtItsRows) {
  PageBuilder page(2);
  EXPECT_EQ(page.rows_to_ask(), 3U);
  EXPECT_TRUE(page.wants_more());
  page.add(of_size(1));
  page.add(of_size(1));
  EXPECT_FALSE(page.wants_more());
  const SearchPage done = page.finish(PageBuilder::Rest::some);
  EXPECT_EQ(done.records.size(), 2U);
  EXPECT_TRUE(done.more);
}

TEST(Page, StopsAfterTheRecordThatReachesItsBytes) {
  PageBuilder page(100);
  page.add(of_size(kMaxPageBytes - 1));
  EXPECT_TRUE(page.wants_more());
  page.add(of_size(1));
  EXPECT_FALSE(page.wants_more());
}

TEST(Page, LowersALimitThatIsTooHigh) {
  EXPECT_EQ(page_rows(kMaxPageRecords + 1), kMaxPageRecords);
  EXPECT_EQ(page_rows(7), 7U);
}

TEST(Imports, RecordsThatWereThereCountAsErrors) {
  ImportState state;
  state.records = 10;
  state.errors = 1;
  const ImportState after = state_after(state, {{3, 4}});
  EXPECT_EQ(after.records, 8U);
  EXPECT_EQ(after.errors, 3U);
}

TEST(Keys, UnknownStatesAndIdsAreDamage) {
  EXPECT_EQ(*key_state_of(1), KeyState::deactivated);
  EXPECT_EQ(*key_state_of(5), KeyState::compromised);
  EXPECT_FALSE(key_state_of(6));
  EXPECT_FALSE(key_state_of(-1));
  KeyId id;
  EXPECT_TRUE(copy_key_id(Bytes(16, 5), id));
  EXPECT_EQ(id[15], 5);
  EXPECT_FALSE(copy_key_id(Bytes(15, 5), id));
}

TEST(Schema, OnlyItsOwnVersionWillDo) {
  for (const auto steps : {sqlite_schema(), postgres_schema()}) {
    const std::int64_t known = steps.back().version;
    EXPECT_TRUE(judge_schema(known, steps));
    EXPECT_FALSE(judge_schema(0, steps));
    EXPECT_FALSE(judge_schema(known - 1, steps));
    EXPECT_FALSE(judge_schema(known + 1, steps));
    for (std::size_t i = 0; i < steps.size(); ++i) EXPECT_EQ(steps[i].version, static_cast<std::int64_t>(i) + 1);
  }
  EXPECT_EQ(sqlite_schema().size(), postgres_schema().size());
}

}  // namespace
}  // namespace sluis::store
