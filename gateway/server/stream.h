// One connection's bytes, TLS or (for probes on the loopback) plain. OpenSSL works on the non-blocking socket itself:
// no copy of plaintext is made besides its own record buffers, which it wipes. All calls return at once.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

#include "gateway/server/asio.h"
#include "gateway/server/tls_context.h"

namespace sluis::gateway {

class Stream {
 public:
  Stream(Socket socket, SslPtr ssl) : socket_(std::move(socket)), ssl_(std::move(ssl)) {}

  enum class Io : std::uint8_t {
    done,
    want_read,  // wait until the socket can be read, then call again
    want_write,
    closed,  // the peer ended the connection in good order
    failed,  // it broke off, or the TLS is wrong
  };
  Io handshake() noexcept;
  Io read(std::span<char> into, std::size_t& size) noexcept;     // at least one byte if done
  Io write(std::string_view bytes, std::size_t& size) noexcept;  // some of them if done
  Io say_goodbye() noexcept;                                     // close_notify, and no more writes
  // True if bytes wait in OpenSSL's buffers, where no poll of the socket sees them.
  bool pending() const noexcept;
  // Gives OpenSSL's record buffers back where nothing is in them; they come again with the next record.
  void release_buffers() noexcept;
  // Throws away what the peer still sends, undecrypted.
  Io discard(std::span<char> scratch) noexcept;

  bool is_tls() const noexcept { return ssl_ != nullptr; }
  const SSL* ssl() const noexcept { return ssl_.get(); }
  Socket& socket() noexcept { return socket_; }

 private:
  Io outcome(int result) noexcept;
  Socket socket_;
  SslPtr ssl_;
};

}  // namespace sluis::gateway
