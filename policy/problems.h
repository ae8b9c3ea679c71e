// Collects what is wrong with a file while it is read, so that people see all of it at once.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "policy/policy.h"

namespace sluis::policy {

// Counted from 1; columns are characters (code points), not bytes.
struct Place {
  std::uint32_t line = 0, column = 0;
};

class Problems {
 public:
  explicit Problems(std::string_view file) : file_(file) {}

  void error(Place at, std::string message);
  void warn(Place at, std::string message);
  bool failed() const noexcept { return !errors_.empty(); }

  // In the order of the file. At most 1000 errors are kept; one more says that there are others.
  std::vector<LoadError> errors() const;
  std::vector<LoadError> warnings() const;

 private:
  std::string file_;
  std::vector<LoadError> errors_, warnings_;
  std::size_t left_out_ = 0;
};

}  // namespace sluis::policy
