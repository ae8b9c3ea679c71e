// A TOML text as a tree with the place of everything in it. The only code that knows the TOML library is behind this.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "policy/problems.h"

namespace sluis::policy {

struct Member;

struct Node {
  enum class Kind : std::uint8_t { string, integer, real, boolean, time, array, table };

  Kind kind = Kind::table;
  Place at;
  std::string text;             // string
  std::int64_t integer = 0;     // integer
  bool truth = false;           // boolean
  std::vector<Node> items;      // array
  std::vector<Member> members;  // table, in the order of the file

  const Member* find(std::string_view key) const noexcept;
};

struct Member {
  std::string key;
  Place at;  // of the key
  Node value;
};

// "a string", "an integer", …
std::string_view name(Node::Kind kind) noexcept;

// nullopt, and an error with its place in `problems`, where the text is not TOML 1.0. The library stops at the first
// syntax error. Hostile nesting is refused before the library sees it.
std::optional<Node> parse_toml(std::string_view text, Problems& problems);

}  // namespace sluis::policy
