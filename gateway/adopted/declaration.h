// An adopted table: a table of the user's own PostgreSQL with cells that are ciphertexts of a Transit key, as its
// declaration says it. Kept as a document of kind "adopted" (gateway/keys/documents.h). A plain value; the functions
// are pure.
#pragma once

#include <boost/json/object.hpp>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "gateway/adopted/template.h"
#include "store/cipher_table.h"

namespace sluis::gateway::adopted {

inline constexpr std::string_view kKind = "adopted";
inline constexpr std::size_t kMaxKeyColumns = store::kMaxCipherKeys;
inline constexpr std::size_t kMaxCellColumns = store::kMaxCipherCells;

struct Declaration {
  std::string name;    // of the adopted table: [A-Za-z0-9][A-Za-z0-9._-]{0,63}
  std::string source;  // a [[data_source]] of the configuration
  std::string schema, table;
  std::vector<std::string> key_columns;   // together unique and not NULL
  std::vector<std::string> cell_columns;  // with ciphertexts, of a text type
  std::string transit_key;
  Template associated_data;
  Template context;  // of derived keys
  std::string declared_by;
  std::uint64_t declared_us = 0;

  // "source:schema.table", for messages.
  std::string place() const { return source + ':' + schema + '.' + table; }
};

// Error invalid, with what is wrong, for names that cannot be, columns that repeat and lists that are empty or long.
Status check(const Declaration& declaration);

boost::json::object to_json(const Declaration& declaration);
// Error corrupt for anything that to_json does not write.
Result<Declaration> declaration_of(const boost::json::object& body);

bool is_table_name(std::string_view name) noexcept;  // of an adopted table

}  // namespace sluis::gateway::adopted
