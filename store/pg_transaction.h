// A transaction that is rolled back unless committed.
#pragma once

#include "store/pg_connection.h"

namespace sluis::store {

class PgTransaction {
 public:
  explicit PgTransaction(PgConnection& connection) : connection_(connection) {}
  PgTransaction(const PgTransaction&) = delete;
  PgTransaction& operator=(const PgTransaction&) = delete;
  ~PgTransaction() {
    if (open_ && !connection_.broken()) static_cast<void>(connection_.execute("rollback"));
  }

  Status begin() {
    open_ = true;
    return connection_.execute("begin");
  }
  // Also for a transaction begun as part of a pipeline.
  void begun() noexcept { open_ = true; }
  Status commit() {
    auto done = connection_.execute("commit");
    if (done) open_ = false;
    return done;
  }

 private:
  PgConnection& connection_;
  bool open_ = false;
};

}  // namespace sluis::store
