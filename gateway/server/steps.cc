// What a connection has a worker do. The coroutine is parked meanwhile, so nothing here needs a lock.
#include <exception>
#include <stdexcept>
#include <typeinfo>
#include <utility>

#include "gateway/server/connection.h"

namespace sluis::gateway {

bool Connection::Submit::operator()() const {
  self->submitted_ = true;
  if (queue == Queue::continued) {
    self->services_.workers->submit_continued(*self);
    return true;
  }
  // Set before: once submitted, the job may be over at any time, and the coroutine with it.
  WorkerPool& workers = *self->services_.workers;
  if (self->kind() == nullptr) {
    if (workers.submit(*self)) return true;
  } else {
    self->loop_.start_after_turn(workers);
    if (workers.submit_soon(*self)) return true;
  }
  self->submitted_ = false;
  return false;
}

// False if the queue is full.
Task<bool> Connection::on_worker(Step step, Queue queue) {
  step_ = step;
  error_.reset();
  wire_.enter(Wire::Phase::busy, Clock::time_point::max());
  co_await park(Submit{this, queue});
  if (!submitted_) services_.metrics->add(Metrics::Count::worker_queue_full);
  co_return submitted_;
}

const void* Connection::kind() const noexcept {
  return step_ == Step::handle && admission_.route->group ? admission_.route : nullptr;
}

std::size_t Connection::bytes() const noexcept {
  return call_.body.size();
}

void Connection::run() noexcept {
  guarded();
  ReplyGate& gate = *services_.gate;
  hand_over();
  gate.start();
}

void Connection::guarded() noexcept {
  try {
    perform();
  } catch (...) {
    threw(std::current_exception());
  }
}

// Asked once a call, before anything else of it.
bool Connection::token_holds() {
  if (!std::exchange(admission_.ask_token, false)) return true;
  const Status sound = services_.tokens->ask(call_);
  if (sound) return true;
  error_ = sound.error();
  if (error_->code == Code::denied) {
    services_.metrics->add(Metrics::Count::denials);
    services_.gate->note({token_denial(*snapshot_, call_, *admission_.route, *error_)});
  }
  return false;
}

void Connection::threw(const std::exception_ptr& bug) noexcept {
  error_ = Error{Code::internal, "a handler threw"};
  outcome_.reset();
  try {
    std::rethrow_exception(bug);
  } catch (const std::exception& known) {
    // Only the type: the words of an exception may hold data of the call.
    services_.log->write(LogLevel::error, "a handler threw", {{"type", typeid(known).name()}});
  } catch (...) {
    services_.log->write(LogLevel::error, "a handler threw", {{"type", "unknown"}});
  }
}

// Where there is an outcome, its entries go to the log from here, and the coroutine goes on when the gate lets it.
void Connection::hand_over() noexcept {
  if (step_ == Step::handle && outcome_) {
    complete_events(outcome_->events, call_);
    at_gate_ = true;
    if (services_.gate->hold(held_, *std::exchange(outcome_, std::nullopt), *this) == ReplyGate::Ready::later) return;
  }
  resume();
}

void Connection::run_together(std::span<Job* const> jobs) noexcept {
  // The jobs of a kind are connections all. Each may be gone once it was handed over.
  const auto connection = [](Job* job) -> Connection& { return *static_cast<Connection*>(job); };
  ReplyGate& gate = *services_.gate;
  std::exception_ptr bug = std::make_exception_ptr(std::logic_error("a call was left unsettled"));
  std::vector<GroupedCall> calls;
  try {
    calls.reserve(jobs.size());
    for (Job* job : jobs) calls.push_back({connection(job).call_});
    admission_.route->group(calls);
  } catch (...) {
    bug = std::current_exception();
  }
  for (std::size_t i = 0; i < jobs.size(); ++i) {
    Connection& one = connection(jobs[i]);
    const bool settled = i < calls.size() && calls[i].settled();
    if (settled) one.outcome_ = std::move(calls[i].outcome);
    if (!settled || calls[i].thrown) one.threw(settled ? calls[i].thrown : bug);
    one.hand_over();
  }
  gate.start();
}

void Connection::perform() {
  if (!token_holds()) return;
  switch (step_) {
    case Step::handle:
      outcome_ = admission_.route->handler(call_);
      return;
    case Step::open_sink: {
      auto sink = admission_.route->sink(call_);
      if (!sink) error_ = sink.error();
      if (sink) sink_ = *std::move(sink);
      return;
    }
    case Step::feed:
      if (const auto fed = sink_->feed(call_.body.expose_text()); !fed) {
        error_ = fed.error();
        sink_.reset();
      }
      return;
    case Step::finish:
      outcome_ = sink_->finish();
      sink_.reset();
      return;
    case Step::abandon:
      sink_->abandon();
      sink_.reset();
      return;
    case Step::open_source: {
      auto streamed = admission_.route->source(call_);
      outcome_ = std::move(streamed.refused);
      source_ = std::move(streamed.source);
      if (source_) fetch_piece();
      return;
    }
    case Step::next_piece:
      return fetch_piece();
    case Step::drop_source:
      source_.reset();
      return;
    case Step::open_filter: {
      auto filtered = admission_.route->filter(call_);
      outcome_ = std::move(filtered.refused);
      filter_ = std::move(filtered.filter);
      return;
    }
    case Step::filter:
      return take_piece(filter_->feed(call_.body.expose_text()));
    case Step::filter_end:
      return finish_filter();
    case Step::drop_filter:
      filter_.reset();
      return;
  }
}

void Connection::fetch_piece() {
  take_piece(source_->next());
  if (error_) source_.reset();
}

void Connection::take_piece(Result<Piece> piece) {
  if (!piece) error_ = piece.error();
  if (piece) piece_ = *std::move(piece);
}

// The body's last bytes and its end.
void Connection::finish_filter() {
  Piece whole;
  if (!call_.body.empty()) {
    take_piece(filter_->feed(call_.body.expose_text()));
    if (error_) return;
    whole = *std::move(piece_);
  }
  take_piece(filter_->finish());
  if (error_) return;
  whole.bytes.append(piece_->bytes.expose_text());
  for (auto& event : piece_->events) whole.events.push_back(std::move(event));
  whole.last = true;
  piece_ = std::move(whole);
}

}  // namespace sluis::gateway
