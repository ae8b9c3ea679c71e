// The statements for one adopted table, made from its columns and their types. Pure.
#pragma once

#include <string>
#include <vector>

#include "store/cipher_table.h"

namespace sluis::store {

// Of the session, before anything else: how values are written, and that no other schema's names are in reach.
std::string cipher_table_settings(std::chrono::milliseconds lock_wait);

// Parameters: schema, table, all columns, key columns in order.
extern const char* const kDescribeTable;

struct CipherTableSql {
  // `key_types`: of the key columns, as PostgreSQL names them.
  CipherTableSql(const CipherColumns& columns, const std::vector<std::string>& key_types);

  std::string first, next;      // prefix, limit(, key…)
  std::string done, done_next;  // prefix, limit, until…(, key…)
  std::string swap;             // key…, (before, after)…: arrays
  std::string count;
};

// An identifier in double quotes.
std::string quoted_name(std::string_view name);

}  // namespace sluis::store
