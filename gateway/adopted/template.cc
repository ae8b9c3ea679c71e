#include "gateway/adopted/template.h"

#include <algorithm>

namespace sluis::gateway::adopted {

bool is_column_name(std::string_view name) noexcept {
  constexpr std::string_view kRefused("{}\"\0", 4);
  return !name.empty() && name.size() <= kMaxColumnBytes && name.find_first_of(kRefused) == std::string_view::npos;
}

Status Template::add_column(std::string_view name) {
  if (!is_column_name(name)) return Error{Code::invalid, "a template has a name in braces that no column can have"};
  if (pieces_.back().literal.empty() && pieces_.size() > 1) {
    return Error{Code::invalid, "two columns of a template need text between them"};
  }
  const auto known = std::find(columns_.begin(), columns_.end(), name);
  pieces_.back().column = static_cast<std::size_t>(known - columns_.begin());
  if (known == columns_.end()) columns_.emplace_back(name);
  if (columns_.size() > kMaxTemplateColumns) return Error{Code::invalid, "a template has at most 16 columns"};
  pieces_.emplace_back();
  return {};
}

Result<Template> Template::parse(std::string_view text) {
  if (text.size() > kMaxTemplateBytes) return Error{Code::invalid, "a template has at most 1024 bytes"};
  Template out;
  out.text_ = text;
  if (text.empty()) return out;
  out.pieces_.emplace_back();
  for (std::size_t at = 0; at < text.size(); ++at) {
    const char c = text[at];
    const bool brace = c == '{' || c == '}';
    const bool doubled = brace && at + 1 < text.size() && text[at + 1] == c;
    if (!brace || doubled) {
      out.pieces_.back().literal += c;
      at += doubled ? 1 : 0;
      continue;
    }
    const auto end = text.find('}', at);
    if (c == '}' || end == std::string_view::npos) {
      return Error{Code::invalid, "a template has a lone brace: literal braces are doubled"};
    }
    if (const Status added = out.add_column(text.substr(at + 1, end - at - 1)); !added) return added.error();
    at = end;
  }
  if (out.pieces_.back().literal.empty()) out.pieces_.pop_back();
  return out;
}

Status Template::render(Values values, std::string& out) const {
  out.clear();
  for (const Piece& piece : pieces_) {
    out += piece.literal;
    if (piece.column == kNoColumn) continue;
    const auto& value = values[piece.column];
    if (!value) return Error{Code::invalid, "a column of the template is NULL"};
    if (out.size() + value->size() > kMaxRenderedBytes) return Error{Code::too_large, "the template renders too long"};
    out += *value;
  }
  return {};
}

}  // namespace sluis::gateway::adopted
