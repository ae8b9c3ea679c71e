// One thread's connections, on one epoll.
#pragma once

#include <openssl/ssl.h>

#include <chrono>
#include <cstdint>
#include <map>
#include <memory>
#include <random>
#include <string>
#include <vector>

#include "tests/bench/load/options.h"

namespace sluis::load {

using Clock = std::chrono::steady_clock;

struct Tally {
  std::uint64_t done = 0, unexpected = 0, broken = 0, bytes = 0;
  std::map<unsigned, std::uint64_t> statuses;
  std::vector<std::uint32_t> microseconds;  // of each request done
};

class Client {
 public:
  Client(const Options& options, SSL_CTX* context, unsigned connections, unsigned seed);
  ~Client();
  Client(const Client&) = delete;
  Client& operator=(const Client&) = delete;
  Tally run(Clock::time_point count_from, Clock::time_point until);

 private:
  struct Connection;
  void connect(Connection& connection);
  void advance(Connection& connection, Clock::time_point now);
  bool step(Connection& connection, Clock::time_point now);
  void next_request(Connection& connection);
  void wait_for_turn(Connection& connection);
  void send_due(Clock::time_point now);
  void reply_done(Connection& connection, Clock::time_point now);
  void fail(Connection& connection);

  const Options& options_;
  SSL_CTX* context_;
  int epoll_;
  std::vector<std::unique_ptr<Connection>> connections_;
  std::mt19937_64 random_;
  Clock::time_point count_from_{};
  Tally tally_;
};

}  // namespace sluis::load
