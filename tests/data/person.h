// Holders of diplomas, by number: the same seed and number give the same person.
#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <string_view>

#include "tests/data/names.h"

namespace sluis::registry {

struct Person {
  std::chrono::year_month_day birth;
  std::uint32_t serial;  // 1 to 998, unique within a day of birth; odd for men, even for women
  Sex sex;
  Language language;
  std::string_view first_name;
  std::string_view family_name;
};

// All holders of a seed. Immutable and thread-safe.
class Persons {
 public:
  explicit Persons(std::uint64_t seed);
  Person at(std::uint64_t number) const;
  // Persons with a national number of their own: number p + capacity() is the same person as number p.
  static std::uint64_t capacity();

 private:
  std::uint64_t seed_, factor_, offset_;
};

// Check digits of the Belgian national number: 97 - (n mod 97), n being the nine digits YYMMDDNNN, preceded by a 2 for
// births from 2000 on (Royal Decree of 3 April 1984 and its amendment of 25 November 1997).
std::uint32_t check_digits(std::chrono::year_month_day birth, std::uint32_t serial);

// "YY.MM.DD-NNN.CC", without a terminating zero.
std::array<char, 15> national_number(const Person& person);

}  // namespace sluis::registry
