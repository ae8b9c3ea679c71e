// Third-party vectors, read from the folder that SLUIS_VECTORS names, else ../shared/vectors beside the source tree.
#pragma once

#include <gtest/gtest.h>

#include <boost/json.hpp>
#include <filesystem>
#include <functional>
#include <map>
#include <optional>
#include <string>

#include "crypto/bytes.h"

namespace sluis::test {

// Nothing if the folder lacks the file.
std::optional<std::string> read_vectors(const std::string& path);

// One case of a Wycheproof file.
class Case {
 public:
  Case(const boost::json::object& group, const boost::json::object& test) : group_(&group), test_(&test) {}
  Bytes bytes(std::string_view name) const;
  Bytes bytes_of_group(std::string_view name) const;
  std::int64_t number(std::string_view name) const { return test_->at(name).as_int64(); }
  std::int64_t of_group(std::string_view name) const { return group_->at(name).as_int64(); }
  bool valid() const { return test_->at("result").as_string() == "valid"; }
  std::string label() const;

 private:
  Bytes decode(std::string_view name, const boost::json::value& value) const;

  const boost::json::object* group_;
  const boost::json::object* test_;
};

// What became of a case: run, or out of scope for the reason given.
using Outcome = std::optional<std::string>;
inline Outcome ran() {
  return std::nullopt;
}

// Runs `check` on every case, prints how many ran and how many were out of scope and why, and asserts that together
// they are the file's numberOfTests and that `expected_run` of them ran.
void run_wycheproof(const std::string& file, std::size_t expected_run,
                    const std::function<Outcome(const Case&)>& check);

}  // namespace sluis::test

// Reads a file of vectors into `name`, or skips the test, which is reported as skipped, never as passed.
#define SLUIS_VECTORS_OR_SKIP(name, path)              \
  const auto name = ::sluis::test::read_vectors(path); \
  if (!name) GTEST_SKIP() << "third-party vectors missing: " << (path)
