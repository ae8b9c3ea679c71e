#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "gateway/cli/text_diff.h"

namespace sluis::cli {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

TEST(TextDiffTest, WhatChanged) {
  EXPECT_THAT(text_diff("a\nb\nc\n", "a\nB\nc\n"), ElementsAre(" a", "-b", "+B", " c"));
  EXPECT_THAT(text_diff("a\nb\n", "a\nx\nb\ny\n"), ElementsAre(" a", "+x", " b", "+y"));
  EXPECT_THAT(text_diff("", "a\n"), ElementsAre("+a"));
  EXPECT_THAT(text_diff("a\n", ""), ElementsAre("-a"));
  EXPECT_THAT(text_diff("", ""), IsEmpty());
}

TEST(TextDiffTest, WhatIsFarFromAChangeIsLeftOut) {
  EXPECT_THAT(text_diff("1\n2\n3\n4\n5\n", "1\n2\n3\n4\n6\n", 1), ElementsAre("…", " 4", "-5", "+6"));
  EXPECT_THAT(text_diff("a\n", "a\n"), ElementsAre("…"));
}

TEST(TextDiffTest, LongTextsAreBounded) {
  std::string before, after;
  for (int i = 0; i < 5000; ++i) {
    before += "a" + std::to_string(i) + "\n";
    after += "b" + std::to_string(i) + "\n";
  }
  EXPECT_EQ(text_diff(before, after).size(), 10'000U);
}

}  // namespace
}  // namespace sluis::cli
