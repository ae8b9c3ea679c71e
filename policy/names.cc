#include "policy/names.h"

#include <algorithm>
#include <array>
#include <cstdint>

namespace sluis::policy {
namespace {

constexpr std::size_t longest_name = 64;

bool letter_or_digit(char c) noexcept {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

char lower(char c) noexcept {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

bool continues_code_point(char c) noexcept {
  return (static_cast<unsigned char>(c) & 0xC0U) == 0x80U;
}

// Optimal string alignment distance: insertions, deletions, replacements and swaps of neighbours count one each; case
// counts nothing. Both words have at most longest_name bytes.
std::size_t distance(std::string_view a, std::string_view b) noexcept {
  std::array<std::array<std::size_t, longest_name + 1>, 3> rows{};
  for (std::size_t j = 0; j <= b.size(); ++j) rows[0][j] = j;
  for (std::size_t i = 1; i <= a.size(); ++i) {
    auto& row = rows[i % 3];
    const auto& above = rows[(i + 2) % 3];
    const auto& second = rows[(i + 1) % 3];
    row[0] = i;
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const std::size_t same = lower(a[i - 1]) == lower(b[j - 1]) ? 0 : 1;
      row[j] = std::min({above[j] + 1, row[j - 1] + 1, above[j - 1] + same});
      const bool swapped = i > 1 && j > 1 && lower(a[i - 1]) == lower(b[j - 2]) && lower(a[i - 2]) == lower(b[j - 1]);
      if (swapped) row[j] = std::min(row[j], second[j - 2] + 1);
    }
  }
  return rows[a.size() % 3][b.size()];
}

}  // namespace

bool well_formed(std::string_view name) noexcept {
  if (name.empty() || name.size() > longest_name) return false;
  if (!letter_or_digit(name.front()) && name.front() != '_') return false;
  return std::all_of(name.begin(), name.end(),
                     [](char c) { return letter_or_digit(c) || c == '_' || c == '-' || c == '.'; });
}

std::string printable(std::string_view text, std::size_t most) {
  constexpr std::string_view digits = "0123456789abcdef";
  std::string out;
  for (const char c : text) {
    if (out.size() >= most && !continues_code_point(c)) return out + "...";
    const auto byte = static_cast<unsigned char>(c);
    if (byte >= 0x20 && byte != 0x7F) {
      out += c;
      continue;
    }
    out += {'\\', 'x', digits[byte >> 4U], digits[byte & 0x0FU]};
  }
  return out;
}

std::string quoted(std::string_view text) {
  return "'" + printable(text, 64) + "'";
}

std::string Suggester::for_word(std::string_view word, std::span<const std::string_view> known) {
  if (word.empty() || word.size() > longest_name) return {};
  std::size_t best = std::max<std::size_t>(1, std::min<std::size_t>(3, word.size() / 3)) + 1;
  std::string_view nearest;
  for (const std::string_view candidate : known) {
    if (comparisons_left_ == 0) return {};
    --comparisons_left_;
    const std::size_t longer = std::max(candidate.size(), word.size());
    const std::size_t shorter = std::min(candidate.size(), word.size());
    if (longer > longest_name || longer - shorter >= best) continue;
    const std::size_t apart = distance(word, candidate);
    if (apart >= best) continue;
    best = apart;
    nearest = candidate;
  }
  if (nearest.empty()) return {};
  return " (did you mean " + quoted(nearest) + "?)";
}

}  // namespace sluis::policy
