// An audit log in memory, for tests of what waits for it: completes by itself on a thread of its own, when told, or
// never again.
#pragma once

#include <atomic>
#include <condition_variable>
#include <deque>
#include <mutex>
#include <thread>

#include "audit/log.h"

namespace sluis::test {

class FakeLog final : public audit::Log {
 public:
  enum class Mode : std::uint8_t { at_once, when_told, halted };
  explicit FakeLog(Mode mode) : mode_(mode) {
    if (mode == Mode::at_once) writer_ = std::thread(&FakeLog::write, this);
  }
  ~FakeLog() override {
    {
      const std::lock_guard lock(mutex_);
      stopping_ = true;
    }
    wake_.notify_all();
    if (writer_.joinable()) writer_.join();
  }

  void append(std::vector<audit::Event> events, Done done) override {
    if (mode_ == Mode::halted) return done(Error{Code::audit_halted, "the log is halted"});
    {
      const std::lock_guard lock(mutex_);
      waiting_.push_back({std::move(events), std::move(done)});
    }
    wake_.notify_one();
  }
  Result<audit::Receipt> append_and_wait(std::vector<audit::Event>) override {
    return Error{Code::internal, "not in this fake"};
  }

  // For when_told.
  bool complete_one(std::optional<Error> error = std::nullopt) {
    std::unique_lock lock(mutex_);
    if (waiting_.empty()) return false;
    auto [events, done] = std::move(waiting_.front());
    waiting_.pop_front();
    const audit::Receipt receipt{size_, events.size()};
    if (!error) {
      size_ += events.size();
      for (auto& event : events) written_.push_back(std::move(event));
    }
    lock.unlock();
    if (error) done(*error);
    if (!error) done(receipt);
    return true;
  }

  void halt() { mode_ = Mode::halted; }
  bool halted() const noexcept override { return mode_ == Mode::halted; }
  std::uint64_t size() const noexcept override { return size_; }
  const audit::Recovery& recovery() const noexcept override { return recovery_; }
  const std::string& origin() const noexcept override { return origin_; }
  Result<std::vector<Entry>> read(std::uint64_t, std::size_t, Payloads) override { return std::vector<Entry>{}; }

  std::vector<audit::Event> written() const {
    const std::lock_guard lock(mutex_);
    return written_;
  }

 private:
  struct Waiting {
    std::vector<audit::Event> events;
    Done done;
  };
  void write() {
    std::unique_lock lock(mutex_);
    for (;;) {
      while (waiting_.empty() && !stopping_) wake_.wait(lock);
      if (waiting_.empty()) return;
      lock.unlock();
      complete_one();
      lock.lock();
    }
  }

  std::atomic<Mode> mode_;
  mutable std::mutex mutex_;
  std::condition_variable wake_;
  std::deque<Waiting> waiting_;
  std::vector<audit::Event> written_;
  std::atomic<std::uint64_t> size_{0};
  bool stopping_ = false;
  audit::Recovery recovery_{};
  std::string origin_ = "test.example/log";
  std::thread writer_;
};

}  // namespace sluis::test
