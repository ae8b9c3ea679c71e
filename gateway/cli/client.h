// The HTTPS client of the command: TLS 1.3 with a client certificate, one connection, one call at a time. Bodies may be
// streamed both ways. Failures to reach the gateway throw Failure{Exit::unreachable}. Not thread-safe.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "crypto/secret.h"
#include "gateway/cli/profile.h"

namespace sluis::cli {

using Headers = std::vector<std::pair<std::string, std::string>>;

struct Response {
  unsigned status = 0;
  Headers headers;
  SecretBuffer body;
  std::string header(std::string_view name) const;  // empty if absent
};

struct Ask {
  std::string method;  // "GET", "PUT", …
  std::string target;  // path and query, already percent-encoded
  Headers headers;
  std::string_view body;  // whole; ignored where a Source is given
};

// Fills the span, returns how much; 0 at the end.
using Source = std::function<std::size_t(std::span<char>)>;
// Takes a piece of a successful reply's body as it arrives.
using Sink = std::function<void(std::string_view)>;

class Client {
 public:
  explicit Client(Profile profile);
  ~Client();
  Client(const Client&) = delete;
  Client& operator=(const Client&) = delete;

  Response call(const Ask& ask);
  Response upload(const Ask& ask, const Source& source);
  Response download(const Ask& ask, const Sink& sink);

 private:
  struct Connection;
  Connection& connection();
  Profile profile_;
  std::unique_ptr<Connection> connection_;
};

// Percent-encodes everything but unreserved characters (RFC 3986 section 2.3).
std::string encode_segment(std::string_view text);

// Returns if the status is 2xx, else throws a Failure with the problem document's words and the matching exit code.
void require_success(const Response& response);

}  // namespace sluis::cli
