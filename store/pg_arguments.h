// A connection string for the programs that come with PostgreSQL, which take it on the command line, where everybody on
// the machine can read it: the password goes to a password file (PostgreSQL manual, section 34.16). Thread-safe.
#pragma once

#include <string>

#include "crypto/result.h"

namespace sluis::store {

struct PgArguments {
  std::string connection;     // without the password
  std::string password_file;  // contents; empty if there is no password
};

// Errors: invalid for a malformed string, or for a secret in it that no file can hold (sslpassword).
Result<PgArguments> pg_arguments(const std::string& dsn);

}  // namespace sluis::store
