// Schema versions. Forward only: a step, once released, never changes; a new one is added at the end of both lists.
// docs/store.md describes the tables.
#pragma once

#include <cstdint>
#include <span>

#include "crypto/result.h"

namespace sluis::store {

// Each step runs in one transaction, together with the row in schema_version that says so.
struct SchemaStep {
  std::int64_t version;  // 1 and up without gaps
  const char* sql;       // one or more statements
};

std::span<const SchemaStep> sqlite_schema() noexcept;
std::span<const SchemaStep> postgres_schema() noexcept;

// What check_schema answers for a store that is at `found` (0: empty) when the program knows `steps`.
Status judge_schema(std::int64_t found, std::span<const SchemaStep> steps);

}  // namespace sluis::store
