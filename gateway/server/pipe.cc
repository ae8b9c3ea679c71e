// A body that is answered while it arrives: each part that has come in is worked on, logged and sent before more is
// read, so that memory stays bounded whatever the length.
#include <utility>

#include "gateway/server/connection.h"

namespace sluis::gateway {

bool Connection::wants_filter() const {
  if (!admission_.route->filter) return false;
  const auto type = call_.header("content-type");
  return type.substr(0, type.find(';')) == "application/x-ndjson";
}

Task<Connection::Next> Connection::pipe() {
  const bool queued = co_await on_worker(Step::open_filter, Queue::bounded);
  if (!queued) {
    co_return co_await refuse(problem_of(Error{Code::busy, "the worker queue is full"}));
  }
  if (error_) co_return co_await refuse(problem_of(*error_));
  if (!filter_) co_return co_await refuse_filter();
  auto refusal = co_await pipe_pieces();
  co_await on_worker(Step::drop_filter, Queue::continued);
  if (refusal) {
    must_close_ = true;
    linger_ = snapshot_->limits.linger_time;
    co_return co_await send(*std::move(refusal));
  }
  forget_output();
  account(abort_ ? 0 : 200);
  co_return abort_ || must_close_ || !parser_.head().keep_alive ? Next::close : Next::request;
}

Task<Connection::Next> Connection::refuse_filter() {
  auto refused = *std::exchange(outcome_, std::nullopt);
  complete_events(refused.events, call_);
  if (!refused.events.empty()) services_.gate->note(std::move(refused.events));
  co_return co_await refuse(std::move(refused.reply));
}

// What goes out in place of the reply, as long as nothing of it has gone; after that `abort_` is set.
Task<std::optional<Reply>> Connection::pipe_pieces() {
  const auto after = wire_.ending() || !parser_.head().keep_alive ? Framing::After::close : Framing::After::keep;
  SecretBuffer head;
  append_reply(head, filter_->head(), {Framing::Body::chunked, after, loop_.date(), call_.request_id});
  if (after == Framing::After::close) must_close_ = true;
  const bool said = co_await say_continue();
  abort_ = !said;
  bool begun = false;
  while (!abort_) {
    call_.body.clear();
    const auto progress = co_await receive(call_.body, UINT64_MAX, 1);
    if (progress == RequestParser::Progress::refused) {
      const bool slow = wire_.expired();
      wire_.forgive();
      if (slow) services_.metrics->add(Metrics::Count::requests_timed_out);
      if (begun) abort_ = true;
      if (begun) co_return std::nullopt;
      if (slow) co_return problem(408, "too slow");
      co_return problem_of(error_.value_or(Error{Code::invalid, "the body's framing is malformed"}));
    }
    const bool last = progress == RequestParser::Progress::ready;
    co_await on_worker(last ? Step::filter_end : Step::filter, Queue::continued);
    if (error_ && !begun) co_return problem_of(*error_);
    abort_ = error_.has_value();
    if (abort_) co_return std::nullopt;
    const bool released = co_await release_piece();
    if (!released && !begun) co_return std::move(held_refusal_);
    abort_ = !released;
    if (abort_) co_return std::nullopt;
    const bool sent = co_await send_filtered(head);
    begun = true;
    abort_ = !sent;
    if (last) break;
  }
  co_return std::nullopt;
}

// `head` goes before the first piece, and is empty then.
Task<bool> Connection::send_filtered(SecretBuffer& head) {
  if (!head.empty()) {
    head.append(output_.expose_text());
    output_ = std::exchange(head, SecretBuffer());
  }
  piece_.reset();
  if (output_.empty()) co_return true;
  bytes_out_ += output_.size();
  const auto& limits = snapshot_->limits;
  const bool written = co_await wire_.write(output_, limits.write_grace, limits.body_rate);
  co_return written;
}

}  // namespace sluis::gateway
