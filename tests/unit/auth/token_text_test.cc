#include "gateway/auth/token_text.h"

#include <gtest/gtest.h>

#include <set>

namespace sluis::gateway::auth {
namespace {

TEST(TokenText, IsAPrefixAndTwoHundredAndFiftySixBits) {
  std::set<std::string, std::less<>> seen;
  std::set<char> digits;
  for (int i = 0; i < 100; ++i) {
    const auto token = make_token();
    ASSERT_TRUE(token);
    const std::string text(token->expose_text());
    EXPECT_EQ(text.size(), kTokenSize);
    EXPECT_EQ(text.substr(0, 6), "sluis_");
    EXPECT_TRUE(looks_like_token(text)) << text;
    EXPECT_TRUE(from_hex(text.substr(6))) << "lower-case hexadecimal";
    digits.insert(text.begin() + 6, text.end());
    seen.insert(text);
  }
  EXPECT_EQ(seen.size(), 100U);
  EXPECT_EQ(digits.size(), 16U) << "every digit occurs";
}

TEST(TokenText, NothingElseLooksLikeOne) {
  const std::string good = "sluis_" + std::string(64, 'a');
  ASSERT_TRUE(looks_like_token(good));
  ASSERT_TRUE(looks_like_token("sluis_" + std::string(32, '0') + std::string(31, '9') + "f"));
  for (const char bad : {'g', 'A', 'F', 'G', '/', ':', '`', '\0', ' ', '\x80', '\xff', '_'}) {
    for (const std::size_t at : {std::size_t{6}, std::size_t{40}, good.size() - 1}) {
      std::string text = good;
      text[at] = bad;
      EXPECT_FALSE(looks_like_token(text)) << static_cast<int>(bad);
    }
  }
  EXPECT_FALSE(looks_like_token(""));
  EXPECT_FALSE(looks_like_token("sluis_"));
  EXPECT_FALSE(looks_like_token(good + "a"));
  EXPECT_FALSE(looks_like_token(good.substr(1)));
  EXPECT_FALSE(looks_like_token("hvs.__" + std::string(64, 'a')));
  EXPECT_FALSE(looks_like_token(std::string(1U << 20U, 'a')));
}

TEST(TokenText, TheIdIsTheDigestOfTheWholeText) {
  EXPECT_EQ(to_hex(token_id("abc")), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");  // FIPS 180-4
  EXPECT_NE(token_id("sluis_a"), token_id("sluis_b"));
}

TEST(TokenText, AccessorsAreOfTheirOwnRandomness) {
  const auto a = make_accessor();
  const auto b = make_accessor();
  ASSERT_TRUE(a && b);
  EXPECT_EQ(a->size(), 32U);
  EXPECT_NE(*a, *b);
}

}  // namespace
}  // namespace sluis::gateway::auth
