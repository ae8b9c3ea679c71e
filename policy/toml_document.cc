#include "policy/toml_document.h"

#include <toml++/toml.h>

#include <algorithm>
#include <tuple>

#include "policy/names.h"

namespace sluis::policy {
namespace {

// A policy needs no dotted key at all. The library builds one nested table a dot and frees them recursively, so that a
// long enough key would exhaust the stack.
constexpr std::size_t most_dots = 256;
// Root, list, table, list of names: what lies deeper is in no known key and is not looked at.
constexpr int deepest = 6;

// Finds dots outside of strings and comments: those of dotted keys (and of numbers and times, which are rare).
class DotCounter {
 public:
  explicit DotCounter(std::string_view text) noexcept : text_(text) {}

  // The place of the first dot too many.
  std::optional<Place> excess() {
    while (at_ < text_.size()) {
      const char c = text_[at_];
      if (c == '"' || c == '\'') {
        skip_string(c);
        continue;
      }
      if (c == '#') {
        skip_line();
        continue;
      }
      if (c == '.' && ++dots_ > most_dots) return place_;
      step();
    }
    return std::nullopt;
  }

 private:
  void step() noexcept {
    const auto byte = static_cast<unsigned char>(text_[at_++]);
    if (byte == '\n') {
      place_ = {place_.line + 1, 1};
      return;
    }
    if ((byte & 0xC0U) != 0x80U) ++place_.column;
  }
  void steps(std::size_t count) noexcept {
    for (; count > 0 && at_ < text_.size(); --count) step();
  }
  void skip_line() noexcept {
    while (at_ < text_.size() && text_[at_] != '\n') step();
  }
  // An end of line ends a one-line string here; the library reports it as an error at that place.
  void skip_string(char quote) noexcept {
    const std::string triple(3, quote);
    const bool multi_line = text_.substr(at_).starts_with(triple);
    steps(multi_line ? 3 : 1);
    while (at_ < text_.size()) {
      if (text_[at_] == '\\' && quote == '"') {
        steps(2);
        continue;
      }
      if (!multi_line && (text_[at_] == quote || text_[at_] == '\n')) return steps(1);
      if (multi_line && text_.substr(at_).starts_with(triple)) return close_multi_line(quote);
      step();
    }
  }
  // Up to two quotes may stand right before the three that close.
  void close_multi_line(char quote) noexcept {
    for (int i = 0; i < 5 && at_ < text_.size() && text_[at_] == quote; ++i) step();
  }

  std::string_view text_;
  std::size_t at_ = 0, dots_ = 0;
  Place place_{1, 1};
};

Place place_of(const toml::source_region& source) noexcept {
  return {source.begin.line, source.begin.column};
}

Node::Kind kind_of(const toml::node& node) noexcept {
  switch (node.type()) {
    case toml::node_type::string:
      return Node::Kind::string;
    case toml::node_type::integer:
      return Node::Kind::integer;
    case toml::node_type::floating_point:
      return Node::Kind::real;
    case toml::node_type::boolean:
      return Node::Kind::boolean;
    case toml::node_type::array:
      return Node::Kind::array;
    case toml::node_type::table:
      return Node::Kind::table;
    default:
      return Node::Kind::time;
  }
}

Node convert(const toml::node& from, int depth);

std::vector<Member> members_of(const toml::table& from, int depth) {
  std::vector<Member> members;
  members.reserve(from.size());
  for (const auto& [key, value] : from)
    members.push_back({std::string(key.str()), place_of(key.source()), convert(value, depth)});
  std::sort(members.begin(), members.end(), [](const Member& a, const Member& b) {
    return std::tie(a.at.line, a.at.column) < std::tie(b.at.line, b.at.column);
  });
  return members;
}

std::vector<Node> items_of(const toml::array& from, int depth) {
  std::vector<Node> items;
  items.reserve(from.size());
  for (const toml::node& item : from) items.push_back(convert(item, depth));
  return items;
}

Node convert(const toml::node& from, int depth) {
  Node to;
  to.kind = kind_of(from);
  to.at = place_of(from.source());
  if (const auto* text = from.as_string()) to.text = text->get();
  if (const auto* integer = from.as_integer()) to.integer = integer->get();
  if (const auto* truth = from.as_boolean()) to.truth = truth->get();
  if (depth == deepest) return to;
  if (const auto* array = from.as_array()) to.items = items_of(*array, depth + 1);
  if (const auto* table = from.as_table()) to.members = members_of(*table, depth + 1);
  return to;
}

}  // namespace

const Member* Node::find(std::string_view key) const noexcept {
  const auto found = std::find_if(members.begin(), members.end(), [&](const Member& m) { return m.key == key; });
  return found == members.end() ? nullptr : &*found;
}

std::string_view name(Node::Kind kind) noexcept {
  switch (kind) {
    case Node::Kind::string:
      return "a string";
    case Node::Kind::integer:
      return "an integer";
    case Node::Kind::real:
      return "a decimal number";
    case Node::Kind::boolean:
      return "true or false";
    case Node::Kind::time:
      return "a date or time";
    case Node::Kind::array:
      return "a list";
    case Node::Kind::table:
      return "a table";
  }
  return "something else";
}

std::optional<Node> parse_toml(std::string_view text, Problems& problems) {
  if (const auto at = DotCounter(text).excess()) {
    problems.error(*at, "too many dotted keys");
    return std::nullopt;
  }
  try {
    return convert(toml::parse(text), 0);
  } catch (const toml::parse_error& error) {
    problems.error(place_of(error.source()), printable(error.description(), 300));
    return std::nullopt;
  }
}

}  // namespace sluis::policy
