#include "hsm/link.h"

#include <algorithm>
#include <optional>
#include <utility>

namespace sluis::hsm {

namespace {

using Clock = std::chrono::steady_clock;

Error away() noexcept {
  return error_of(Fault::lost);
}

}  // namespace

std::string_view name(Event event) noexcept {
  switch (event) {
    case Event::lost:
      return "lost";
    case Event::reconnected:
      return "reconnected";
    case Event::login_refused:
      return "login_refused";
  }
  return "unknown";
}

struct Link::Visit {
  std::shared_lock<std::shared_mutex> lock;
  Connection* connection;
  std::uint64_t generation;
};

Link::Link(std::unique_ptr<Module> module, Pkcs11Config config, SecretKey pin)
    : config_(std::move(config)), module_(std::move(module)), pin_(std::move(pin)), pause_(config_.backoff_first) {}

void Link::notify(Event event) const {
  if (config_.observer) config_.observer(event);
}

Result<Link::Visit> Link::enter() {
  if (state_ != State::up) {
    if (Status status = recover(generation_); !status) return status.error();
  }
  // Somebody who holds the gate alone is reconnecting: that may take long, and this call does not wait for it.
  std::shared_lock lock(gate_, std::try_to_lock);
  if (!lock || connection_ == nullptr) return away();
  return Visit{std::move(lock), connection_.get(), generation_};
}

Status Link::run(Repeat repeat, const Step& step) {
  for (int attempt = 0; attempt < 2; ++attempt) {
    std::uint64_t seen = 0;
    {
      auto visit = enter();
      if (!visit) return visit.error();
      seen = visit->generation;
      const Fault fault = step(*visit->connection);
      if (fault == Fault::none) return {};
      if (fault != Fault::lost && fault != Fault::stale && fault != Fault::sick) return error_of(fault);
    }
    // The hold on the connection is given up before reconnecting, which waits for all holds.
    if (Status status = recover(seen); !status) return status;
    if (repeat == Repeat::forbidden) break;
  }
  return away();
}

Status Link::connect() {
  return state_ == State::up ? Status{} : recover(generation_);
}

Status Link::replace_pin(SecretKey pin) {
  {
    const std::lock_guard turn(recovery_);
    pin_ = std::move(pin);
    if (state_ == State::refused) state_ = State::down;
    next_attempt_ = {};
  }
  return connect();
}

Status Link::recover(std::uint64_t seen) {
  std::optional<Event> first;
  std::optional<Event> second;
  Status result = away();
  {
    const std::unique_lock turn(recovery_, std::try_to_lock);
    if (!turn) return away();
    if (state_ == State::refused) return error_of(Fault::refused_pin);
    if (generation_ != seen) return {};  // another call has reconnected since
    if (state_.exchange(State::down) == State::up) first = Event::lost;
    if (Clock::now() >= next_attempt_) {
      const bool first_try = !std::exchange(tried_, true);
      result = reopen();
      if (result && !first_try) second = Event::reconnected;
      if (state_ == State::refused) second = Event::login_refused;
    }
  }
  if (first) notify(*first);
  if (second) notify(*second);
  return result;
}

Status Link::reopen() {
  const std::unique_lock alone(gate_);
  if (connection_) expectation_.keys = connection_->memory().expected();
  connection_.reset();
  const std::set<KeyRef> doubted = expectation_.doubted;
  auto opened = Connection::open(*module_, config_, pin_, expectation_);
  // Keys that were there are not to be seen: a second fresh look decides.
  if (!opened && expectation_.doubted != doubted) opened = Connection::open(*module_, config_, pin_, expectation_);
  if (opened) {
    connection_ = std::move(*opened);
    ++generation_;
    pause_ = config_.backoff_first;
    next_attempt_ = Clock::now() + pause_;  // a token that comes and goes is not chased
    state_ = State::up;
    return {};
  }
  next_attempt_ = Clock::now() + pause_;
  pause_ = std::min(pause_ * 2, config_.backoff_max);
  if (opened.error().code == Code::denied) state_ = State::refused;
  return opened.error();
}

}  // namespace sluis::hsm
