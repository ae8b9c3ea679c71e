// A store in one SQLite file (WAL, full sync), for one gateway on one machine. Every commit is on disk when the call
// returns; commits of concurrent callers are one sync. Any number of threads.
#pragma once

#include <memory>
#include <string>

#include "store/store.h"

namespace sluis::store {

struct SqliteOptions {
  std::string path;         // made with mode 0600 where it does not exist; its folder must exist
  std::size_t readers = 8;  // reader connections: about the number of threads that read
};

// Error unavailable if the file cannot be opened or made, corrupt if it is not a database. The schema is not looked at:
// see check_schema and migrate.
Result<std::unique_ptr<Store>> open_sqlite(const SqliteOptions& options);

}  // namespace sluis::store
