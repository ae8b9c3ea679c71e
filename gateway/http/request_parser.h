// One HTTP/1.1 request, parsed as its bytes come in (RFC 9112). The grammar is Boost.Beast's, whose headers are
// included in request_parser.cc alone. Field text and body bytes live in wiping memory. Not thread-safe. Beyond Beast:
// a Transfer-Encoding other than "chunked", a missing or second Host and a field count over the limit are refused, and
// trailers are dropped.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string_view>
#include <utility>
#include <vector>

#include "crypto/secret.h"

namespace sluis::gateway {

struct ParserLimits {
  std::uint32_t header_bytes = 16U << 10U;  // request line and fields together
  std::size_t header_count = 64;
};

struct RequestHead {
  std::string_view method, target;
  std::vector<std::pair<std::string_view, std::string_view>> headers;  // names in lower case
  std::optional<std::uint64_t> content_length;
  bool chunked = false;
  bool keep_alive = false;
  bool has_body() const noexcept { return chunked || content_length.value_or(0) > 0; }
};

class RequestParser {
 public:
  explicit RequestParser(const ParserLimits& limits);
  ~RequestParser();
  RequestParser(const RequestParser&) = delete;
  RequestParser& operator=(const RequestParser&) = delete;

  enum class Progress : std::uint8_t { more, ready, refused };
  // Takes bytes off the front of `data`. `more`: give the rest again with what follows it.
  Progress feed_head(std::string_view& data);
  // Appends body bytes to `body` until the message ends (ready), `data` is used up (more), or the body is longer than
  // `limit` bytes in all (refused, status 413).
  Progress feed_body(std::string_view& data, SecretBuffer& body, std::uint64_t limit);

  // Valid once feed_head was ready, until reset().
  const RequestHead& head() const noexcept;
  bool done() const noexcept;                 // the body, if any, is complete
  std::uint64_t body_bytes() const noexcept;  // received so far
  // Why it was refused: 400, 413, 431, 501 or 505.
  unsigned refusal() const noexcept;
  // Ready for the next request of the connection; wipes this one.
  void reset(const ParserLimits& limits);

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace sluis::gateway
