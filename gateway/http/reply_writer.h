// Replies as bytes on the wire (RFC 9112): head and body in one contiguous wiping buffer, written at once.
#pragma once

#include <string_view>

#include "gateway/http/call.h"

namespace sluis::gateway {

struct Framing {
  enum class Body : std::uint8_t { whole, none, chunked };  // none: the reply to HEAD
  enum class After : std::uint8_t { keep, close };
  Body body = Body::whole;
  After after = After::keep;
  std::string_view date;  // IMF-fixdate
  std::string_view request_id;
};

// Appends head (and body, where whole). Header names and values with control characters are left out: nothing a handler
// passes on can start a line of its own.
void append_reply(SecretBuffer& out, const Reply& reply, const Framing& framing);
// One chunk of a chunked body; `last` ends the body.
void append_chunk(SecretBuffer& out, std::string_view bytes);
void append_last_chunk(SecretBuffer& out);

std::string_view reason(unsigned status) noexcept;
// "Sun, 06 Nov 1994 08:49:37 GMT" (RFC 9110 section 5.6.7).
std::string http_date(std::uint64_t unix_seconds);

}  // namespace sluis::gateway
