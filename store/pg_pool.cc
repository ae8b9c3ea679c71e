#include "store/pg_pool.h"

#include <algorithm>

namespace sluis::store {
namespace {

constexpr std::chrono::milliseconds kFirstPause{50};
constexpr std::chrono::milliseconds kLongestPause{2000};

}  // namespace

PgPool::PgPool(PgSettings settings, std::size_t size, std::chrono::milliseconds wait)
    : settings_(std::move(settings)), size_(std::max<std::size_t>(size, 1)), wait_(wait) {}

Result<PgPool::Lease> PgPool::take() {
  std::unique_lock lock(mutex_);
  if (!freed_.wait_for(lock, wait_, [&] { return in_use_ < size_; })) {
    return Error{Code::busy, "all database connections are in use"};
  }
  ++in_use_;
  // Connections that died while idle are closed here; after a failover that may be all of them.
  while (!idle_.empty()) {
    auto connection = std::move(idle_.back());
    idle_.pop_back();
    lock.unlock();
    if (connection->healthy()) return Lease(*this, std::move(connection));
    connection.reset();
    lock.lock();
  }
  lock.unlock();
  return connect();
}

Result<PgPool::Lease> PgPool::connect() {
  {
    const std::lock_guard lock(mutex_);
    if (Clock::now() < not_before_) {
      --in_use_;
      freed_.notify_one();
      return Error{Code::unavailable, "the database cannot be reached"};
    }
  }
  auto made = PgConnection::connect(settings_);
  const std::lock_guard lock(mutex_);
  if (made) {
    failures_ = 0;
    return Lease(*this, *std::move(made));
  }
  note_failure();
  --in_use_;
  freed_.notify_one();
  return made.error();
}

void PgPool::note_failure() {
  // Callers that failed side by side count as one: the pause they set is still running.
  if (Clock::now() < not_before_) return;
  const auto pause = std::min(kFirstPause * (1U << std::min(failures_, 10U)), kLongestPause);
  std::uniform_int_distribution<std::int64_t> part(pause.count() / 2, pause.count());
  not_before_ = Clock::now() + std::chrono::milliseconds(part(jitter_));
  ++failures_;
}

void PgPool::give_back(std::unique_ptr<PgConnection> connection) {
  const bool sound = connection->at_rest();
  if (!sound) connection.reset();
  const std::lock_guard lock(mutex_);
  if (sound) idle_.push_back(std::move(connection));
  --in_use_;
  freed_.notify_one();
}

}  // namespace sluis::store
