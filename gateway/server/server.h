// The listening server: acceptors, I/O threads, reload and drain.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "gateway/server/services.h"
#include "gateway/server/snapshot.h"

namespace sluis::gateway {

class Loop;

struct ServerConfig {
  std::string listen = "127.0.0.1:8443";  // address:port; "[::1]:8443"; port 0: any free one
  std::string probe_listen;               // plain HTTP for probes, a loopback address; empty: none
  unsigned threads = 0;                   // I/O threads; 0: as many as there are cores
};

class Server {
 public:
  // Binds, so that errors of addresses and ports show at once. `services` serve TLS connections, `probe_services` plain
  // ones; both outlive the server. Error invalid for an address that cannot be read, a probe address that is not of the
  // loopback, or a port that is taken.
  static Result<std::unique_ptr<Server>> open(const ServerConfig& config, const Services& services,
                                              const Services& probe_services, std::shared_ptr<const Snapshot> snapshot);
  ~Server();  // drain() first
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;

  void start();
  // Thread-safe. The next request of each connection sees it; those made under older certificates end.
  void set_snapshot(std::shared_ptr<const Snapshot> snapshot);
  // Takes no new connection, lets running calls end, then closes. Blocks; false if calls were still running when the
  // time (and a little more) was up: then the process must not tear down what they use.
  [[nodiscard]] bool drain(Milliseconds time);

  std::uint16_t port() const noexcept;
  std::uint16_t probe_port() const noexcept;  // 0: none
  const Shared& shared() const noexcept { return shared_; }

 private:
  class Acceptor;
  Server();
  bool wait_until_empty(Milliseconds time) const;
  void sweep_all();
  Loop& next_loop();

  Shared shared_;
  std::vector<std::unique_ptr<Loop>> loops_;
  std::vector<std::thread> threads_;
  std::unique_ptr<Acceptor> tls_, probe_;
  std::size_t turn_ = 0;
};

}  // namespace sluis::gateway
