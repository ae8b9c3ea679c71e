// A load client: so many keep-alive connections over TLS 1.3 with a client certificate, one request each at a time.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace sluis::load {

struct Options {
  std::string host = "127.0.0.1";
  std::uint16_t port = 8443;
  unsigned connections = 128;
  unsigned threads = 1;
  double seconds = 5;
  double warm_up = 1;  // seconds before counting begins
  double rate = 0;     // requests a second over all connections, evenly spaced; 0: as fast as they are answered
  std::string ca, certificate, key;
  std::string server_name = "localhost";
  std::string request;  // whole HTTP request; {id} stands for one of ids
  std::vector<std::string> ids;
  unsigned expect = 200;
};

// From the command line; nullopt after --help or a mistake, whose exit code is set.
std::optional<Options> parse(int argc, char** argv, int& exit_code);

}  // namespace sluis::load
