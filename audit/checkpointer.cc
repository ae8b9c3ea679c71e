#include "audit/checkpointer.h"

#include "audit/folder.h"
#include "audit/moment.h"

namespace sluis::audit {

Checkpointer::Checkpointer(const LogConfig& config, FileOps& files, Signer& signer, Checkpoint last, Renew renew,
                           Hooks hooks)
    : folder_(config.folder),
      interval_(config.checkpoint_interval_ms),
      files_(files),
      signer_(signer),
      earlier_(config.earlier),
      hooks_(std::move(hooks)),
      renew_(renew == Renew::yes),
      last_(std::move(last)),
      thread_([this] { run(); }) {}

Checkpointer::~Checkpointer() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  changed_.notify_all();
  thread_.join();
}

void Checkpointer::grown() {
  if (dirty_.exchange(true, std::memory_order_acq_rel)) return;
  const std::lock_guard lock(mutex_);  // or the thread could miss it between its look and its sleep
  changed_.notify_all();
}

Result<std::uint64_t> Checkpointer::sign_now() {
  std::unique_lock lock(mutex_);
  const std::uint64_t mine = ++asked_;
  changed_.notify_all();
  changed_.wait(lock, [&] { return answered_ >= mine; });
  if (!outcome_) return outcome_.error();
  return last_.size;
}

void Checkpointer::fill(LogStats& stats) const {
  const std::lock_guard lock(mutex_);
  stats.checkpoint_size = last_.size;
  stats.checkpoint_time_us = last_time_us_;
  stats.checkpoint_failures = failures_;
  stats.root = last_.root;
}

void Checkpointer::wait_for_work(std::unique_lock<std::mutex>& lock) {
  const auto urgent = [this] { return stopping_ || asked_ > answered_; };
  constexpr std::chrono::seconds tick{60};
  changed_.wait_for(lock, tick, [&] { return urgent() || dirty_.load(std::memory_order_acquire); });
  if (dirty_.load(std::memory_order_acquire)) changed_.wait_until(lock, next_attempt_, urgent);
}

void Checkpointer::run() {
  std::unique_lock lock(mutex_);
  while (true) {
    wait_for_work(lock);
    const bool last_time = stopping_;
    const std::uint64_t asked = asked_;
    dirty_.store(false, std::memory_order_release);
    const Status outcome = sign_and_note(lock);
    next_attempt_ = Clock::now() + interval_;
    if (!outcome) dirty_.store(true, std::memory_order_release);
    outcome_ = outcome;
    answered_ = asked;
    changed_.notify_all();
    if (last_time) return;
  }
}

// Without the lock while the signer is at work.
Status Checkpointer::sign_and_note(std::unique_lock<std::mutex>& lock) {
  const std::uint64_t signed_size = last_.size;
  const std::string origin = last_.origin;
  lock.unlock();
  hooks_.tick();
  const Frontier tree = hooks_.tree();
  const Checkpoint next{origin, tree.size(), tree.root()};
  const Status outcome = tree.size() == signed_size && !renew_ ? Status() : sign(next);
  lock.lock();
  failures_ = outcome ? 0 : failures_ + 1;
  if (outcome && next.size != signed_size) {
    last_ = next;
    last_time_us_ = now_us();
  }
  return outcome;
}

Status Checkpointer::sign(const Checkpoint& checkpoint) {
  if (public_key_.empty()) {
    auto key = signer_.public_key();
    if (!key) return key.error();
    if (key->size() != kPublicKeySize) return Error{Code::internal, "the signer's public key has not 32 bytes"};
    public_key_ = std::move(*key);
  }
  auto note = sign_note(checkpoint_text(checkpoint), checkpoint.origin, public_key_, signer_);
  if (!note) return note.error();
  const std::string text = with_earlier(std::move(*note));
  const Status replaced = replace_file(files_, folder_, kCheckpointTemporary, kCheckpointName, text);
  if (!replaced) return replaced;
  renew_ = false;
  hooks_.written(checkpoint, text);
  return {};
}

// An earlier key that is gone from the HSM does not keep the newest from signing.
std::string Checkpointer::with_earlier(std::string note) {
  for (const EarlierKey& earlier : earlier_) {
    if (earlier.signs_until_us <= now_us()) continue;
    const auto key = earlier.signer->public_key();
    if (!key || key->size() != kPublicKeySize) continue;
    auto more = add_signature(note, last_.origin, *key, *earlier.signer);
    if (more) note = std::move(*more);
  }
  return note;
}

}  // namespace sluis::audit
