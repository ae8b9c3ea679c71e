#include "gateway/server/loop.h"

#include <pthread.h>

#include <boost/asio/post.hpp>
#include <chrono>
#include <ctime>

#include "crypto/hash.h"
#include "gateway/http/reply_writer.h"

namespace sluis::gateway {

namespace {

constexpr Milliseconds kSweepEvery{100};

// Moves this loop to another snapshot.
struct TakeSnapshot {
  std::shared_ptr<const Snapshot>* slot;
  std::shared_ptr<const Snapshot> snapshot;
  Loop* loop;
  void operator()() {
    slot->swap(snapshot);
    loop->sweep_now();
  }
};

}  // namespace

void Parked::resume() noexcept {
  loop_->wake(*this);
}

void Parked::go_on() {
  auto resumption = std::move(*resumption_);
  resumption_.reset();
  std::move(resumption)();
}

Loop::Loop(std::shared_ptr<const Snapshot> snapshot) : snapshot_(std::move(snapshot)) {
  std::array<std::uint8_t, 8> prefix{};
  if (const auto status = random_bytes(prefix); !status) throw std::runtime_error("no random bytes");
  for (const auto byte : prefix) id_prefix_ = id_prefix_ << 8U | byte;
  arm();
}

void Loop::run() {
  pthread_setname_np(pthread_self(), "sluis-io");
  context_.run();
}

void Loop::stop() {
  context_.stop();
}

void Loop::set_snapshot(std::shared_ptr<const Snapshot> snapshot) {
  asio::post(context_, TakeSnapshot{&snapshot_, std::move(snapshot), this});
}

// A post stands behind every event that the reactor has found ready, so their entries become one sync, and their jobs
// one group.
template <typename Part>
void Loop::start_once(Part& part, bool& posted) {
  if (posted) return;
  posted = true;
  asio::post(context_, Start<Part>{&posted, &part});
}

void Loop::start_after_turn(ReplyGate& gate) {
  start_once(gate, gate_start_posted_);
}

void Loop::start_after_turn(WorkerPool& workers) {
  workers_ = &workers;
  start_once(workers, workers_start_posted_);
}

// A stack that many push to and one takes whole. Only who finds it empty has to post.
void Loop::wake(Parked& parked) noexcept {
  Parked* head = woken_.load(std::memory_order_relaxed);
  do {
    parked.next_ = head;
  } while (!woken_.compare_exchange_weak(head, &parked, std::memory_order_release, std::memory_order_relaxed));
  if (head == nullptr) asio::post(context_, Drain{this});
}

void Loop::drain() {
  Parked* stack = woken_.exchange(nullptr, std::memory_order_acquire);
  Parked* queue = nullptr;  // first in, first out
  while (stack != nullptr) {
    Parked* const next = stack->next_;
    stack->next_ = queue;
    queue = stack;
    stack = next;
  }
  while (queue != nullptr) {
    Parked* const next = queue->next_;  // *queue may be gone, or parked again, once it went on
    queue->go_on();
    queue = next;
  }
}

void Loop::sweep() {
  const auto now = Clock::now();
  for (auto it = members_.begin(); it != members_.end();) {
    auto& member = *it++;
    member.sweep(now);
  }
}

void Loop::arm() {
  struct Again {
    Loop* loop;
    void operator()(const boost::system::error_code& error) const {
      if (error) return;
      loop->sweep();
      if (loop->workers_ != nullptr) loop->workers_->start();
      loop->arm();
    }
  };
  sweeper_.expires_after(kSweepEvery);
  sweeper_.async_wait(Again{this});
}

std::string_view Loop::date() {
  const auto second = static_cast<std::uint64_t>(std::time(nullptr));
  if (second != date_second_) {
    date_second_ = second;
    date_ = http_date(second);
  }
  return date_;
}

// A UUID of version 8 (RFC 9562 section 5.8): random for the loop, counted within it.
std::string Loop::next_request_id() {
  const std::uint64_t n = ++id_counter_;
  const std::uint64_t high = (id_prefix_ & ~0xf000ULL) | 0x8000ULL;
  const std::uint64_t low = 0x8000'0000'0000'0000ULL | (n & 0x3fff'ffff'ffff'ffffULL);
  std::string text;
  text.reserve(36);
  for (int i = 0; i < 32; ++i) {
    if (i == 8 || i == 12 || i == 16 || i == 20) text.push_back('-');
    const std::uint64_t half = i < 16 ? high : low;
    text.push_back("0123456789abcdef"[half >> (60 - 4 * (i % 16)) & 0xfU]);
  }
  return text;
}

}  // namespace sluis::gateway
