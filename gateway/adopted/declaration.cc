#include "gateway/adopted/declaration.h"

#include <algorithm>
#include <boost/json.hpp>
#include <optional>

#include "gateway/transit/keys/attributes.h"

namespace sluis::gateway::adopted {
namespace {

namespace json = boost::json;

constexpr std::size_t kMaxName = 64;

bool repeats(const Declaration& declaration) {
  std::vector<std::string_view> all(declaration.key_columns.begin(), declaration.key_columns.end());
  all.insert(all.end(), declaration.cell_columns.begin(), declaration.cell_columns.end());
  std::sort(all.begin(), all.end());
  return std::adjacent_find(all.begin(), all.end()) != all.end();
}

bool all_columns(const std::vector<std::string>& names, std::size_t most) {
  return !names.empty() && names.size() <= most && std::all_of(names.begin(), names.end(), is_column_name);
}

// A cell that is part of its own associated data would have to be known before it is made.
bool names_a_cell(const Template& text, const Declaration& declaration) {
  const auto& cells = declaration.cell_columns;
  return std::any_of(text.columns().begin(), text.columns().end(), [&](const std::string& column) {
    return std::find(cells.begin(), cells.end(), column) != cells.end();
  });
}

std::optional<std::string> text_at(const json::object& body, const char* name) {
  const json::value* value = body.if_contains(name);
  if (value == nullptr || !value->is_string()) return std::nullopt;
  return std::string(value->get_string());
}

std::optional<std::vector<std::string>> texts_at(const json::object& body, const char* name) {
  const json::value* value = body.if_contains(name);
  if (value == nullptr || !value->is_array()) return std::nullopt;
  std::vector<std::string> out;
  for (const json::value& item : value->get_array()) {
    if (!item.is_string()) return std::nullopt;
    out.emplace_back(item.get_string());
  }
  return out;
}

constexpr Error malformed() noexcept {
  return {Code::corrupt, "the row of an adopted table is malformed"};
}

}  // namespace

bool is_table_name(std::string_view name) noexcept {
  constexpr std::string_view kLetters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
  if (name.empty() || name.size() > kMaxName || kLetters.find(name.front()) == std::string_view::npos) return false;
  return std::all_of(name.begin(), name.end(), [&](char c) {
    return kLetters.find(c) != std::string_view::npos || c == '.' || c == '_' || c == '-';
  });
}

Status check(const Declaration& declaration) {
  if (!is_table_name(declaration.name)) {
    return Error{Code::invalid, "a name has 1 to 64 letters, digits, '.', '_' and '-', the first a letter or digit"};
  }
  if (!is_column_name(declaration.schema) || !is_column_name(declaration.table)) {
    return Error{Code::invalid, "schema and table are names of 1 to 63 bytes"};
  }
  if (!all_columns(declaration.key_columns, kMaxKeyColumns)) {
    return Error{Code::invalid, "key_columns are 1 to 4 names of columns"};
  }
  if (!all_columns(declaration.cell_columns, kMaxCellColumns)) {
    return Error{Code::invalid, "ciphertext_columns are 1 to 6 names of columns"};
  }
  if (repeats(declaration)) return Error{Code::invalid, "a column is named twice"};
  if (names_a_cell(declaration.associated_data, declaration) || names_a_cell(declaration.context, declaration)) {
    return Error{Code::invalid, "a template names a ciphertext column"};
  }
  if (!transit::is_key_name(declaration.transit_key)) return Error{Code::invalid, "transit_key is no name of a key"};
  return {};
}

json::object to_json(const Declaration& declaration) {
  return {{"name", declaration.name},
          {"source", declaration.source},
          {"schema", declaration.schema},
          {"table", declaration.table},
          {"key_columns", json::array(declaration.key_columns.begin(), declaration.key_columns.end())},
          {"ciphertext_columns", json::array(declaration.cell_columns.begin(), declaration.cell_columns.end())},
          {"transit_key", declaration.transit_key},
          {"associated_data", declaration.associated_data.text()},
          {"context", declaration.context.text()},
          {"declared_by", declaration.declared_by},
          {"declared_us", declaration.declared_us}};
}

Result<Declaration> declaration_of(const json::object& body) {
  Declaration out;
  const std::pair<const char*, std::string*> texts[] = {
      {"name", &out.name},   {"source", &out.source},           {"schema", &out.schema},
      {"table", &out.table}, {"transit_key", &out.transit_key}, {"declared_by", &out.declared_by}};
  for (const auto& [name, member] : texts) {
    auto text = text_at(body, name);
    if (!text) return malformed();
    *member = *std::move(text);
  }
  const std::pair<const char*, Template*> templates[] = {{"associated_data", &out.associated_data},
                                                         {"context", &out.context}};
  for (const auto& [name, member] : templates) {
    auto parsed = Template::parse(text_at(body, name).value_or("{"));
    if (!parsed) return malformed();
    *member = *std::move(parsed);
  }
  auto keys = texts_at(body, "key_columns"), cells = texts_at(body, "ciphertext_columns");
  const json::value* declared = body.if_contains("declared_us");
  boost::system::error_code error;
  if (!keys || !cells || declared == nullptr) return malformed();
  out.declared_us = declared->to_number<std::uint64_t>(error);
  out.key_columns = *std::move(keys);
  out.cell_columns = *std::move(cells);
  if (error || !check(out)) return malformed();
  return out;
}

}  // namespace sluis::gateway::adopted
