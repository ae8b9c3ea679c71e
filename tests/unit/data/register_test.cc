// The made-up register: valid numbers, the same one for the same seed, and skewed as a real one is.
#include "tests/data/diploma.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <string>

#include "tests/data/person.h"

namespace sluis::registry {
namespace {

using std::chrono::year;

std::string number_of(const Person& person) {
  const auto text = national_number(person);
  return {text.data(), text.size()};
}

// 85.07.30-033.28 is the example that the national register itself publishes.
TEST(NationalNumber, CheckDigitsFollowTheRule) {
  const auto in_1985 = year{1985} / 7 / 30;
  EXPECT_EQ(check_digits(in_1985, 33), 97U - 850730033U % 97U);
  EXPECT_EQ(check_digits(in_1985, 33), 28U);
  const auto in_2000 = year{2000} / 1 / 1;
  EXPECT_EQ(check_digits(in_2000, 1), 97U - 2000101001ULL % 97U);
  EXPECT_NE(check_digits(in_2000, 1), 97U - 101001U % 97U);
}

TEST(NationalNumber, WholeNumberIsDivisibleForEveryDiploma) {
  Register diplomas(7);
  for (std::uint64_t i = 1; i <= 20'000; ++i) {
    const auto diploma = diplomas.at(i);
    auto text = number_of(diploma.holder);
    std::erase_if(text, [](char c) { return c == '.' || c == '-'; });
    ASSERT_EQ(text.size(), 11U);
    if (diploma.holder.birth.year() >= year{2000}) text.insert(0, 1, '2');
    const auto digits = text.size() - 2;
    ASSERT_EQ((std::stoull(text.substr(0, digits)) + std::stoull(text.substr(digits))) % 97, 0U) << text;
    ASSERT_TRUE(diploma.holder.birth.ok());
    ASSERT_EQ(diploma.holder.serial % 2 == 1, diploma.holder.sex == Sex::man);
    ASSERT_GE(diploma.holder.serial, 1U);
    ASSERT_LE(diploma.holder.serial, 998U);
  }
}

TEST(Persons, HaveNumbersOfTheirOwnAndNamesThatStay) {
  const Persons persons(3);
  std::map<std::string, std::string> names;
  for (std::uint64_t i = 0; i < 50'000; ++i) {
    const auto person = persons.at(i);
    ASSERT_TRUE(names.emplace(number_of(person), std::string(person.family_name)).second) << i;
  }
  const auto again = persons.at(Persons::capacity() + 5);
  EXPECT_EQ(names.at(number_of(again)), again.family_name);
  EXPECT_GT(Persons::capacity(), 11'000'000U);
}

TEST(Register, SameNumberSameDiplomaInAnyOrder) {
  Register forwards(5);
  Register backwards(5);
  std::map<std::uint64_t, std::string> seen;
  for (std::uint64_t i = 1; i <= 500; ++i) seen[i] = number_of(forwards.at(i).holder);
  for (std::uint64_t i = 500; i >= 1; --i) EXPECT_EQ(number_of(backwards.at(i).holder), seen[i]) << i;
  Register other(6);
  EXPECT_NE(number_of(other.at(1).holder), seen[1]);
}

struct Shares {
  std::map<std::string, int> by_holder, by_family;
  std::map<unsigned, int> by_month;
  std::map<int, int> by_year, by_level;
};

constexpr int sample = 60'000;

const Shares& shares() {
  static const Shares counted = [] {
    Shares made;
    Register diplomas(1);
    for (std::uint64_t i = 1; i <= sample; ++i) {
      const auto diploma = diplomas.at(i);
      ++made.by_holder[number_of(diploma.holder)];
      ++made.by_family[std::string(diploma.holder.family_name)];
      ++made.by_month[static_cast<unsigned>(diploma.awarded_on.month())];
      ++made.by_year[static_cast<int>(diploma.awarded_on.year())];
      ++made.by_level[diploma.level];
    }
    return made;
  }();
  return counted;
}

TEST(Register, MostHoldOneDiplomaSomeHoldSeveral) {
  std::map<int, int> holders;
  for (const auto& [number, count] : shares().by_holder) ++holders[count];
  EXPECT_GT(holders[1], holders[2]);
  EXPECT_GT(holders[2], holders[3]);
  EXPECT_GT(holders[3], 0);
  EXPECT_NEAR(static_cast<double>(sample) / static_cast<double>(shares().by_holder.size()), 16.0 / 11.0, 0.01);
}

TEST(Register, JuneJulyAndSeptemberPeak) {
  auto months = shares().by_month;
  EXPECT_GT(months[6] + months[7] + months[9], sample * 7 / 10);
  EXPECT_GT(months[4], 0);
  EXPECT_GT(months[6], 10 * months[4]);
}

TEST(Register, EveryYearSince1999AndMoreInRecentOnes) {
  auto years = shares().by_year;
  EXPECT_EQ(years.begin()->first, 1999);
  EXPECT_EQ(years.rbegin()->first, 2025);
  EXPECT_EQ(years.size(), 27U);
  EXPECT_GT(years[2019], years[2001]);
}

TEST(Register, LevelsFourToEightDoctorsAreRare) {
  auto levels = shares().by_level;
  EXPECT_EQ(levels.begin()->first, 4);
  EXPECT_EQ(levels.rbegin()->first, 8);
  EXPECT_GT(levels[4], levels[5]);
  EXPECT_GT(levels[6], levels[5]);
  EXPECT_LT(levels[8], sample / 50);
}

TEST(Register, FamilyNamesAreSkewed) {
  const auto& families = shares().by_family;
  EXPECT_GT(families.size(), 200U);
  int most = 0;
  for (const auto& [name, count] : families) most = std::max(most, count);
  EXPECT_GT(most, 3 * sample / static_cast<int>(families.size()));
}

TEST(Register, NobodyIsAwardedBeforeTheAgeOfSeventeen) {
  Register diplomas(9);
  for (std::uint64_t i = 1; i <= 20'000; ++i) {
    const auto diploma = diplomas.at(i);
    ASSERT_GE(diploma.awarded_on.year() - diploma.holder.birth.year(), std::chrono::years(18)) << i;
    ASSERT_TRUE(diploma.awarded_on.ok()) << i;
  }
}

}  // namespace
}  // namespace sluis::registry
