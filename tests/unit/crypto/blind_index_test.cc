#include "crypto/blind_index.h"

#include <gtest/gtest.h>

#include <stdexcept>
#include <string>

#include "crypto/utf8.h"

namespace sluis {
namespace {

std::string text_form(std::string_view value) {
  const auto normal = normalise(Normaliser::text, value);
  return normal ? std::string(normal->expose_text()) : "(refused)";
}

TEST(NormaliserNames, AreThoseOfTheConfiguration) {
  EXPECT_EQ(*normaliser_named("exact"), Normaliser::exact);
  EXPECT_EQ(*normaliser_named("digits"), Normaliser::digits);
  EXPECT_EQ(*normaliser_named("text"), Normaliser::text);
  for (const char* name : {"", "Exact", "texts", "text "}) EXPECT_FALSE(normaliser_named(name)) << name;
}

TEST(Normalise, ExactKeepsEveryByte) {
  EXPECT_EQ(normalise(Normaliser::exact, " É x ")->expose_text(), " É x ");
}

TEST(Normalise, DigitsKeepsDigitsAlone) {
  EXPECT_EQ(normalise(Normaliser::digits, "85.07.30-033.28")->expose_text(), "85073003328");
  EXPECT_EQ(normalise(Normaliser::digits, " 1 2\t3 ")->expose_text(), "123");
  EXPECT_EQ(normalise(Normaliser::digits,
                      "\u0661"
                      "5")
                ->expose_text(),
            "5")
      << "other scripts' digits are not decimal digits here";
  EXPECT_EQ(normalise(Normaliser::digits, "--").error().code, Code::invalid);
}

TEST(Normalise, TextFoldsCaseAccentsAndSpaces) {
  EXPECT_EQ(text_form("  Zoë   VAN den Bôrre\u00a0 "), "zoe van den borre");
  EXPECT_EQ(text_form("Łukasz Žižek"), "lukasz zizek");
  EXPECT_EQ(text_form("Æsop Œuvre Straße Þór Ĳssel"), "aesop oeuvre strasse thor ijssel");
  EXPECT_EQ(text_form("a\r\n\tb\u2003\u3000c"), "a b c");
  EXPECT_EQ(text_form("3×4÷2"), "3×4÷2");
  EXPECT_EQ(text_form("Γειά Привет 漢字"), "Γειά Привет 漢字");
}

TEST(Normalise, TextMakesNoDifferenceBetweenComposedAndCombiningAccents) {
  EXPECT_EQ(text_form("Rene\u0301 No\u0308el"), text_form("René Nöel"));
  EXPECT_EQ(text_form("e\u0301\u0327"), "e");
}

// Every letter of the two blocks folds to one or two of a-z, in both cases alike.
TEST(Normalise, TextFoldsEveryLetterOfLatin1AndExtendedA) {
  for (unsigned c = 0xc0; c <= 0x17f; ++c) {
    const char encoded[] = {static_cast<char>(0xc0U | c >> 6U), static_cast<char>(0x80U | (c & 0x3fU)), '\0'};
    const std::string folded = text_form(encoded);
    if (c == 0xd7 || c == 0xf7) {
      EXPECT_EQ(folded, encoded);
      continue;
    }
    EXPECT_TRUE(folded.size() == 1 || folded.size() == 2) << c;
    EXPECT_EQ(folded.find_first_not_of("abcdefghijklmnopqrstuvwxyz"), std::string::npos) << c;
  }
}

TEST(Normalise, IsItsOwnFixedPoint) {
  for (const char* value : {" Zoë   VAN ", "\u0301 a", "ß", "3 × 4", "x\u00a0"}) {
    EXPECT_EQ(text_form(text_form(value)), text_form(value)) << value;
  }
}

TEST(Normalise, RefusesWhatIsEmptyAndWhatIsNotUtf8) {
  for (const Normaliser how : {Normaliser::exact, Normaliser::digits, Normaliser::text}) {
    EXPECT_EQ(normalise(how, "").error().code, Code::invalid);
    for (const std::string_view bad : {"1\xff", "1\xc0\x80", "1\xed\xa0\x80", "1\xf4\x90\x80\x80", "1\xe2\x82", "1\x80",
                                       "1\xe0\x80\xaf", "1\xf0\x80\x80\xaf", "1\xf8\x88\x80\x80\x80"}) {
      EXPECT_EQ(normalise(how, bad).error().code, Code::invalid);
    }
  }
  EXPECT_EQ(text_form(" \t\u00a0\u0301"), "(refused)");
}

TEST(Utf8, TakesTheBoundariesOfEveryLength) {
  const std::pair<std::string_view, char32_t> good[] = {{std::string_view("\0", 1), 0},
                                                        {"\x7f", 0x7f},
                                                        {"\xc2\x80", 0x80},
                                                        {"\xdf\xbf", 0x7ff},
                                                        {"\xe0\xa0\x80", 0x800},
                                                        {"\xed\x9f\xbf", 0xd7ff},
                                                        {"\xee\x80\x80", 0xe000},
                                                        {"\xef\xbf\xbf", 0xffff},
                                                        {"\xf0\x90\x80\x80", 0x10000},
                                                        {"\xf4\x8f\xbf\xbf", 0x10ffff}};
  for (const auto& [text, point] : good) {
    std::string_view rest = text;
    EXPECT_EQ(take_code_point(rest), point);
    EXPECT_TRUE(rest.empty());
  }
}

TEST(BlindIndex, IsATruncatedHmac) {
  const SecretKey key = *SecretKey::copy_of(Bytes(32, 5));
  const Digest whole = hmac_sha256(key.expose_secret(), {bytes_of("value")});
  EXPECT_EQ(blind_index(key, 256, bytes_of("value")), Bytes(whole.begin(), whole.end()));
  for (unsigned bits = 8; bits <= 256; ++bits) {
    const Bytes index = blind_index(key, bits, bytes_of("value"));
    ASSERT_EQ(index.size(), (bits + 7) / 8);
    for (unsigned bit = 0; bit < index.size() * 8; ++bit) {
      const unsigned mask = 0x80U >> bit % 8;
      EXPECT_EQ(index[bit / 8] & mask, bit < bits ? whole[bit / 8] & mask : 0U) << bits;
    }
  }
}

TEST(BlindIndex, RefusesWidthsThatCannotBe) {
  const SecretKey key = *SecretKey::random(32);
  EXPECT_THROW(blind_index(key, 7, {}), std::invalid_argument);
  EXPECT_THROW(blind_index(key, 257, {}), std::invalid_argument);
}

TEST(DerivedKeys, AreSeparateForEachUse) {
  const SecretKey data_key = *SecretKey::copy_of(Bytes(32, 6));
  const SecretKey keys[] = {*derive_sealing_key(data_key), *derive_index_key(data_key, "diplomas", "nrn"),
                            *derive_index_key(data_key, "diplomas", "name"),
                            *derive_index_key(data_key, "licences", "nrn"),
                            *derive_index_key(data_key, "diplomasn", "rn")};
  for (const SecretKey& one : keys) {
    EXPECT_EQ(one.size(), 32U);
    for (const SecretKey& other : keys) {
      EXPECT_EQ(equal_constant_time(one.expose_secret(), other.expose_secret()), &one == &other);
    }
  }
  EXPECT_TRUE(equal_constant_time(derive_sealing_key(data_key)->expose_secret(), keys[0].expose_secret()));
}

}  // namespace
}  // namespace sluis
