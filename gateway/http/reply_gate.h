// The one place that holds replies. A reply enters with the log entries it waits for and comes out when they are
// durable; where it must not come out, it is wiped and a refusal takes its place. Nothing else in the gateway decides
// this.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "audit/log.h"
#include "gateway/http/call.h"

namespace sluis::gateway {

// Told, once and from any thread, that a held reply may be taken out. Must be short.
class Resumer {
 public:
  virtual void resume() noexcept = 0;

 protected:
  ~Resumer() = default;
};

// A reply behind the gate. It must stay where it is, and so must its Resumer, until it was resumed.
class HeldReply {
 public:
  HeldReply() = default;
  HeldReply(const HeldReply&) = delete;
  HeldReply& operator=(const HeldReply&) = delete;

 private:
  friend class ReplyGate;
  Reply reply_;
  Hold hold_ = Hold::nothing;
  bool logged_ = false;
  std::optional<Result<audit::Receipt>> verdict_;
  Resumer* resumer_ = nullptr;
};

// Thread-safe.
class ReplyGate {
 public:
  explicit ReplyGate(audit::Log& log) : log_(&log) {}

  // Takes the outcome in and appends its events. Ready::now: take it out at once; Ready::later: `resumer` is told when.
  // A plaintext reply without an entry is a bug of its handler: it comes out as 500.
  enum class Ready : std::uint8_t { now, later };
  // The log begins with the entries at start(), so that a thread that has many calls at hand has them synced as one.
  Ready hold(HeldReply& held, Outcome outcome, Resumer& resumer);
  void start() { log_->start(); }

  // What goes to the client: the reply, with header Sluis-Receipt where it was logged, or the refusal in its place.
  // What: the reply itself left, or it was replaced.
  enum class What : std::uint8_t { reply, refusal };
  struct Released {
    Reply reply;
    What what = What::reply;
  };
  Released take_out(HeldReply& held) const;

  // Entries that nothing waits for (denials): lost with the process, or when the log is halted.
  void note(std::vector<audit::Event> events);

  // Value of Sluis-Receipt: "origin/index", or "origin/first-last" for more than one entry.
  static std::string receipt_text(std::string_view origin, const audit::Receipt& receipt);

 private:
  static void settle(HeldReply& held, Result<audit::Receipt> verdict);
  audit::Log* log_;
};

}  // namespace sluis::gateway
