#include "policy/table_reader.h"

#include <algorithm>
#include <unordered_set>

namespace sluis::policy {
namespace {

constexpr std::int64_t largest_count = 1'000'000'000'000;

}  // namespace

TableReader::TableReader(const Node& table, std::string_view what, std::span<const std::string_view> keys,
                         Problems& problems, Suggester& suggester)
    : table_(table), what_(what), problems_(problems) {
  for (const Member& member : table.members) {
    if (std::find(keys.begin(), keys.end(), member.key) != keys.end()) continue;
    problems.error(member.at, "unknown key " + quoted(member.key) + " in " + std::string(what) +
                                  suggester.for_word(member.key, keys));
  }
}

Place TableReader::at(std::string_view key) const noexcept {
  const Member* member = table_.find(key);
  return member == nullptr ? table_.at : member->at;
}

const Node* TableReader::value(std::string_view key, Node::Kind kind) {
  const Member* member = table_.find(key);
  if (member == nullptr) return nullptr;
  if (member->value.kind == kind) return &member->value;
  problems_.error(member->value.at, quoted(key) + " must be " + std::string(name(kind)) + ", not " +
                                        std::string(name(member->value.kind)));
  return nullptr;
}

void TableReader::missing(std::string_view key) {
  problems_.error(table_.at, std::string(what_) + " has no " + quoted(key));
}

std::optional<Text> TableReader::text(std::string_view key) {
  const Node* node = value(key, Node::Kind::string);
  if (node == nullptr) return std::nullopt;
  return Text{node->text, node->at};
}

std::optional<bool> TableReader::flag(std::string_view key) {
  const Node* node = value(key, Node::Kind::boolean);
  if (node == nullptr) return std::nullopt;
  return node->truth;
}

std::optional<std::uint64_t> TableReader::count(std::string_view key) {
  const Node* node = value(key, Node::Kind::integer);
  if (node == nullptr) return std::nullopt;
  if (node->integer >= 1 && node->integer <= largest_count) return static_cast<std::uint64_t>(node->integer);
  problems_.error(node->at, quoted(key) + " must be from 1 to " + std::to_string(largest_count));
  return std::nullopt;
}

std::vector<Text> TableReader::texts(std::string_view key) {
  const Node* node = value(key, Node::Kind::array);
  if (node == nullptr) return {};
  if (node->items.empty()) problems_.error(node->at, quoted(key) + " is empty");
  std::vector<Text> out;
  std::unordered_set<std::string_view> seen;
  for (const Node& item : node->items) {
    if (item.kind != Node::Kind::string) {
      problems_.error(item.at, quoted(key) + " must hold strings, not " + std::string(name(item.kind)));
      continue;
    }
    if (!seen.insert(item.text).second) {
      problems_.error(item.at, quoted(item.text) + " stands twice in " + quoted(key));
      continue;
    }
    out.push_back({item.text, item.at});
  }
  return out;
}

std::optional<Text> TableReader::need_text(std::string_view key) {
  if (has(key)) return text(key);
  missing(key);
  return std::nullopt;
}

std::vector<Text> TableReader::need_texts(std::string_view key) {
  if (has(key)) return texts(key);
  missing(key);
  return {};
}

std::optional<Text> TableReader::need_name(std::string_view key) {
  auto found = need_text(key);
  if (!found || well_formed(found->text)) return found;
  problems_.error(found->at, malformed(found->text));
  return std::nullopt;
}

std::vector<Text> TableReader::names_or_all(std::string_view key) {
  std::vector<Text> all = texts(key);
  std::vector<Text> out;
  for (Text& item : all) {
    if (item.text == "*" && all.size() > 1) {
      problems_.error(item.at, "'*' in " + quoted(key) + " must stand alone");
      continue;
    }
    if (item.text != "*" && !well_formed(item.text)) {
      problems_.error(item.at, malformed(item.text));
      continue;
    }
    out.push_back(std::move(item));
  }
  return out;
}

std::string malformed(std::string_view name) {
  return quoted(name) + " is not a name: 1 to 64 letters, digits, '_', '-' and '.', not beginning with '-' or '.'";
}

}  // namespace sluis::policy
