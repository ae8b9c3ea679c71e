// First and family names as they occur in Belgium, most frequent first.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

namespace sluis::registry {

enum class Language : std::uint8_t { dutch, french, german };
enum class Sex : std::uint8_t { man, woman };

std::span<const std::string_view> first_names(Language language, Sex sex);
std::span<const std::string_view> family_names(Language language);

}  // namespace sluis::registry
