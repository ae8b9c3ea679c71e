#include "gateway/cli/print.h"

#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <iostream>

namespace sluis::cli {
namespace {

bool is_control(char c) {
  const auto byte = static_cast<unsigned char>(c);
  return byte < 0x20 || byte == 0x7f;
}

// Characters of UTF-8 text: bytes that do not continue a sequence.
std::size_t width(std::string_view text) {
  return static_cast<std::size_t>(
      std::count_if(text.begin(), text.end(), [](char c) { return (static_cast<unsigned char>(c) & 0xc0U) != 0x80U; }));
}

std::string human(double value) {
  constexpr std::string_view units = " kMGT";
  std::size_t unit = 0;
  while (value >= 10000 && unit + 1 < units.size()) {
    value /= 1000;
    ++unit;
  }
  char text[32];
  std::snprintf(text, sizeof text, unit == 0 ? "%.0f" : "%.1f%c", value, units[unit]);
  return text;
}

}  // namespace

std::string printable(std::string_view text) {
  std::string out(text);
  std::replace_if(out.begin(), out.end(), is_control, '?');
  return out;
}

std::string counted(std::uint64_t count, std::string_view one, std::string_view many) {
  return std::to_string(count) + ' ' + std::string(count == 1 ? one : many);
}

void Table::print() const {
  std::vector<std::size_t> widths;
  for (const auto& row : rows_) {
    widths.resize(std::max(widths.size(), row.size()));
    for (std::size_t i = 0; i < row.size(); ++i) widths[i] = std::max(widths[i], width(row[i]));
  }
  for (const auto& row : rows_) {
    std::string line;
    for (std::size_t i = 0; i < row.size(); ++i) {
      line += printable(row[i]);
      if (i + 1 < row.size()) line.append(widths[i] - width(row[i]) + 2, ' ');
    }
    std::cout << line << '\n';
  }
}

Progress::Progress(std::string label, std::uint64_t total)
    : label_(std::move(label)), total_(total), started_(Clock::now()), terminal_(isatty(STDERR_FILENO) == 1) {}

void Progress::at(std::uint64_t done, std::string_view unit) {
  const auto now = Clock::now();
  if (!terminal_ || now - drawn_ < std::chrono::milliseconds(100)) return;
  drawn_ = now;
  const double seconds = std::max(std::chrono::duration<double>(now - started_).count(), 0.001);
  const double rate = static_cast<double>(done) / seconds;
  std::string line = "\r\x1b[K" + label_ + ' ';
  if (total_ != 0) {
    constexpr std::size_t cells = 30;
    const double part = std::min(1.0, static_cast<double>(done) / static_cast<double>(total_));
    const auto full = static_cast<std::size_t>(part * cells);
    line += '[' + std::string(full, '#') + std::string(cells - full, '.') + "] ";
    line += std::to_string(static_cast<unsigned>(part * 100)) + "%  ";
    const double left = static_cast<double>(total_ - std::min(done, total_)) / std::max(rate, 1.0);
    line += std::to_string(static_cast<std::uint64_t>(left)) + " s left  ";
  }
  line +=
      human(static_cast<double>(done)) + ' ' + std::string(unit) + "  " + human(rate) + ' ' + std::string(unit) + "/s";
  std::cerr << line << std::flush;
}

void Progress::finish(std::string_view summary) {
  std::cerr << (terminal_ ? "\r\x1b[K" : "") << label_ << ": " << summary << '\n';
}

}  // namespace sluis::cli
