// One I/O thread: an io_context of its own, the connections that live on it, and their deadlines.
#pragma once

#include <array>
#include <atomic>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/intrusive/list.hpp>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "gateway/http/reply_gate.h"
#include "gateway/server/asio.h"
#include "gateway/server/snapshot.h"
#include "gateway/server/worker_pool.h"

namespace sluis::gateway {

using Clock = std::chrono::steady_clock;
class Loop;

// A coroutine that waits for something outside Asio (the log, a worker). resume() may come from any thread; the
// coroutine goes on on its loop. Wake-ups that come together cost one post.
class Parked : public Resumer {
 public:
  explicit Parked(Loop& loop) : loop_(&loop) {}
  virtual ~Parked() = default;
  Parked(const Parked&) = delete;
  Parked& operator=(const Parked&) = delete;
  void resume() noexcept final;

 protected:
  // Suspends the coroutine, then calls `start`, which brings about one resume() or returns false to go on at once.
  template <typename Start>
  Task<void> park(Start start);

 private:
  friend class Loop;
  using Resumption = asio::async_result<UseAwaitable, void()>::handler_type;
  void go_on();
  Loop* loop_;
  Parked* next_ = nullptr;
  std::optional<Resumption> resumption_;
};

// What a loop sees of a connection. All on the loop's thread.
class Member : public boost::intrusive::list_base_hook<boost::intrusive::link_mode<boost::intrusive::auto_unlink>> {
 public:
  // Looked at a few times a second.
  virtual void sweep(Clock::time_point now) = 0;

 protected:
  ~Member() = default;
};

class Loop {
 public:
  explicit Loop(std::shared_ptr<const Snapshot> snapshot);

  asio::io_context& context() noexcept { return context_; }
  // Runs until stop(); on the thread of this loop.
  void run();
  void stop();  // thread-safe
  // Thread-safe: requests that begin after it has arrived use the new one.
  void set_snapshot(std::shared_ptr<const Snapshot> snapshot);

  // On the loop's thread only:
  const std::shared_ptr<const Snapshot>& snapshot() const noexcept { return snapshot_; }
  void add(Member& member) { members_.push_back(member); }
  // The time of the last event, good to a few milliseconds, and as HTTP has it.
  std::string_view date();
  // Memory for one read, wiped by whoever used it.
  std::span<char> scratch() noexcept { return scratch_; }
  std::string next_request_id();
  void sweep_now() { sweep(); }
  // Has the gate, or the pool, start once, after the events that are at hand now.
  void start_after_turn(ReplyGate& gate);
  void start_after_turn(WorkerPool& workers);  // and at each sweep from then on

 private:
  friend class Parked;
  struct Drain {
    Loop* loop;
    void operator()() const { loop->drain(); }
  };
  template <typename Part>
  struct Start {
    bool* posted;
    Part* part;
    void operator()() const {
      *posted = false;
      part->start();
    }
  };
  template <typename Part>
  void start_once(Part& part, bool& posted);
  void wake(Parked& parked) noexcept;
  void drain();
  void sweep();
  void arm();

  asio::io_context context_{1};
  asio::executor_work_guard<Executor> work_{context_.get_executor()};
  Timer sweeper_{context_};
  std::shared_ptr<const Snapshot> snapshot_;
  std::atomic<Parked*> woken_{nullptr};
  WorkerPool* workers_ = nullptr;
  bool gate_start_posted_ = false, workers_start_posted_ = false;
  boost::intrusive::list<Member, boost::intrusive::constant_time_size<false>> members_;
  std::array<char, 64U << 10U> scratch_{};
  std::uint64_t date_second_ = 0;
  std::string date_;
  std::uint64_t id_prefix_ = 0, id_counter_ = 0;
};

template <typename Start>
struct ParkInitiation {
  Parked* parked;
  Start start;
  std::optional<asio::async_result<UseAwaitable, void()>::handler_type>* slot;
  template <typename H>
  void operator()(H&& handler) {
    slot->emplace(std::forward<H>(handler));
    if (!start()) parked->resume();
  }
};

template <typename Start>
Task<void> Parked::park(Start start) {
  UseAwaitable token;
  return asio::async_initiate<UseAwaitable, void()>(ParkInitiation<Start>{this, std::move(start), &resumption_}, token);
}

}  // namespace sluis::gateway
