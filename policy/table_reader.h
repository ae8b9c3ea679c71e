// Reads one table of the policy: known keys, their types, and an error with its place for everything else.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "policy/names.h"
#include "policy/problems.h"
#include "policy/toml_document.h"

namespace sluis::policy {

struct Text {
  std::string text;
  Place at;
};

class TableReader {
 public:
  // Reports each key of `table` that is not in `keys`. `what` names the table in messages: "grant". All references must
  // outlive the reader.
  TableReader(const Node& table, std::string_view what, std::span<const std::string_view> keys, Problems& problems,
              Suggester& suggester);

  bool has(std::string_view key) const noexcept { return table_.find(key) != nullptr; }
  Place at() const noexcept { return table_.at; }
  // Of the key where it is there, else of the table.
  Place at(std::string_view key) const noexcept;

  // nullopt where the key is absent or its value of another type; the latter is reported.
  std::optional<Text> text(std::string_view key);
  std::optional<bool> flag(std::string_view key);
  std::optional<std::uint64_t> count(std::string_view key);  // 1 to 10^12
  // Strings, not empty ones, none twice; an empty list or item is reported. What can be read is returned.
  std::vector<Text> texts(std::string_view key);

  // The same, and an absent key is reported.
  std::optional<Text> need_text(std::string_view key);
  std::vector<Text> need_texts(std::string_view key);
  // A well-formed name.
  std::optional<Text> need_name(std::string_view key);
  // Either one "*" alone or well-formed names; others are reported and left out.
  std::vector<Text> names_or_all(std::string_view key);

 private:
  const Node* value(std::string_view key, Node::Kind kind);
  void missing(std::string_view key);

  const Node& table_;
  std::string_view what_;
  Problems& problems_;
};

// The message for a name that is not well formed.
std::string malformed(std::string_view name);

// Calls `each` with every table of the list `[[key]]`. Another type is reported; at most `most` tables are read.
template <typename Each>
void for_each_table(const Node& root, std::string_view key, std::size_t most, Problems& problems, Each each) {
  const Member* list = root.find(key);
  if (list == nullptr) return;
  const auto wrong = [&](Place at) { problems.error(at, "write [[" + std::string(key) + "]]: there can be several"); };
  if (list->value.kind != Node::Kind::array) return wrong(list->at);
  std::size_t seen = 0;
  for (const Node& item : list->value.items) {
    if (item.kind != Node::Kind::table) {
      wrong(item.at);
      continue;
    }
    if (++seen > most)
      return problems.error(item.at, "more than " + std::to_string(most) + " times [[" + std::string(key) + "]]");
    each(item);
  }
}

}  // namespace sluis::policy
