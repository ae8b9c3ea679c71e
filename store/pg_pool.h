// A bounded pool of connections. Thread-safe; a lease is one thread's.
#pragma once

#include <chrono>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <random>
#include <vector>

#include "store/pg_connection.h"

namespace sluis::store {

class PgPool {
 public:
  // Gives the connection back when it goes: to the pool if it is sound, else it is closed.
  class Lease {
   public:
    Lease(PgPool& pool, std::unique_ptr<PgConnection> connection) : pool_(&pool), connection_(std::move(connection)) {}
    Lease(Lease&& other) noexcept = default;
    Lease& operator=(Lease&& other) = delete;
    ~Lease() {
      if (connection_) pool_->give_back(std::move(connection_));
    }
    PgConnection& operator*() const noexcept { return *connection_; }
    PgConnection* operator->() const noexcept { return connection_.get(); }

   private:
    PgPool* pool_;
    std::unique_ptr<PgConnection> connection_;
  };

  PgPool(PgSettings settings, std::size_t size, std::chrono::milliseconds wait);
  PgPool(const PgPool&) = delete;
  PgPool& operator=(const PgPool&) = delete;

  // The connection used last, checked; a new one where none is idle. Error busy if all are in use until the wait is
  // over, unavailable if the server cannot be reached. After a failed attempt to connect further ones are answered
  // unavailable at once until the back-off is over: 50 ms doubling to 2 s, with jitter.
  Result<Lease> take();

 private:
  using Clock = std::chrono::steady_clock;

  void give_back(std::unique_ptr<PgConnection> connection);
  Result<Lease> connect();
  void note_failure();

  const PgSettings settings_;
  const std::size_t size_;
  const std::chrono::milliseconds wait_;

  std::mutex mutex_;
  std::condition_variable freed_;
  std::vector<std::unique_ptr<PgConnection>> idle_;
  std::size_t in_use_ = 0;  // leases, those still connecting included
  std::uint32_t failures_ = 0;
  Clock::time_point not_before_{};
  std::minstd_rand jitter_{std::random_device{}()};
};

}  // namespace sluis::store
