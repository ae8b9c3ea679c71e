#include "hsm/session_pool.h"

#include <utility>

namespace sluis::hsm {

Session::Session(Session&& other) noexcept
    : pool_(std::exchange(other.pool_, nullptr)), handle_(other.handle_), reusable_(other.reusable_) {}

Session& Session::operator=(Session&& other) noexcept {
  if (this == &other) return *this;
  release();
  pool_ = std::exchange(other.pool_, nullptr);
  handle_ = other.handle_;
  reusable_ = other.reusable_;
  return *this;
}

void Session::release() noexcept {
  if (SessionPool* const pool = std::exchange(pool_, nullptr)) pool->give_back(handle_, reusable_);
}

void SessionPool::close() noexcept {
  const std::lock_guard lock(mutex_);
  for (const ck_session_handle_t handle : idle_) api_.C_CloseSession(handle);
  open_ -= static_cast<unsigned>(idle_.size());
  idle_.clear();
}

unsigned SessionPool::open() const {
  const std::lock_guard lock(mutex_);
  return open_;
}

bool SessionPool::reserve(Access access, ck_session_handle_t& reused) {
  std::unique_lock lock(mutex_);
  const auto room = [&] { return !idle_.empty() || open_ < limit_; };
  if (!freed_.wait_for(lock, wait_, room)) return false;
  const bool take_idle = !idle_.empty() && (access == Access::read || open_ >= limit_);
  if (!take_idle) {
    ++open_;
    return true;
  }
  reused = idle_.back();
  idle_.pop_back();
  return true;
}

ck_rv_t SessionPool::acquire(Access access, Session& out) {
  ck_session_handle_t handle = CK_INVALID_HANDLE;
  if (!reserve(access, handle)) return CKR_SESSION_COUNT;
  if (handle != CK_INVALID_HANDLE && access == Access::write) {
    api_.C_CloseSession(handle);  // an idle one makes room for one that can write
    handle = CK_INVALID_HANDLE;
  }
  if (handle == CK_INVALID_HANDLE) {
    const ck_flags_t flags = CKF_SERIAL_SESSION | (access == Access::write ? CKF_RW_SESSION : 0);
    const ck_rv_t code = api_.C_OpenSession(slot_, flags, nullptr, nullptr, &handle);
    if (code != CKR_OK) {
      give_back(CK_INVALID_HANDLE, false);
      return code;
    }
  }
  out.release();
  out.pool_ = this;
  out.handle_ = handle;
  out.reusable_ = access == Access::read;
  return CKR_OK;
}

void SessionPool::give_back(ck_session_handle_t handle, bool reusable) noexcept {
  if (!reusable && handle != CK_INVALID_HANDLE) api_.C_CloseSession(handle);
  {
    const std::lock_guard lock(mutex_);
    if (!reusable) --open_;
    if (reusable) idle_.push_back(handle);
  }
  freed_.notify_one();
}

}  // namespace sluis::hsm
