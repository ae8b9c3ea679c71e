#include "gateway/server/wire.h"

#include <ctime>

namespace sluis::gateway {

namespace {
// A connection that is idle for so long gives its buffers back.
constexpr Milliseconds kSlimAfter{1000};
}  // namespace

Wire::Wire(Loop& loop, Shared& shared, Stream stream)
    : loop_(&loop), shared_(&shared), stream_(std::move(stream)), tls_generation_(loop.snapshot()->tls_generation) {
  loop.add(*this);
}

void Wire::enter(Phase phase, Clock::time_point deadline) noexcept {
  phase_ = phase;
  deadline_ = deadline;
}

void Wire::enter_idle(Milliseconds time) noexcept {
  idle_since_ = Clock::now();
  slim_ = false;
  enter(Phase::idle, idle_since_ + time);
}

void Wire::slim() noexcept {
  slim_ = true;
  stream_.release_buffers();
  input_ = SecretBuffer();
  taken_ = 0;
}

Clock::time_point Wire::at_rate(Clock::time_point since, Milliseconds grace, std::uint64_t bytes,
                                std::uint64_t rate) noexcept {
  return since + grace + Milliseconds(bytes * 1000 / rate);
}

bool Wire::ending() const noexcept {
  if (shared_->draining.load(std::memory_order_relaxed)) return true;
  if (!stream_.is_tls()) return false;
  if (loop_->snapshot()->tls_generation != tls_generation_) return true;
  return not_after_ != 0 && static_cast<std::uint64_t>(std::time(nullptr)) >= not_after_;
}

void Wire::sweep(Clock::time_point now) {
  const bool late = now >= deadline_;
  const bool unwanted = phase_ == Phase::idle && ending();
  const bool stopped = shared_->hard_stop.load(std::memory_order_relaxed);
  if (phase_ == Phase::idle && !slim_ && input().empty() && now - idle_since_ >= kSlimAfter) slim();
  if (!late && !unwanted && !stopped) return;
  expired_ = true;
  boost::system::error_code ignored;
  stream_.socket().cancel(ignored);
}

Task<bool> Wire::wait(Stream::Io io) {
  if (expired_) co_return false;
  const auto what = io == Stream::Io::want_read ? Socket::wait_read : Socket::wait_write;
  const auto [error] = co_await stream_.socket().async_wait(what, asio::as_tuple(UseAwaitable{}));
  co_return !error && !expired_;
}

Task<bool> Wire::handshake() {
  for (;;) {
    const auto io = stream_.handshake();
    if (io == Stream::Io::done) co_return true;
    if (io != Stream::Io::want_read && io != Stream::Io::want_write) co_return false;
    const bool ready = co_await wait(io);
    if (!ready) co_return false;
  }
}

void Wire::store(std::string_view bytes) {
  if (taken_ == input_.size()) {
    input_.clear();
    taken_ = 0;
  }
  input_.append(bytes);
  bytes_in_ += bytes.size();
}

Task<bool> Wire::more_input(Try how) {
  auto io = Stream::Io::want_read;
  bool read_now = how == Try::at_once || stream_.pending();
  for (;;) {
    if (read_now) {
      std::size_t size = 0;
      const auto scratch = loop_->scratch();
      io = stream_.read(scratch, size);
      if (io == Stream::Io::done) {
        store({scratch.data(), size});
        wipe(scratch.data(), size);
        co_return true;
      }
      if (io != Stream::Io::want_read && io != Stream::Io::want_write) co_return false;
    }
    const bool ready = co_await wait(io);
    if (!ready) co_return false;
    read_now = true;
  }
}

Task<bool> Wire::write(const SecretBuffer& bytes, Milliseconds grace, std::uint64_t rate) {
  auto rest = bytes.expose_text();
  enter(Phase::write, at_rate(Clock::now(), grace, rest.size(), rate));
  while (!rest.empty()) {
    std::size_t size = 0;
    const auto io = stream_.write(rest, size);
    if (io == Stream::Io::done) {
      rest.remove_prefix(size);
      continue;
    }
    if (io != Stream::Io::want_read && io != Stream::Io::want_write) co_return false;
    const bool ready = co_await wait(io);
    if (!ready) co_return false;
  }
  co_return true;
}

void Wire::cut() noexcept {
  boost::system::error_code ignored;
  stream_.socket().set_option(asio::socket_base::linger(true, 0), ignored);
}

Task<void> Wire::finish(Milliseconds linger) {
  expired_ = false;
  enter(Phase::linger, linger);
  const auto bye = stream_.say_goodbye();
  if (bye != Stream::Io::done || linger.count() == 0) co_return;
  for (;;) {
    const auto io = stream_.discard(loop_->scratch());
    if (io == Stream::Io::done && !expired_ && Clock::now() < deadline_) continue;
    if (io != Stream::Io::want_read) co_return;
    const bool ready = co_await wait(io);
    if (!ready) co_return;
  }
}

}  // namespace sluis::gateway
