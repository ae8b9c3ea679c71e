// A connection's bytes in time: waiting with deadlines, reading, writing, ending in good order. On its loop's thread.
// One deadline a connection, looked at by the loop's sweep: no timer is armed for an operation.
#pragma once

#include <cstdint>
#include <string_view>

#include "crypto/secret.h"
#include "gateway/server/loop.h"
#include "gateway/server/services.h"
#include "gateway/server/stream.h"

namespace sluis::gateway {

class Wire final : public Member {
 public:
  // What is being waited for: decides what a passed deadline means, and whether a drain may end it.
  enum class Phase : std::uint8_t { handshake, idle, head, body, busy, write, linger };

  Wire(Loop& loop, Shared& shared, Stream stream);

  void enter(Phase phase, Clock::time_point deadline) noexcept;
  void enter(Phase phase, Milliseconds time) noexcept { enter(phase, Clock::now() + time); }
  void enter_idle(Milliseconds time) noexcept;
  // When `bytes` must be there that began at `since`, at the least rate allowed.
  static Clock::time_point at_rate(Clock::time_point since, Milliseconds grace, std::uint64_t bytes,
                                   std::uint64_t rate) noexcept;

  // The connection may serve no further request: drain, newer certificates, the client's certificate has ended.
  bool ending() const noexcept;
  bool expired() const noexcept { return expired_; }
  void forgive() noexcept { expired_ = false; }  // one more try, to say 408
  void set_not_after(std::uint64_t unix_seconds) noexcept { not_after_ = unix_seconds; }

  // All of these: false when time is up or the peer has gone.
  Task<bool> handshake();
  enum class Try : std::uint8_t { at_once, when_pending };
  Task<bool> more_input(Try how);
  Task<bool> write(const SecretBuffer& bytes, Milliseconds grace, std::uint64_t rate);
  // close_notify; with `linger`, reads on for that time so that the last reply is not lost to a reset.
  Task<void> finish(Milliseconds linger);
  // The connection will end by a reset: what it carried is not whole, and bytes not yet sent are dropped.
  void cut() noexcept;

  // Received, not yet taken.
  std::string_view input() const noexcept { return input_.expose_text().substr(taken_); }
  void keep(std::string_view rest) noexcept { taken_ = input_.size() - rest.size(); }
  std::uint64_t bytes_in() const noexcept { return bytes_in_; }

  Stream& stream() noexcept { return stream_; }
  void sweep(Clock::time_point now) override;

 private:
  Task<bool> wait(Stream::Io io);
  void store(std::string_view bytes);
  void slim() noexcept;

  Loop* loop_;
  Shared* shared_;
  Stream stream_;
  const std::uint64_t tls_generation_;
  std::uint64_t not_after_ = 0;
  Phase phase_ = Phase::handshake;
  Clock::time_point deadline_ = Clock::time_point::max();
  Clock::time_point idle_since_{};
  bool slim_ = false;  // idle, with its buffers given back
  bool expired_ = false;
  SecretBuffer input_;
  std::size_t taken_ = 0;
  std::uint64_t bytes_in_ = 0;
};

}  // namespace sluis::gateway
