// A store in PostgreSQL 13 or later, for any number of gateways. Failover is expected: connections are checked when
// taken, broken ones are replaced after a back-off, reads are repeated once, and a write whose outcome the connection
// took with it is looked up by its revision before anything is answered. Any number of threads.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <string>

#include "store/store.h"

namespace sluis::store {

struct PostgresOptions {
  // libpq's connection string: "host=db1,db2 dbname=sluis user=sluis sslmode=verify-full sslrootcert=/…/ca.pem". With
  // several hosts the writable one is taken (target_session_attrs=read-write) unless the string says otherwise.
  std::string dsn;
  std::size_t connections = 16;
  std::chrono::milliseconds wait{2000};                // for a free connection, then busy
  std::chrono::milliseconds statement_timeout{30000};  // of one statement, at the server; the client waits 5 s longer
  // Told when a connection cannot be made, with libpq's text (hosts and certificates, no record data), and when a
  // statement fails, with its SQLSTATE alone. Called by any thread, must not call the store.
  std::function<void(std::string_view sqlstate, std::string_view text)> on_trouble;
};

// What a connection string has to ask for.
enum class Transport : std::uint8_t { must_be_private, may_be_open };

// Error invalid for a string that libpq does not understand and, unless the transport may be open, for one that would
// talk TCP without checking the server's certificate: sslmode is verify-full or verify-ca, or every host is a Unix
// socket.
Status require_tls(const std::string& dsn, Transport transport = Transport::must_be_private);

// Does not connect yet: calls answer unavailable until the server is there. Error invalid for a malformed string.
Result<std::unique_ptr<Store>> open_postgres(PostgresOptions options);

}  // namespace sluis::store
