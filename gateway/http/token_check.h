// What the server asks about the token that came with a call, if one did. A token adds a condition, never a right: the
// principal is always the certificate's.
#pragma once

#include <optional>

#include "gateway/http/call.h"

namespace sluis::gateway {

// Thread-safe.
class TokenCheck {
 public:
  virtual ~TokenCheck() = default;

  // Never blocks. Sound: there is no token, or it is known to be good. Error invalid for headers that cannot be, denied
  // for a token that cannot be good. Nothing where ask() must find out.
  virtual std::optional<Status> look(const Call& call, const Route& route) = 0;
  // May block. Error denied, or unavailable where nobody knows.
  virtual Status ask(const Call& call) = 0;
};

}  // namespace sluis::gateway
