#include "gateway/server/server.h"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/post.hpp>
#include <charconv>
#include <typeinfo>

#include "gateway/server/connection.h"

namespace sluis::gateway {

namespace {

using tcp = asio::ip::tcp;

constexpr Milliseconds kGraceAfterDrain{5'000};

Result<tcp::endpoint> endpoint_of(std::string_view text) {
  const Error bad{Code::invalid, "a listening address must look like 127.0.0.1:8443 or [::1]:8443"};
  const auto colon = text.rfind(':');
  if (colon == std::string_view::npos) return bad;
  auto host = text.substr(0, colon);
  if (host.size() > 2 && host.front() == '[' && host.back() == ']') host = host.substr(1, host.size() - 2);
  std::uint16_t port = 0;
  const auto digits = text.substr(colon + 1);
  const auto parsed = std::from_chars(digits.data(), digits.data() + digits.size(), port);
  if (parsed.ec != std::errc{} || parsed.ptr != digits.data() + digits.size()) return bad;
  boost::system::error_code error;
  const auto address = asio::ip::make_address(std::string(host), error);
  if (error) return bad;
  return tcp::endpoint(address, port);
}

// Counts a connection while it lives.
class Counted {
 public:
  explicit Counted(Shared& shared) : shared_(&shared) {}
  Counted(Counted&& other) noexcept : shared_(std::exchange(other.shared_, nullptr)) {}
  Counted& operator=(Counted&&) = delete;
  ~Counted() {
    if (shared_ != nullptr) shared_->connections.fetch_sub(1, std::memory_order_release);
  }

 private:
  Shared* shared_;
};

// Parameters are destroyed in reverse: the connection first, then its count.
Task<void> live(Counted, std::unique_ptr<Connection> connection, OpLog* log) {
  try {
    co_await connection->live();
  } catch (const std::exception& bug) {
    log->write(LogLevel::error, "a connection ended by an exception", {{"type", typeid(bug).name()}});
  }
  connection.reset();
}

// Makes the connection on the thread of its loop.
struct Begin {
  Loop* loop;
  const Services* services;
  Shared* shared;
  Counted counted;
  Socket socket;
  enum class Kind : std::uint8_t { tls, plain } kind;

  void operator()() {
    boost::system::error_code error;
    const auto peer = socket.remote_endpoint(error);
    if (error) return;
    socket.set_option(tcp::no_delay(true), error);
    socket.native_non_blocking(true, error);
    if (error) return;
    SslPtr ssl;
    if (kind == Kind::tls) {
      ssl = loop->snapshot()->tls->accept(socket.native_handle());
      if (!ssl) return;
    }
    auto connection = std::make_unique<Connection>(*loop, *services, *shared, Stream(std::move(socket), std::move(ssl)),
                                                   peer.address().to_string());
    asio::co_spawn(loop->context().get_executor(), live(std::move(counted), std::move(connection), services->log),
                   asio::detached);
  }
};

}  // namespace

class Server::Acceptor {
 public:
  Acceptor(Server& server, const Services& services, Begin::Kind kind)
      : server_(&server), services_(&services), kind_(kind), acceptor_(home()), pause_(home()) {}

  Status bind(const tcp::endpoint& endpoint) {
    boost::system::error_code error;
    acceptor_.open(endpoint.protocol(), error);
    if (!error) acceptor_.set_option(asio::socket_base::reuse_address(true), error);
    if (!error) acceptor_.bind(endpoint, error);
    if (!error) acceptor_.listen(asio::socket_base::max_listen_connections, error);
    if (error) return Error{Code::invalid, "the listening address cannot be bound"};
    return {};
  }

  Task<void> accept() {
    while (acceptor_.is_open()) {
      auto& loop = server_->next_loop();
      Socket socket(loop.context());
      const auto [error] = co_await acceptor_.async_accept(socket, asio::as_tuple(UseAwaitable{}));
      if (!error) {
        admit(loop, std::move(socket));
      } else if (acceptor_.is_open()) {
        // Out of descriptors or memory: a moment's rest, or the loop would spin.
        pause_.expires_after(Milliseconds(50));
        co_await pause_.async_wait(asio::as_tuple(UseAwaitable{}));
      }
    }
  }

