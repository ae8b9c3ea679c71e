#include "gateway/cli/text_diff.h"

#include <algorithm>
#include <cstdint>

namespace sluis::cli {
namespace {

using Lines = std::vector<std::string_view>;
constexpr std::size_t kMostCells = std::size_t{4} << 20U;

Lines lines_of(std::string_view text) {
  Lines out;
  while (!text.empty()) {
    const auto end = std::min(text.find('\n'), text.size());
    out.push_back(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return out;
}

void add(std::vector<std::string>& out, char sign, std::string_view line) {
  out.push_back(sign + std::string(line));
}

// The longest common subsequence by the classic table, of what is left between equal beginnings and ends.
void middle(const Lines& a, const Lines& b, std::vector<std::string>& out) {
  if ((a.size() + 1) * (b.size() + 1) > kMostCells) {
    for (const auto line : a) add(out, '-', line);
    for (const auto line : b) add(out, '+', line);
    return;
  }
  const std::size_t width = b.size() + 1;
  std::vector<std::uint32_t> common((a.size() + 1) * width, 0);
  for (std::size_t i = a.size(); i-- > 0;) {
    for (std::size_t j = b.size(); j-- > 0;) {
      common[i * width + j] = a[i] == b[j] ? common[(i + 1) * width + j + 1] + 1
                                           : std::max(common[(i + 1) * width + j], common[i * width + j + 1]);
    }
  }
  std::size_t i = 0, j = 0;
  while (i < a.size() || j < b.size()) {
    const bool both = i < a.size() && j < b.size();
    if (both && a[i] == b[j]) {
      add(out, ' ', a[i++]);
      ++j;
    } else if (j == b.size() || (i < a.size() && common[(i + 1) * width + j] >= common[i * width + j + 1])) {
      add(out, '-', a[i++]);
    } else {
      add(out, '+', b[j++]);
    }
  }
}

std::vector<std::string> shortened(const std::vector<std::string>& all, std::size_t context) {
  std::vector<bool> shown(all.size(), false);
  for (std::size_t i = 0; i < all.size(); ++i) {
    if (all[i].front() == ' ') continue;
    const std::size_t from = i - std::min(i, context);
    const std::size_t to = std::min(all.size(), i + context + 1);
    std::fill(shown.begin() + static_cast<std::ptrdiff_t>(from), shown.begin() + static_cast<std::ptrdiff_t>(to), true);
  }
  std::vector<std::string> out;
  for (std::size_t i = 0; i < all.size(); ++i) {
    if (shown[i]) out.push_back(all[i]);
    if (!shown[i] && (i == 0 || shown[i - 1])) out.emplace_back("…");
  }
  return out;
}

}  // namespace

std::vector<std::string> text_diff(std::string_view before, std::string_view after, std::size_t context) {
  Lines a = lines_of(before), b = lines_of(after);
  std::size_t head = 0, tail = 0;
  while (head < std::min(a.size(), b.size()) && a[head] == b[head]) ++head;
  while (tail < std::min(a.size(), b.size()) - head && a[a.size() - 1 - tail] == b[b.size() - 1 - tail]) ++tail;
  std::vector<std::string> out;
  for (std::size_t i = 0; i < head; ++i) add(out, ' ', a[i]);
  const auto cut = [&](const Lines& lines) {
    return Lines(lines.begin() + static_cast<std::ptrdiff_t>(head), lines.end() - static_cast<std::ptrdiff_t>(tail));
  };
  middle(cut(a), cut(b), out);
  for (std::size_t i = a.size() - tail; i < a.size(); ++i) add(out, ' ', a[i]);
  return shortened(out, context);
}

}  // namespace sluis::cli
