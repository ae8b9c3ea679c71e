// Connection strings of libpq (PostgreSQL manual, section 34.1).
#pragma once

#include <libpq-fe.h>

#include <memory>
#include <string>

namespace sluis::store {

// Blocks while it connects, at most `connect_timeout` a host. Never null unless memory is exhausted.
PGconn* pg_connect(const std::string& dsn);

}  // namespace sluis::store