  void start() { asio::co_spawn(home().get_executor(), accept(), asio::detached); }

  void close() {
    struct Close {
      Acceptor* self;
      void operator()() const {
        boost::system::error_code ignored;
        self->acceptor_.close(ignored);
        self->pause_.cancel();
      }
    };
    asio::post(home(), Close{this});
  }

  std::uint16_t port() const {
    boost::system::error_code error;
    return acceptor_.local_endpoint(error).port();
  }

 private:
  asio::io_context& home() const { return server_->loops_.front()->context(); }

  void admit(Loop& loop, Socket socket) {
    services_->metrics->add(Metrics::Count::connections_accepted);
    const auto others = server_->shared_.connections.fetch_add(1, std::memory_order_relaxed);
    Counted counted(server_->shared_);
    if (others >= server_->loops_.front()->snapshot()->limits.connections) {
      services_->metrics->add(Metrics::Count::connections_refused);
      return;
    }
    asio::post(loop.context(),
               Begin{&loop, services_, &server_->shared_, std::move(counted), std::move(socket), kind_});
  }

  Server* server_;
  const Services* services_;
  const Begin::Kind kind_;
  asio::basic_socket_acceptor<tcp, Executor> acceptor_;
  Timer pause_;
};

Server::Server() = default;

Result<std::unique_ptr<Server>> Server::open(const ServerConfig& config, const Services& services,
                                             const Services& probe_services, std::shared_ptr<const Snapshot> snapshot) {
  const auto main = endpoint_of(config.listen);
  if (!main) return main.error();
  std::unique_ptr<Server> server(new Server);
  const unsigned threads = config.threads != 0 ? config.threads : std::max(1U, std::thread::hardware_concurrency());
  for (unsigned i = 0; i < threads; ++i) server->loops_.push_back(std::make_unique<Loop>(snapshot));
  server->tls_ = std::make_unique<Acceptor>(*server, services, Begin::Kind::tls);
  if (const auto bound = server->tls_->bind(*main); !bound) return bound.error();
  if (config.probe_listen.empty()) return server;
  const auto probe = endpoint_of(config.probe_listen);
  if (!probe) return probe.error();
  if (!probe->address().is_loopback()) {
    return Error{Code::invalid, "probes are served in plain HTTP: on a loopback address only"};
  }
  server->probe_ = std::make_unique<Acceptor>(*server, probe_services, Begin::Kind::plain);
  if (const auto bound = server->probe_->bind(*probe); !bound) return bound.error();
  return server;
}

Server::~Server() {
  for (auto& loop : loops_) loop->stop();
  for (auto& thread : threads_) thread.join();
}

void Server::start() {
  tls_->start();
  if (probe_) probe_->start();
  for (auto& loop : loops_) threads_.emplace_back(&Loop::run, loop.get());
}

void Server::set_snapshot(std::shared_ptr<const Snapshot> snapshot) {
  for (auto& loop : loops_) loop->set_snapshot(snapshot);
}

Loop& Server::next_loop() {
  return *loops_[turn_++ % loops_.size()];
}

void Server::sweep_all() {
  for (auto& loop : loops_) asio::post(loop->context(), std::bind_front(&Loop::sweep_now, loop.get()));
}

bool Server::wait_until_empty(Milliseconds time) const {
  const auto until = Clock::now() + time;
  while (shared_.connections.load(std::memory_order_acquire) != 0) {
    if (Clock::now() >= until) return false;
    std::this_thread::sleep_for(Milliseconds(10));
  }
  return true;
}

bool Server::drain(Milliseconds time) {
  shared_.draining.store(true);
  tls_->close();
  if (probe_) probe_->close();
  sweep_all();
  if (wait_until_empty(time)) return true;
  shared_.hard_stop.store(true);
  sweep_all();
  return wait_until_empty(kGraceAfterDrain);
}

std::uint16_t Server::port() const noexcept {
  return tls_->port();
}
std::uint16_t Server::probe_port() const noexcept {
  return probe_ ? probe_->port() : std::uint16_t{0};
}

}  // namespace sluis::gateway
