#include "tests/data/diploma.h"

#include <algorithm>
#include <numeric>
#include <vector>

#include "tests/data/draw.h"

namespace sluis::registry {
namespace {

using std::chrono::day;
using std::chrono::month;
using std::chrono::year;
using std::chrono::year_month_day;

constexpr int first_year = 1999;
constexpr int last_year = 2025;

// Usual age at levels 4 to 8, and how often the first diploma in the register is of that level.
constexpr std::array<int, 5> usual_age{18, 21, 22, 24, 29};
constexpr std::array<std::uint32_t, 5> first_level{46, 6, 31, 16, 1};
// January to December: the ends of the two sessions in June and July, the resits in September.
constexpr std::array<std::uint32_t, 12> months{22, 45, 12, 8, 14, 330, 235, 30, 215, 45, 20, 24};
constexpr std::array<std::uint32_t, 4> grade_shares{52, 30, 14, 4};

constexpr std::size_t at_level(Level level) {
  return static_cast<std::size_t>(level - lowest_level);
}

}  // namespace

struct Register::Tables {
  struct PerLanguage {
    std::vector<SkewedList> institutions, titles, subjects;  // by level
    explicit PerLanguage(Language language) {
      for (Level level = lowest_level; level <= highest_level; ++level) {
        institutions.emplace_back(registry::institutions(language, level), 1);
        titles.emplace_back(registry::titles(language, level), 0);
        subjects.emplace_back(registry::subjects(language, level), 4);
      }
    }
  };
  std::array<PerLanguage, 3> languages{PerLanguage(Language::dutch), PerLanguage(Language::french),
                                       PerLanguage(Language::german)};
  Weights first_levels{first_level};
  Weights month_weights{months};
  Weights grade_weights{grade_shares};

  year_month_day award(Draw& draw, const Person& holder, Level level) const;
};

// At the usual age, a few years later for some; those who were older than that in 1999 studied as adults, and the more
// recent the year, the more of them did.
year_month_day Register::Tables::award(Draw& draw, const Person& holder, Level level) const {
  const int birth = static_cast<int>(holder.birth.year());
  int in = birth + usual_age.at(at_level(level)) + (draw.chance(70) ? 0 : static_cast<int>(draw.below(4)));
  if (draw.chance(5)) in += static_cast<int>(draw.below(12));
  if (in < first_year) {
    const auto years = static_cast<std::uint32_t>(last_year - first_year + 1);
    in = first_year + static_cast<int>(std::max(draw.below(years), draw.below(years)));
  }
  // Not in the future: those who are late by chance are on time, or finish in one of the last years.
  if (in > last_year) in = std::max(birth + usual_age.at(at_level(level)), last_year - static_cast<int>(draw.below(6)));
  const auto at = static_cast<unsigned>(month_weights.pick(draw)) + 1;
  // Diplomas are awarded in the last week of June and September, and at any time in the other months.
  const auto date = at == 6 || at == 9 ? 22 + draw.below(9) : 1 + draw.below(28);
  return year{std::min(in, last_year)} / month{at} / day{date};
}

Register::Register(std::uint64_t seed) : seed_(seed), persons_(seed), tables_(std::make_unique<const Tables>()) {}
Register::~Register() = default;

// Each person has one diploma; each of the others goes to the holder of a random diploma, so that who has more gets
// more.
void Register::load_group(std::uint64_t number) {
  if (group_.number == number) return;
  Draw draw(seed_, 3, number);
  auto& holder = group_.holder;
  std::iota(holder.begin(), holder.begin() + persons_in_group, std::uint8_t{0});
  for (std::size_t i = persons_in_group; i < group_size; ++i) holder[i] = holder[draw.below(static_cast<unsigned>(i))];
  for (std::size_t i = group_size - 1; i > 0; --i)
    std::swap(holder[i], holder[draw.below(static_cast<unsigned>(i) + 1)]);
  std::array<std::uint8_t, persons_in_group> seen{};
  for (std::size_t i = 0; i < group_size; ++i) group_.ordinal[i] = seen[holder[i]]++;
  group_.number = number;
}

// The first level is drawn once a person, later diplomas are of higher ones; nobody is awarded one before the usual
// age.
Level Register::level_of(std::uint64_t person, std::uint8_t ordinal, const Person& holder) const {
  Draw draw(seed_, 4, person);
  const auto first = tables_->first_levels.pick(draw);
  const auto skipped = first == 0 && ordinal > 0 ? 1U : 0U;  // from school to a bachelor's degree
  const auto reached = lowest_level + first + skipped + ordinal;
  auto level = static_cast<Level>(std::min<std::size_t>(reached, 7));
  if (reached >= 8 && Draw(seed_, 5, person).chance(6)) level = highest_level;
  const int age_at_end = last_year - static_cast<int>(holder.birth.year());
  while (level > lowest_level && usual_age.at(at_level(level)) > age_at_end) --level;
  return level;
}

Diploma Register::at(std::uint64_t number) {
  const auto index = number - 1;
  load_group(index / group_size);
  const auto slot = static_cast<std::size_t>(index % group_size);
  const auto holder_number = group_.number * persons_in_group + group_.holder[slot];
  Diploma made{};
  made.number = number;
  made.holder = persons_.at(holder_number);
  made.level = level_of(holder_number, group_.ordinal[slot], made.holder);
  Draw draw(seed_, 6, number);
  const auto& lists = tables_->languages[static_cast<std::size_t>(made.holder.language)];
  made.title = lists.titles[at_level(made.level)].pick(draw);
  made.subject = lists.subjects[at_level(made.level)].pick(draw);
  made.institution = lists.institutions[at_level(made.level)].pick(draw);
  made.grade = grades(made.holder.language)[tables_->grade_weights.pick(draw)];
  made.awarded_on = tables_->award(draw, made.holder, made.level);
  return made;
}

}  // namespace sluis::registry
