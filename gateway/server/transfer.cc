// Bodies: read whole, handed to a sink piece by piece, or produced piece by piece.
#include "gateway/server/connection.h"

namespace sluis::gateway {

namespace {
// A body this small is read to its end even when it is not wanted, so that the connection can go on.
constexpr std::uint64_t kSkippable = 64U << 10U;
constexpr std::size_t kFirstReserve = 64U << 10U;
}  // namespace

Task<bool> Connection::say_continue() {
  if (!admission_.expects_continue || !wire_.input().empty()) co_return true;
  SecretBuffer interim(std::string_view("HTTP/1.1 100 Continue\r\n\r\n"));
  admission_.expects_continue = false;
  co_return co_await wire_.write(interim, snapshot_->limits.write_grace, snapshot_->limits.body_rate);
}

// Reads until the body ends (ready), or `body` holds `enough` bytes (more), or it must not go on (refused; with status
// 0 the peer is gone or too slow).
Task<RequestParser::Progress> Connection::receive(SecretBuffer& body, std::uint64_t limit, std::size_t enough) {
  using Progress = RequestParser::Progress;
  const auto& limits = snapshot_->limits;
  const auto since = Clock::now();
  const auto before = parser_.body_bytes();
  for (;;) {
    if (!body_share_.grow_to(body.size() + wire_.input().size(), limits.body_memory)) {
      error_ = Error{Code::busy, "too many request bodies in memory"};
      co_return Progress::refused;
    }
    auto input = wire_.input();
    const auto progress = parser_.feed_body(input, body, limit);
    wire_.keep(input);
    if (progress != Progress::more) co_return progress;
    if (wire_.input().size() > limits.parser.header_bytes) {
      error_ = Error{Code::invalid, "the body's framing is malformed"};
      co_return Progress::refused;
    }
    if (body.size() >= enough) co_return Progress::more;
    wire_.enter(Wire::Phase::body,
                Wire::at_rate(since, limits.body_grace, parser_.body_bytes() - before, limits.body_rate));
    const bool more = co_await wire_.more_input(Wire::Try::at_once);
    if (more) continue;
    error_ = Error{Code::invalid, "the body did not arrive"};
    co_return Progress::refused;
  }
}

// The refusal that goes out, if any.
Task<std::optional<Reply>> Connection::read_body() {
  const auto& head = parser_.head();
  const std::uint64_t limit = admission_.route->body_limit;
  if (head.content_length.value_or(0) > limit) co_return problem(413, "too large", "the body is over the limit");
  const bool said = co_await say_continue();
  if (!said) {
    abort_ = true;
    co_return std::nullopt;
  }
  call_.body.reserve(static_cast<std::size_t>(std::min<std::uint64_t>(head.content_length.value_or(0), kFirstReserve)));
  const auto progress = co_await receive(call_.body, limit, SIZE_MAX);
  if (progress == RequestParser::Progress::ready) co_return std::nullopt;
  must_close_ = true;
  if (wire_.expired()) {
    wire_.forgive();
    services_.metrics->add(Metrics::Count::requests_timed_out);
    co_return problem(408, "too slow");
  }
  if (error_) co_return problem_of(*error_);
  if (parser_.refusal() == 413) co_return problem(413, "too large", "the body is over the limit");
  co_return problem(400, "invalid request", "the body's framing is malformed");
}

// True if nothing of the body is left on the wire.
Task<bool> Connection::skip_small_body() {
  if (must_close_) co_return false;
  if (parser_.done()) co_return true;
  const auto& head = parser_.head();
  if (head.chunked || admission_.expects_continue || *head.content_length > kSkippable) co_return false;
  const auto progress = co_await receive(call_.body, kSkippable, SIZE_MAX);
  call_.body.clear();
  co_return progress == RequestParser::Progress::ready;
}

Task<Connection::Next> Connection::upload() {
  const bool queued = co_await on_worker(Step::open_sink, Queue::bounded);
  if (!queued) {
    co_return co_await refuse(problem_of(Error{Code::busy, "the worker queue is full"}));
  }
  if (error_) co_return co_await refuse(problem_of(*error_));
  auto refusal = co_await feed_sink();
  if (sink_ && (refusal || abort_)) co_await on_worker(Step::abandon, Queue::continued);
  if (abort_) co_return Next::close;
  if (refusal) {
    must_close_ = true;
    linger_ = snapshot_->limits.linger_time;
    co_return co_await send(*std::move(refusal));
  }
  co_await on_worker(Step::finish, Queue::continued);
  if (error_) co_return co_await refuse(problem_of(*error_));
  co_return co_await answer(*std::exchange(outcome_, std::nullopt));
}

Task<std::optional<Reply>> Connection::feed_sink() {
  const bool said = co_await say_continue();
  if (!said) {
    abort_ = true;
    co_return std::nullopt;
  }
  for (;;) {
    const auto progress = co_await receive(call_.body, UINT64_MAX, snapshot_->limits.upload_piece);
    if (progress == RequestParser::Progress::refused) {
      const bool slow = wire_.expired();
      wire_.forgive();
      if (slow) services_.metrics->add(Metrics::Count::requests_timed_out);
      if (slow) co_return problem(408, "too slow");
      co_return problem_of(error_.value_or(Error{Code::invalid, "the body's framing is malformed"}));
    }
    if (!call_.body.empty()) co_await on_worker(Step::feed, Queue::continued);
    if (error_) co_return problem_of(*error_);
    call_.body.clear();
    if (progress == RequestParser::Progress::ready) co_return std::nullopt;
  }
}

Task<Connection::Next> Connection::download() {
  const bool queued = co_await on_worker(Step::open_source, Queue::bounded);
  if (!queued) {
    co_return co_await refuse(problem_of(Error{Code::busy, "the worker queue is full"}));
  }
  if (error_) co_return co_await refuse(problem_of(*error_));
  if (!source_) co_return co_await answer(*std::exchange(outcome_, std::nullopt));
  const auto next = co_await send_head_of_stream();
  if (source_) co_await on_worker(Step::drop_source, Queue::continued);
  co_return next;
}

// Head and first piece leave together: until the first piece may leave, a refusal still can.
Task<Connection::Next> Connection::send_head_of_stream() {
  auto head = source_->head();
  const unsigned status = head.status;
  const bool released = co_await release_piece();
  if (!released) co_return co_await send(std::move(held_refusal_));
  const bool close = must_close_ || !parser_.head().keep_alive || wire_.ending();
  const auto after = close ? Framing::After::close : Framing::After::keep;
  SecretBuffer first;
  append_reply(first, head, {Framing::Body::chunked, after, loop_.date(), call_.request_id});
  first.append(output_.expose_text());
  output_ = std::move(first);
  for (;;) {
    bytes_out_ += output_.size();
    const bool last = piece_->last;
    piece_.reset();
    const auto& limits = snapshot_->limits;
    abort_ = true;  // until the last chunk is written
    const bool written = co_await wire_.write(output_, limits.write_grace, limits.body_rate);
    if (!written) break;
    abort_ = !last;
    if (last) break;
    co_await on_worker(Step::next_piece, Queue::continued);
    if (error_) break;
    const bool next_released = co_await release_piece();
    if (!next_released) break;
  }
  forget_output();
  account(abort_ ? 0 : status);
  co_return abort_ || after == Framing::After::close ? Next::close : Next::request;
}

// The piece goes through the gate like any reply: into output_ as a chunk, or the refusal into held_refusal_.
Task<bool> Connection::release_piece() {
  Outcome outcome;
  outcome.hold = piece_->events.empty() ? Hold::nothing : Hold::plaintext;
  outcome.reply.body = std::move(piece_->bytes);
  outcome.events = std::move(piece_->events);
  auto released = co_await pass_gate(std::move(outcome));
  output_.clear();
  if (released.what == ReplyGate::What::refusal) {
    held_refusal_ = std::move(released.reply);
    co_return false;
  }
  append_chunk(output_, released.reply.body.expose_text());
  if (piece_->last) append_last_chunk(output_);
  co_return true;
}

}  // namespace sluis::gateway
