#include "gateway/server/connection.h"

#include <utility>

#include "gateway/http/method.h"

namespace sluis::gateway {

namespace {

std::uint64_t unix_microseconds() {
  return static_cast<std::uint64_t>(
      std::chrono::duration_cast<std::chrono::microseconds>(std::chrono::system_clock::now().time_since_epoch())
          .count());
}

// Counts a request while it is served.
class InFlight {
 public:
  explicit InFlight(Shared& shared)
      : shared_(shared), others_(shared.requests.fetch_add(1, std::memory_order_relaxed)) {}
  ~InFlight() { shared_.requests.fetch_sub(1, std::memory_order_relaxed); }
  InFlight(const InFlight&) = delete;
  InFlight& operator=(const InFlight&) = delete;
  std::size_t others() const noexcept { return others_; }

 private:
  Shared& shared_;
  const std::size_t others_;
};

}  // namespace

Connection::Connection(Loop& loop, const Services& services, Shared& shared, Stream stream, std::string address)
    : Parked(loop),
      loop_(loop),
      services_(services),
      shared_(shared),
      address_(std::move(address)),
      wire_(loop, shared, std::move(stream)),
      snapshot_(loop.snapshot()),
      parser_(snapshot_->limits.parser),
      body_share_(shared) {}

Connection::~Connection() {
  if (!counted_as_.empty()) shared_.principals.leave(counted_as_);
}

Task<void> Connection::live() {
  const bool opened = co_await open();
  auto next = opened ? Next::request : Next::close;
  while (next == Next::request) {
    next = co_await serve_one();
  }
  if (abort_) wire_.cut();
  if (!abort_) co_await wire_.finish(linger_);
}

Task<bool> Connection::open() {
  if (!wire_.stream().is_tls()) co_return true;
  wire_.enter(Wire::Phase::handshake, snapshot_->limits.handshake_time);
  const bool shaken = co_await wire_.handshake();
  if (!shaken) {
    services_.metrics->add(Metrics::Count::handshakes_failed);
    // The alert that says why must not be lost to a reset.
    linger_ = wire_.expired() ? Milliseconds{0} : snapshot_->limits.linger_time;
    co_return false;
  }
  co_return know_peer();
}

bool Connection::know_peer() {
  peer_ = snapshot_->tls->peer_of(wire_.stream().ssl());
  if (!peer_) return false;
  wire_.set_not_after(peer_->not_after);
  const auto* const who = principal();
  const std::string name = who == nullptr ? "-" : who->name;
  if (!shared_.principals.enter(name, snapshot_->limits.connections_per_principal)) {
    services_.metrics->add(Metrics::Count::connections_refused);
    return false;
  }
  counted_as_ = name;
  return true;
}

// Asked again only when the policy was replaced.
const policy::Principal* Connection::principal() {
  if (!peer_) return nullptr;
  if (principal_policy_ != snapshot_->policy) {
    principal_policy_ = snapshot_->policy;
    principal_ = principal_policy_ ? principal_policy_->principal_of(peer_->identity) : nullptr;
  }
  return principal_;
}

Task<Connection::Next> Connection::serve_one() {
  begin_request();
  const bool have_head = co_await read_head();
  if (!have_head) co_return co_await fail_head();
  snapshot_ = loop_.snapshot();
  began_ = Clock::now();
  call_.request_id = loop_.next_request_id();
  call_.now_us = unix_microseconds();
  call_.client_address = address_;
  call_.certificate = peer_ ? peer_->certificate : nullptr;
  call_.path = parser_.head().target;  // until admission decodes it
  call_.principal = principal();
  const InFlight in_flight(shared_);
  if (in_flight.others() >= snapshot_->limits.requests_in_flight) {
    co_return co_await refuse(problem_of(Error{Code::busy, "too many requests in flight"}));
  }
  admission_ = admit(services_, *snapshot_, parser_.head(), call_);
  co_return co_await serve_admitted();
}

void Connection::begin_request() {
  call_ = Call{};
  admission_ = Admission{};
  parser_.reset(loop_.snapshot()->limits.parser);
  body_share_.release();
  bytes_in_before_ = wire_.bytes_in() - wire_.input().size();
  bytes_out_ = 0;
  must_close_ = false;
}

Task<bool> Connection::read_head() {
  const auto& limits = loop_.snapshot()->limits;
  const auto idle_time = limits.idle_time;
  const auto header_time = limits.header_time;
  bool begun = false;
  for (;;) {
    if (!wire_.input().empty()) {
      if (!begun) wire_.enter(Wire::Phase::head, header_time);
      begun = true;
      auto input = wire_.input();
      const auto progress = parser_.feed_head(input);
      wire_.keep(input);
      if (progress != RequestParser::Progress::more) co_return progress == RequestParser::Progress::ready;
    } else {
      wire_.enter_idle(idle_time);
    }
    const bool more = co_await wire_.more_input(Wire::Try::when_pending);
    if (!more) co_return false;
  }
}

// A head that is wrong, came too slowly, or not at all.
Task<Connection::Next> Connection::fail_head() {
  const bool slow = wire_.expired() && !wire_.input().empty();
  if (parser_.refusal() == 0 && !slow) co_return Next::close;
  if (slow) services_.metrics->add(Metrics::Count::requests_timed_out);
  wire_.forgive();
  must_close_ = true;
  linger_ = loop_.snapshot()->limits.linger_time;
  began_ = Clock::now();
  call_.request_id = loop_.next_request_id();
  const unsigned status = slow ? 408 : parser_.refusal();
  co_return co_await send(problem(status, slow ? "too slow" : "invalid request"));
}

Task<Connection::Next> Connection::serve_admitted() {
  if (!admission_.events.empty()) {
    services_.metrics->add(Metrics::Count::denials);
    note_denial();
  }
  if (admission_.refusal) co_return co_await refuse(*std::move(admission_.refusal));
  if (admission_.route->sink) co_return co_await upload();
  if (wants_filter()) co_return co_await pipe();
  if (!parser_.done()) {
    auto refusal = co_await read_body();
    if (abort_) co_return Next::close;
    if (refusal) co_return co_await refuse(*std::move(refusal));
  }
  if (admission_.route->source) co_return co_await download();
  co_return co_await handle();
}

void Connection::note_denial() {
  audit::Event& event = admission_.events.front();
  const auto limited = shared_.denials.take(event.principal, call_.now_us);
  if (!limited.logged) return;
  event.count += limited.held_back;
  if (limited.held_back > 0) {
    event.payload.detail += "; " + std::to_string(limited.held_back) + " before it have no entry of their own";
  }
  services_.gate->note(std::move(admission_.events));
}

// Answers without looking at the body: what is small is read away, else the connection ends.
Task<Connection::Next> Connection::refuse(Reply reply) {
  const bool skipped = co_await skip_small_body();
  if (!skipped) must_close_ = true;
  if (wire_.expired()) wire_.forgive();
  if (must_close_) linger_ = snapshot_->limits.linger_time;
  co_return co_await send(std::move(reply));
}

Task<Connection::Next> Connection::handle() {
  const auto& route = *admission_.route;
  const bool quick = route.runs == Runs::io ||
                     (route.runs == Runs::local && services_.may_run_inline && services_.may_run_inline(route, call_));
  const bool here = quick && !admission_.ask_token;
  step_ = Step::handle;
  error_.reset();
  if (here) {
    guarded();
  } else {
    const bool queued = co_await on_worker(Step::handle, Queue::bounded);
    if (!queued) co_return co_await send(problem_of(Error{Code::busy, "the worker queue is full"}));
  }
  if (error_) co_return co_await send(problem_of(*error_));
  if (std::exchange(at_gate_, false)) co_return co_await send(released().reply);
  co_return co_await answer(*std::exchange(outcome_, std::nullopt));
}

bool Connection::HoldAndWait::operator()() const {
  ReplyGate& gate = *self->services_.gate;
  // Before the entries are queued: once they are durable, the coroutine may be gone.
  self->loop_.start_after_turn(gate);
  return gate.hold(self->held_, std::move(*outcome), *self) == ReplyGate::Ready::later;
}

Task<ReplyGate::Released> Connection::pass_gate(Outcome outcome) {
  complete_events(outcome.events, call_);
  wire_.enter(Wire::Phase::busy, Clock::time_point::max());
  if (outcome.events.empty() || outcome.hold == Hold::nothing) {
    services_.gate->hold(held_, std::move(outcome), *this);
  } else {
    co_await park(HoldAndWait{this, &outcome});
  }
  co_return released();
}

ReplyGate::Released Connection::released() {
  auto released = services_.gate->take_out(held_);
  if (released.what == ReplyGate::What::refusal) services_.metrics->add(Metrics::Count::replies_withheld);
  return released;
}

Task<Connection::Next> Connection::answer(Outcome outcome) {
  auto released = co_await pass_gate(std::move(outcome));
  co_return co_await send(std::move(released.reply));
}

Task<Connection::Next> Connection::send(Reply reply) {
  const bool is_problem = reply.content_type == "application/problem+json";
  if (is_problem && services_.compatible.covers(call_.path)) reply = services_.compatible.refusal(std::move(reply));
  const auto& limits = snapshot_->limits;
  const bool close = must_close_ || !parser_.head().keep_alive || wire_.ending();
  Framing framing;
  framing.body = call_.method == Method::head ? Framing::Body::none : Framing::Body::whole;
  framing.after = close ? Framing::After::close : Framing::After::keep;
  framing.date = loop_.date();
  framing.request_id = call_.request_id;
  output_.clear();
  append_reply(output_, reply, framing);
  bytes_out_ += output_.size();
  const bool written = co_await wire_.write(output_, limits.write_grace, limits.body_rate);
  forget_output();
  account(reply.status);
  if (!written) abort_ = true;
  co_return written && !close ? Next::request : Next::close;
}

// What was sent is wiped at once; much memory is given back.
void Connection::forget_output() {
  constexpr std::size_t kKept = 16U << 10U;
  if (output_.size() > kKept) output_ = SecretBuffer();
  output_.clear();
}

// Status 0: the reply broke off.
void Connection::account(unsigned status) noexcept {
  const auto took = std::chrono::duration_cast<std::chrono::microseconds>(Clock::now() - began_).count();
  const auto microseconds = static_cast<std::uint64_t>(took);
  services_.metrics->request(admission_.index, status, microseconds);
  OpLog::RequestLine line;
  line.request_id = call_.request_id;
  line.principal = call_.principal == nullptr ? std::string_view("-") : std::string_view(call_.principal->name);
  line.method = name(call_.method);
  if (admission_.route != nullptr) line.route = admission_.route->pattern;
  line.status = status;
  line.microseconds = microseconds;
  line.bytes_in = wire_.bytes_in() - wire_.input().size() - bytes_in_before_;
  line.bytes_out = bytes_out_;
  services_.log->request(line);
}

}  // namespace sluis::gateway
