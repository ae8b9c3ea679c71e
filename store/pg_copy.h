// Binary COPY into a table (PostgreSQL manual, COPY, "Binary Format"): rows are encoded into one buffer that is sent
// whenever it is full, so memory does not grow with the chunk. Other work on the connection waits for finish().
#pragma once

#include "store/pg_connection.h"

namespace sluis::store {

class PgCopy {
 public:
  // `sql`: "copy TABLE (columns) from stdin (format binary)".
  static Result<PgCopy> begin(PgConnection& connection, const char* sql);

  // Starts a row; as many fields follow. Sends what has gathered.
  Status row(std::uint16_t fields);
  PgCopy& bytes(ByteView value);
  PgCopy& text(std::string_view value) { return bytes(bytes_of(value)); }
  PgCopy& i32(std::uint32_t value);
  PgCopy& u64(std::uint64_t value);
  PgCopy& byte_strings(std::span<const Bytes> values);

  // The rows are in the table, as part of the transaction, or none is.
  Status finish();

 private:
  explicit PgCopy(PgConnection& connection);
  PgConnection* connection_;
  Bytes buffer_;
};

}  // namespace sluis::store
