#include "tests/bench/load/client.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <openssl/err.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <string_view>

namespace sluis::load {

struct Client::Connection {
  enum class State : std::uint8_t { handshake, send, receive, idle } state = State::handshake;
  int fd = -1;
  SSL* ssl = nullptr;
  std::string out, in;
  std::size_t sent = 0;
  Clock::time_point began;
  Clock::time_point due{};  // of the next request, where a rate is given
};

namespace {

// Size of the whole reply at the front of `text`, 0 while its head is incomplete. Content-Length or no body.
std::size_t reply_size(std::string_view text, unsigned& status) {
  const auto end = text.find("\r\n\r\n");
  if (end == std::string_view::npos || text.size() < 12) return 0;
  std::from_chars(text.data() + 9, text.data() + 12, status);
  static constexpr std::string_view kLength = "\r\nContent-Length: ";
  const auto at = text.find(kLength);
  std::size_t length = 0;
  if (at != std::string_view::npos && at < end) {
    std::from_chars(text.data() + at + kLength.size(), text.data() + end, length);
  }
  return end + 4 + length;
}

}  // namespace

Client::Client(const Options& options, SSL_CTX* context, unsigned connections, unsigned seed)
    : options_(options), context_(context), epoll_(epoll_create1(EPOLL_CLOEXEC)), random_(seed) {
  for (unsigned i = 0; i < connections; ++i) connections_.push_back(std::make_unique<Connection>());
}

Client::~Client() {
  for (auto& connection : connections_) {
    SSL_free(connection->ssl);
    if (connection->fd >= 0) close(connection->fd);
  }
  close(epoll_);
}

void Client::connect(Connection& connection) {
  connection.fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in to{};
  to.sin_family = AF_INET;
  to.sin_port = htons(options_.port);
  inet_pton(AF_INET, options_.host.c_str(), &to.sin_addr);
  if (::connect(connection.fd, reinterpret_cast<sockaddr*>(&to), sizeof to) != 0) return fail(connection);
  const int on = 1;
  setsockopt(connection.fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  fcntl(connection.fd, F_SETFL, O_NONBLOCK);
  connection.ssl = SSL_new(context_);
  SSL_set_fd(connection.ssl, connection.fd);
  SSL_ctrl(connection.ssl, SSL_CTRL_SET_TLSEXT_HOSTNAME, TLSEXT_NAMETYPE_host_name,
           const_cast<char*>(options_.server_name.c_str()));
  SSL_set_connect_state(connection.ssl);
  connection.state = Connection::State::handshake;
  epoll_event event{};
  event.events = EPOLLIN | EPOLLOUT | EPOLLET;
  event.data.ptr = &connection;
  epoll_ctl(epoll_, EPOLL_CTL_ADD, connection.fd, &event);
}

// The connection stays closed: a server that refuses should show in the figures, not be hammered.
void Client::fail(Connection& connection) {
  ++tally_.broken;
  SSL_free(connection.ssl);
  connection.ssl = nullptr;
  if (connection.fd >= 0) close(connection.fd);
  connection.fd = -1;
}

void Client::next_request(Connection& connection) {
  connection.out = options_.request;
  const auto at = connection.out.find("{id}");
  if (at != std::string::npos && !options_.ids.empty()) {
    connection.out.replace(at, 4, options_.ids[random_() % options_.ids.size()]);
  }
  connection.sent = 0;
  connection.in.clear();
  connection.state = Connection::State::send;
  connection.began = Clock::now();
}

// Connections take turns: each sends at the same interval, and the first of them at a moment of its own.
void Client::wait_for_turn(Connection& connection) {
  if (options_.rate <= 0) return next_request(connection);
  const auto interval = std::chrono::duration<double>(options_.connections / options_.rate);
  const auto now = Clock::now();
  if (connection.due == Clock::time_point{}) {
    const double part = std::uniform_real_distribution<>(0, 1)(random_);
    connection.due = now + std::chrono::duration_cast<Clock::duration>(interval * part);
  } else {
    connection.due = std::max(now, connection.due + std::chrono::duration_cast<Clock::duration>(interval));
  }
  connection.state = Connection::State::idle;
}

void Client::send_due(Clock::time_point now) {
  for (auto& connection : connections_) {
    if (connection->state != Connection::State::idle || connection->due > now) continue;
    next_request(*connection);
    advance(*connection, now);
  }
}

void Client::reply_done(Connection& connection, Clock::time_point now) {
  unsigned status = 0;
  reply_size(connection.in, status);
  if (now >= count_from_) {
    ++tally_.done;
    if (status != options_.expect) ++tally_.unexpected;
    ++tally_.statuses[status];
    tally_.bytes += connection.in.size();
    const auto took = std::chrono::duration_cast<std::chrono::microseconds>(now - connection.began).count();
    tally_.microseconds.push_back(static_cast<std::uint32_t>(took));
  }
  wait_for_turn(connection);
}

// One operation; false when it must wait (or the connection has failed).
bool Client::step(Connection& connection, Clock::time_point now) {
  ERR_clear_error();
  int result = 0;
  if (connection.state == Connection::State::handshake) {
    result = SSL_do_handshake(connection.ssl);
    if (result == 1) return wait_for_turn(connection), true;
  } else if (connection.state == Connection::State::idle) {
    return false;
  } else if (connection.state == Connection::State::send) {
    result = SSL_write(connection.ssl, connection.out.data() + connection.sent,
                       static_cast<int>(connection.out.size() - connection.sent));
    if (result > 0) {
      connection.sent += static_cast<std::size_t>(result);
      if (connection.sent == connection.out.size()) connection.state = Connection::State::receive;
      return true;
    }
  } else {
    std::array<char, 16384> buffer;
    result = SSL_read(connection.ssl, buffer.data(), buffer.size());
    if (result > 0) {
      connection.in.append(buffer.data(), static_cast<std::size_t>(result));
      unsigned status = 0;
      const auto whole = reply_size(connection.in, status);
      if (whole != 0 && connection.in.size() >= whole) reply_done(connection, now);
      return true;
    }
  }
  const int error = SSL_get_error(connection.ssl, result);
  if (error != SSL_ERROR_WANT_READ && error != SSL_ERROR_WANT_WRITE) fail(connection);
  return false;
}

void Client::advance(Connection& connection, Clock::time_point now) {
  while (connection.fd >= 0 && step(connection, now)) {
    // After a request was sent its reply cannot be there yet: a read would only find that out.
    if (connection.state == Connection::State::receive && connection.in.empty() && !SSL_has_pending(connection.ssl)) {
      return;
    }
  }
}

Tally Client::run(Clock::time_point count_from, Clock::time_point until) {
  count_from_ = count_from;
  tally_.microseconds.reserve(1U << 20U);
  for (auto& connection : connections_) connect(*connection);
  std::array<epoll_event, 256> events{};
  for (;;) {
    const int ready = epoll_wait(epoll_, events.data(), events.size(), options_.rate > 0 ? 1 : 50);
    const auto now = Clock::now();
    if (now >= until) return std::move(tally_);
    if (options_.rate > 0) send_due(now);
    for (int i = 0; i < ready; ++i) {
      advance(*static_cast<Connection*>(events[static_cast<std::size_t>(i)].data.ptr), Clock::now());
    }
  }
}

}  // namespace sluis::load
