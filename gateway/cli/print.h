// What the command shows: tables for people, JSON for programs, a progress bar on long work.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace sluis::cli {

// Columns separated by two spaces, as wide as their widest cell (in characters, not bytes). Control characters in cells
// are shown as '?', so that stored data cannot drive the reader's terminal.
class Table {
 public:
  explicit Table(std::vector<std::string> head) : rows_{std::move(head)} {}
  void row(std::vector<std::string> cells) { rows_.push_back(std::move(cells)); }
  void print() const;

 private:
  std::vector<std::vector<std::string>> rows_;
};

// Control characters replaced.
std::string printable(std::string_view text);

// "1 line", "2 lines".
std::string counted(std::uint64_t count, std::string_view one, std::string_view many);

// A bar on standard error, redrawn at most ten times a second; nothing if standard error is no terminal, except one
// line at the end. `total` 0: unknown, no bar but a count.
class Progress {
 public:
  Progress(std::string label, std::uint64_t total);
  void at(std::uint64_t done, std::string_view unit);
  void finish(std::string_view summary);

 private:
  using Clock = std::chrono::steady_clock;
  std::string label_;
  std::uint64_t total_;
  Clock::time_point started_, drawn_;
  bool terminal_;
};

}  // namespace sluis::cli
