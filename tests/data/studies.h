// Levels, qualifications and institutions, by language.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

#include "tests/data/names.h"

namespace sluis::registry {

// European Qualifications Framework: 4 secondary, 5 short cycle, 6 bachelor, 7 master, 8 doctor.
using Level = std::uint8_t;
constexpr Level lowest_level = 4, highest_level = 8;

std::span<const std::string_view> institutions(Language language, Level level);
// A qualification is one of the titles of a level, followed by a subject.
std::span<const std::string_view> titles(Language language, Level level);
std::span<const std::string_view> subjects(Language language, Level level);
// From plain pass to highest distinction.
std::span<const std::string_view> grades(Language language);

}  // namespace sluis::registry
