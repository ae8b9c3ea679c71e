#include "vector_file.h"

#include <cstdlib>
#include <fstream>
#include <iostream>
#include <iterator>

namespace sluis::test {

std::optional<std::string> read_vectors(const std::string& path) {
  const char* const named = std::getenv("SLUIS_VECTORS");
  const std::filesystem::path folder = named != nullptr ? named : SLUIS_SOURCE_DIR "/../shared/vectors";
  std::ifstream file(folder / path, std::ios::binary);
  if (!file) return std::nullopt;
  return std::string(std::istreambuf_iterator<char>(file), {});
}

Bytes Case::bytes(std::string_view name) const {
  return decode(name, test_->at(name));
}

Bytes Case::bytes_of_group(std::string_view name) const {
  return decode(name, group_->at(name));
}

Bytes Case::decode(std::string_view name, const boost::json::value& value) const {
  const auto decoded = from_hex(value.as_string());
  EXPECT_TRUE(decoded) << label() << ' ' << name;
  return decoded ? *decoded : Bytes{};
}

std::string Case::label() const {
  return "tcId " + std::to_string(number("tcId")) + " " + std::string(test_->at("comment").as_string());
}

void run_wycheproof(const std::string& file, std::size_t expected_run,
                    const std::function<Outcome(const Case&)>& check) {
  SLUIS_VECTORS_OR_SKIP(text, "wycheproof/" + file);
  const boost::json::value document = boost::json::parse(*text);
  std::map<std::string, std::size_t> out_of_scope;
  std::size_t run = 0;
  std::size_t seen = 0;
  for (const auto& group : document.at("testGroups").as_array()) {
    for (const auto& test : group.at("tests").as_array()) {
      const Outcome outcome = check(Case(group.as_object(), test.as_object()));
      ++seen;
      if (!outcome) ++run;
      if (outcome) ++out_of_scope[*outcome];
    }
  }
  std::cout << file << ": " << run << " of " << seen << " cases run";
  for (const auto& [reason, count] : out_of_scope) std::cout << "; " << count << " out of scope: " << reason;
  std::cout << '\n';
  EXPECT_EQ(seen, static_cast<std::size_t>(document.at("numberOfTests").as_int64()));
  EXPECT_EQ(run, expected_run);
}

}  // namespace sluis::test
