// Strict UTF-8 (RFC 3629): no overlong form, no surrogate, nothing over U+10FFFF.
#pragma once

#include <optional>
#include <string_view>

namespace sluis {

// Takes one code point off the front of a text that is not empty. Nothing if the text does not begin with a whole,
// well-formed one; the text is then unchanged.
std::optional<char32_t> take_code_point(std::string_view& text) noexcept;

bool is_utf8(std::string_view text) noexcept;

}  // namespace sluis
