// What changed between two texts, line by line, as `diff -u` shows it without its heads. Pure; thread-safe.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace sluis::cli {

// Lines that begin with ' ', '-' or '+'; of what is the same only `context` lines around each change, "…" for the rest.
// The shortest script for up to a few thousand changed lines; beyond that the whole middle is given as replaced.
std::vector<std::string> text_diff(std::string_view before, std::string_view after, std::size_t context = 3);

}  // namespace sluis::cli
