#include "tests/data/person.h"

#include <algorithm>
#include <numeric>
#include <vector>

#include "tests/data/draw.h"

namespace sluis::registry {
namespace {

using std::chrono::day;
using std::chrono::days;
using std::chrono::January;
using std::chrono::sys_days;
using std::chrono::year;
using std::chrono::year_month_day;

constexpr int first_birth_year = 1940;
constexpr int full_from_year = 1976;  // from here on every serial of a day may be in use
constexpr int last_birth_year = 2006;
constexpr std::uint64_t serials_a_day = 998;

// One year's share of the numbers: `start` numbers lie before it.
struct Year {
  std::uint64_t start;
  std::int64_t first_day;  // days since 1970-01-01
  std::uint64_t a_day;     // numbers a day
};

// Those born earlier left school before the register began, so fewer of them are in it: 4 % less for each year.
std::uint64_t numbers_a_day(int birth_year) {
  std::uint64_t count = serials_a_day;
  for (int y = birth_year; y < full_from_year; ++y) count = count * 94 / 100;
  return count;
}

struct Calendar {
  std::vector<Year> years;
  std::uint64_t capacity = 0;
  Calendar() {
    for (int y = first_birth_year; y <= last_birth_year; ++y) {
      const sys_days from = year{y} / January / day{1};
      const sys_days upto = year{y + 1} / January / day{1};
      years.push_back({capacity, from.time_since_epoch().count(), numbers_a_day(y)});
      capacity += static_cast<std::uint64_t>((upto - from).count()) * years.back().a_day;
    }
  }
};

const Calendar& calendar() {
  static const Calendar instance;
  return instance;
}

Language language_of(Draw& draw) {
  const auto at = draw.below(1000);
  if (at < 580) return Language::dutch;
  if (at < 992) return Language::french;
  return Language::german;
}

struct NameLists {
  SkewedList men, women, families;
  explicit NameLists(Language language)
      : men(first_names(language, Sex::man), 9),
        women(first_names(language, Sex::woman), 9),
        families(family_names(language), 14) {}
};

const NameLists& names_of(Language language) {
  static const std::array<NameLists, 3> lists{NameLists(Language::dutch), NameLists(Language::french),
                                              NameLists(Language::german)};
  return lists[static_cast<std::size_t>(language)];
}

void put_digits(char* at, std::uint32_t value, int count) {
  for (int i = count - 1; i >= 0; --i, value /= 10) at[i] = static_cast<char>('0' + value % 10);
}

}  // namespace

std::uint64_t Persons::capacity() {
  return calendar().capacity;
}

// number -> number * factor + offset is a bijection on [0, capacity): neighbours in number are not neighbours in birth.
Persons::Persons(std::uint64_t seed) : seed_(seed), factor_(0), offset_(0) {
  Draw draw(seed, 1, 0);
  factor_ = draw.next() % capacity();
  while (std::gcd(factor_, capacity()) != 1) factor_ = (factor_ + 1) % capacity();
  offset_ = draw.next() % capacity();
}

Person Persons::at(std::uint64_t number) const {
  const auto place = ((number % capacity()) * factor_ + offset_) % capacity();  // all below 2^25: no overflow
  const auto& years = calendar().years;
  const auto after = std::upper_bound(years.begin(), years.end(), place,
                                      [](std::uint64_t value, const Year& y) { return value < y.start; });
  const Year& in = *std::prev(after);
  const auto day_number = in.first_day + static_cast<std::int64_t>((place - in.start) / in.a_day);
  Person made{};
  made.birth = sys_days(days(day_number));
  made.serial = static_cast<std::uint32_t>((place - in.start) % in.a_day) + 1;
  made.sex = made.serial % 2 == 1 ? Sex::man : Sex::woman;
  Draw draw(seed_, 2, place);
  made.language = language_of(draw);
  const auto& lists = names_of(made.language);
  made.first_name = (made.sex == Sex::man ? lists.men : lists.women).pick(draw);
  made.family_name = lists.families.pick(draw);
  return made;
}

std::uint32_t check_digits(year_month_day birth, std::uint32_t serial) {
  const auto full_year = static_cast<int>(birth.year());
  std::uint64_t n = static_cast<std::uint64_t>(full_year % 100);
  n = n * 100 + static_cast<unsigned>(birth.month());
  n = n * 100 + static_cast<unsigned>(birth.day());
  n = n * 1000 + serial;
  if (full_year >= 2000) n += 2'000'000'000U;
  return static_cast<std::uint32_t>(97 - n % 97);
}

std::array<char, 15> national_number(const Person& person) {
  std::array<char, 15> text{'0', '0', '.', '0', '0', '.', '0', '0', '-', '0', '0', '0', '.', '0', '0'};
  put_digits(text.data(), static_cast<std::uint32_t>(static_cast<int>(person.birth.year()) % 100), 2);
  put_digits(text.data() + 3, static_cast<unsigned>(person.birth.month()), 2);
  put_digits(text.data() + 6, static_cast<unsigned>(person.birth.day()), 2);
  put_digits(text.data() + 9, person.serial, 3);
  put_digits(text.data() + 13, check_digits(person.birth, person.serial), 2);
  return text;
}

}  // namespace sluis::registry
