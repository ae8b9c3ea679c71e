#include "gateway/server/stream.h"

#include <openssl/err.h>
#include <openssl/ssl.h>
#include <sys/socket.h>

#include <cerrno>

namespace sluis::gateway {

namespace {

Stream::Io outcome_of_errno(Stream::Io would_block) noexcept {
  return errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR ? would_block : Stream::Io::failed;
}

}  // namespace

Stream::Io Stream::outcome(int result) noexcept {
  switch (SSL_get_error(ssl_.get(), result)) {
    case SSL_ERROR_NONE:
      return Io::done;
    case SSL_ERROR_WANT_READ:
      return Io::want_read;
    case SSL_ERROR_WANT_WRITE:
      return Io::want_write;
    case SSL_ERROR_ZERO_RETURN:
      return Io::closed;
    default:
      return Io::failed;
  }
}

// The error queue is the thread's: whatever another connection left in it must not be taken for this one's.
Stream::Io Stream::handshake() noexcept {
  ERR_clear_error();
  return outcome(SSL_do_handshake(ssl_.get()));
}

Stream::Io Stream::read(std::span<char> into, std::size_t& size) noexcept {
  if (ssl_) {
    ERR_clear_error();
    return outcome(SSL_read_ex(ssl_.get(), into.data(), into.size(), &size));
  }
  const auto got = ::recv(socket_.native_handle(), into.data(), into.size(), 0);
  if (got < 0) return outcome_of_errno(Io::want_read);
  size = static_cast<std::size_t>(got);
  return got == 0 ? Io::closed : Io::done;
}

Stream::Io Stream::write(std::string_view bytes, std::size_t& size) noexcept {
  if (ssl_) {
    ERR_clear_error();
    return outcome(SSL_write_ex(ssl_.get(), bytes.data(), bytes.size(), &size));
  }
  const auto sent = ::send(socket_.native_handle(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
  if (sent < 0) return outcome_of_errno(Io::want_write);
  size = static_cast<std::size_t>(sent);
  return Io::done;
}

Stream::Io Stream::say_goodbye() noexcept {
  if (ssl_) {
    ERR_clear_error();
    const int result = SSL_shutdown(ssl_.get());
    if (result < 0) {
      const auto io = outcome(result);
      if (io == Io::want_write) return io;
    }
  }
  ::shutdown(socket_.native_handle(), SHUT_WR);
  return Io::done;
}

bool Stream::pending() const noexcept {
  return ssl_ && SSL_has_pending(ssl_.get()) == 1;
}

void Stream::release_buffers() noexcept {
  if (ssl_) SSL_free_buffers(ssl_.get());
}

Stream::Io Stream::discard(std::span<char> scratch) noexcept {
  const auto got = ::recv(socket_.native_handle(), scratch.data(), scratch.size(), 0);
  if (got < 0) return outcome_of_errno(Io::want_read);
  return got == 0 ? Io::closed : Io::done;
}

}  // namespace sluis::gateway
