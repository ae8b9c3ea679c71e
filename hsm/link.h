// Keeps a token reachable: notices that it went away, finalises, initialises, logs in again, with growing pauses
// between the attempts. Calls made meanwhile fail at once instead of queueing up.
#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <mutex>
#include <shared_mutex>

#include "hsm/connection.h"

namespace sluis::hsm {

// Whether a step that was cut off by a lost connection may simply be run again on the next one.
enum class Repeat : std::uint8_t { allowed, forbidden };

// Thread-safe. There is no thread of its own: whichever call finds the token away and the pause over tries to
// reconnect.
class Link {
 public:
  Link(std::unique_ptr<Module> module, Pkcs11Config config, SecretKey pin);
  Link(const Link&) = delete;
  Link& operator=(const Link&) = delete;
  ~Link() = default;

  // One attempt to connect, unless connected. Errors as Connection::open; a refused PIN is remembered.
  Status connect();

  using Step = std::function<Fault(Connection&)>;
  Status run(Repeat repeat, const Step& step);

  // Forgets a refused PIN and connects with another.
  Status replace_pin(SecretKey pin);

 private:
  enum class State : std::uint8_t { down, up, refused };
  struct Visit;  // a shared hold on the connection

  Result<Visit> enter();
  Status recover(std::uint64_t seen);
  Status reopen();  // with recovery_ held
  void notify(Event event) const;

  const Pkcs11Config config_;
  const std::unique_ptr<Module> module_;

  std::mutex recovery_;  // one thread reconnects; guards pin_, pause_, next_attempt_, tried_, expectation_
  SecretKey pin_;
  std::chrono::milliseconds pause_;
  std::chrono::steady_clock::time_point next_attempt_{};
  Expectation expectation_;
  bool tried_ = false;  // a first connection that works at once is no event

  std::atomic<State> state_{State::down};
  std::atomic<std::uint64_t> generation_{0};  // of the connection; changes under gate_ held alone
  // Shared by every call into the module, alone for C_Finalize and C_Initialize: no call may be inside meanwhile.
  std::shared_mutex gate_;
  std::unique_ptr<Connection> connection_;
};

}  // namespace sluis::hsm
