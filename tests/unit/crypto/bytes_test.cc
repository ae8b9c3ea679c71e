#include "crypto/bytes.h"

#include <gtest/gtest.h>

#include <limits>

#include "crypto/secret.h"

namespace sluis {
namespace {

Bytes to_bytes(std::string_view text) {
  const ByteView view = bytes_of(text);
  return {view.begin(), view.end()};
}

TEST(Append, IsBigEndian) {
  Bytes out;
  append_u16(out, 0x0102);
  append_u32(out, 0x03040506);
  append_u64(out, 0x0708090a0b0c0d0e);
  append_prefixed(out, bytes_of("ab"));
  EXPECT_EQ(to_hex(out), "0102030405060708090a0b0c0d0e000000026162");
}

TEST(Hex, RoundTripsEveryByte) {
  Bytes all;
  for (unsigned i = 0; i < 256; ++i) all.push_back(static_cast<std::uint8_t>(i));
  EXPECT_EQ(*from_hex(to_hex(all)), all);
  EXPECT_EQ(to_hex({}), "");
  EXPECT_TRUE(from_hex("")->empty());
}

TEST(Hex, RefusesWhatItWouldNotWrite) {
  for (const char* text : {"0", "0g", "A0", "a B", " a0", "a0 ", "0x10", "a\n"}) {
    const auto bytes = from_hex(text);
    ASSERT_FALSE(bytes) << text;
    EXPECT_EQ(bytes.error().code, Code::invalid);
  }
}

// RFC 4648 section 10.
TEST(Base64, TestVectorsOfRfc4648) {
  const std::pair<std::string_view, std::string_view> cases[] = {{"", ""},
                                                                 {"f", "Zg=="},
                                                                 {"fo", "Zm8="},
                                                                 {"foo", "Zm9v"},
                                                                 {"foob", "Zm9vYg=="},
                                                                 {"fooba", "Zm9vYmE="},
                                                                 {"foobar", "Zm9vYmFy"}};
  for (const auto& [plain, coded] : cases) {
    EXPECT_EQ(to_base64(bytes_of(plain)), coded);
    EXPECT_EQ(*from_base64(coded), to_bytes(plain));
  }
}

TEST(Base64, UsesEachCharacterOfTheAlphabet) {
  const std::string_view alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  const auto bytes = from_base64(alphabet);
  ASSERT_TRUE(bytes);
  EXPECT_EQ(to_hex(*bytes),
            "00108310518720928b30d38f41149351559761969b71d79f8218a39259a7a29aabb2dbafc31cb3d35db7e39ebbf3dfbf");
  EXPECT_EQ(to_base64(*bytes), alphabet);
}

TEST(Base64, RefusesEveryCharacterOutsideTheAlphabet) {
  const std::string_view alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  for (int c = 0; c < 256; ++c) {
    const bool known = alphabet.find(static_cast<char>(c)) != std::string_view::npos;
    for (std::size_t at = 0; at < 3; ++at) {
      std::string text = "AAAA";
      text[at] = static_cast<char>(c);
      EXPECT_EQ(static_cast<bool>(from_base64(text)), known) << c << " at " << at;
    }
  }
}

TEST(Base64, RefusesWhatIsNotCanonical) {
  for (const char* text : {"A",     "AA",    "AAA",     "AAAAA", "====", "A===",     "=AAA",
                           "AA=A",  "AB==",  "AAB=",    "Zh==",  "Zm9=", "Zg==Zg==", "Zg==\n",
                           "Zm9v ", " Zm9v", "Zm9vZg=", "Zm-v",  "Zm_v", "Z===",     "Zg=a"}) {
    const auto bytes = from_base64(text);
    ASSERT_FALSE(bytes) << text;
    EXPECT_EQ(bytes.error().code, Code::invalid);
  }
}

TEST(Base64, OfSecretsAppendsAndLeavesNothingOnFailure) {
  SecretBuffer out("x");
  append_base64(out, bytes_of("fooba"));
  EXPECT_EQ(out.expose_text(), "xZm9vYmE=");

  SecretBuffer back("y");
  EXPECT_TRUE(append_from_base64(back, "Zm9vYmE="));
  EXPECT_EQ(back.expose_text(), "yfooba");
  EXPECT_FALSE(append_from_base64(back, "Zm9vYmF="));
  EXPECT_FALSE(append_from_base64(back, "Zm9vYm"));
  EXPECT_EQ(back.expose_text(), "yfooba");
}

TEST(Base64, RoundTripsEveryLength) {
  Bytes bytes;
  for (unsigned i = 0; i < 300; ++i) {
    EXPECT_EQ(*from_base64(to_base64(bytes)), bytes);
    bytes.push_back(static_cast<std::uint8_t>(i * 167U + 13U));
  }
}

TEST(Reader, ReadsWhatAppendWrote) {
  Bytes out = {7};
  append_u16(out, 0x0102);
  append_u32(out, 0x03040506);
  append_u64(out, 0x0708090a0b0c0d0e);
  append_prefixed(out, bytes_of("ab"));
  Reader reader(out);
  EXPECT_EQ(*reader.u8(), 7);
  EXPECT_EQ(*reader.u16(), 0x0102);
  EXPECT_EQ(*reader.u32(), 0x03040506U);
  EXPECT_EQ(*reader.u64(), 0x0708090a0b0c0d0eU);
  EXPECT_EQ(text_of(*reader.prefixed(2)), "ab");
  EXPECT_TRUE(reader.done());
  EXPECT_EQ(reader.left(), 0U);
}

TEST(Reader, FailsForGoodOnceTooLittleIsLeft) {
  const Bytes three = {1, 2, 3};
  Reader reader(three);
  const auto four = reader.u32();
  ASSERT_FALSE(four);
  EXPECT_EQ(four.error().code, Code::corrupt);
  EXPECT_FALSE(reader.u8());
  EXPECT_FALSE(reader.bytes(0));
  EXPECT_FALSE(reader.done());
}

TEST(Reader, EveryWidthChecksItsLength) {
  for (std::size_t size = 0; size < 8; ++size) {
    const Bytes bytes(size, 0xff);
    EXPECT_EQ(static_cast<bool>(Reader(bytes).u8()), size >= 1);
    EXPECT_EQ(static_cast<bool>(Reader(bytes).u16()), size >= 2);
    EXPECT_EQ(static_cast<bool>(Reader(bytes).u32()), size >= 4);
    EXPECT_FALSE(Reader(bytes).u64());
    EXPECT_FALSE(Reader(bytes).bytes(size + 1));
    EXPECT_FALSE(Reader(bytes).bytes(std::numeric_limits<std::size_t>::max()));
    EXPECT_TRUE(Reader(bytes).bytes(size));
  }
}

TEST(Reader, PrefixedKeepsToItsLimitAndToTheBuffer) {
  Bytes bytes;
  append_prefixed(bytes, bytes_of("abc"));
  EXPECT_TRUE(Reader(bytes).prefixed(3));
  EXPECT_FALSE(Reader(bytes).prefixed(2));
  bytes.pop_back();
  EXPECT_FALSE(Reader(bytes).prefixed(3));
  const Bytes huge = {0xff, 0xff, 0xff, 0xff, 1};
  EXPECT_FALSE(Reader(huge).prefixed(std::numeric_limits<std::size_t>::max()));
}

TEST(ConstantTimeCompare, ComparesLengthAndBytes) {
  EXPECT_TRUE(equal_constant_time(bytes_of("abc"), bytes_of("abc")));
  EXPECT_TRUE(equal_constant_time({}, {}));
  EXPECT_FALSE(equal_constant_time(bytes_of("abc"), bytes_of("abd")));
  EXPECT_FALSE(equal_constant_time(bytes_of("abc"), bytes_of("ab")));
  EXPECT_FALSE(equal_constant_time(bytes_of("abc"), {}));
}

TEST(Codes, HaveTheirOwnNames) {
  EXPECT_EQ(name(Code::audit_halted), "audit_halted");
  EXPECT_EQ(name(Code::internal), "internal");
}

}  // namespace
}  // namespace sluis
