// The register: diplomas by number, from 1 on. Any of them can be made alone.
#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <memory>
#include <string_view>

#include "tests/data/person.h"
#include "tests/data/studies.h"

namespace sluis::registry {

// Views are of static texts.
struct Diploma {
  std::uint64_t number;
  Person holder;
  std::string_view title, subject, institution, grade;
  std::chrono::year_month_day awarded_on;
  Level level;
};

// Diplomas come in groups of 16 that 11 persons hold: most hold one, some two, few more.
constexpr std::uint64_t group_size = 16, persons_in_group = 11;

class Register {
 public:
  explicit Register(std::uint64_t seed);
  ~Register();
  Register(const Register&) = delete;
  Register& operator=(const Register&) = delete;

  // Not thread-safe: it remembers the last group.
  Diploma at(std::uint64_t number);

 private:
  struct Tables;
  struct Group {
    std::uint64_t number = ~std::uint64_t{0};
    std::array<std::uint8_t, group_size> holder{};   // person within the group
    std::array<std::uint8_t, group_size> ordinal{};  // the how-manieth of that person
  };
  void load_group(std::uint64_t number);
  Level level_of(std::uint64_t person, std::uint8_t ordinal, const Person& holder) const;

  std::uint64_t seed_;
  Persons persons_;
  std::unique_ptr<const Tables> tables_;
  Group group_;
};

}  // namespace sluis::registry
