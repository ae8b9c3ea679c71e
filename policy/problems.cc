#include "policy/problems.h"

#include <algorithm>
#include <tuple>

namespace sluis::policy {
namespace {

constexpr std::size_t most_kept = 1000;

std::vector<LoadError> in_order(std::vector<LoadError> all) {
  std::stable_sort(all.begin(), all.end(), [](const LoadError& a, const LoadError& b) {
    return std::tie(a.line, a.column) < std::tie(b.line, b.column);
  });
  return all;
}

}  // namespace

std::string LoadError::text() const {
  if (line == 0) return file + ": " + message;
  return file + ":" + std::to_string(line) + ":" + std::to_string(column) + ": " + message;
}

void Problems::error(Place at, std::string message) {
  if (errors_.size() == most_kept) {
    ++left_out_;
    return;
  }
  errors_.push_back({file_, at.line, at.column, std::move(message)});
}

void Problems::warn(Place at, std::string message) {
  if (warnings_.size() == most_kept) return;
  warnings_.push_back({file_, at.line, at.column, std::move(message)});
}

std::vector<LoadError> Problems::errors() const {
  std::vector<LoadError> all = in_order(errors_);
  if (left_out_ > 0) all.push_back({file_, 0, 0, std::to_string(left_out_) + " more errors are not shown"});
  return all;
}

std::vector<LoadError> Problems::warnings() const {
  return in_order(warnings_);
}

}  // namespace sluis::policy
