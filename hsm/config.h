// How to reach one token. A plain structure; the gateway fills it from its configuration file.
#pragma once

#include <chrono>
#include <functional>
#include <string>
#include <string_view>

#include "hsm/profile.h"

namespace sluis::hsm {

// What happens to the connection. The observer is called without locks held, from whichever thread noticed; it must be
// thread-safe and quick, and must not call the token.
enum class Event : std::uint8_t {
  lost,           // the token or its server went away
  reconnected,    // and is back
  login_refused,  // the PIN was refused; nothing is tried until a new one is given
};
std::string_view name(Event event) noexcept;

struct Pkcs11Config {
  std::string module_path;   // absolute
  std::string reserved;      // the pReserved string of C_Initialize, for modules that want one (NSS)
  std::string token_label;   // as C_GetTokenInfo shows it, without the padding
  std::string token_serial;  // needed only where several tokens carry the label
  Profile profile;
  unsigned session_limit = 16;                   // sessions open at a time, the login's own included; at least 2
  std::chrono::milliseconds session_wait{2000};  // how long a call waits for a free session before it is busy
  std::chrono::milliseconds backoff_first{250};  // between attempts to reconnect; doubled up to backoff_max
  std::chrono::milliseconds backoff_max{10000};
  std::function<void(Event)> observer;  // may be empty
};

}  // namespace sluis::hsm
