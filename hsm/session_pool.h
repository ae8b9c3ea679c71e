// A bounded pool of PKCS#11 sessions. They only open and close: the login belongs to the application and is held by an
// anchor session elsewhere (hsm/connection.h). Thread-safe.
#pragma once

#include <chrono>
#include <condition_variable>
#include <mutex>
#include <vector>

#include "hsm/cryptoki.h"

namespace sluis::hsm {

enum class Access : std::uint8_t { read, write };  // write: may make and destroy objects of the token

class SessionPool;

// A session on loan. A session whose operation failed is to be discarded: 2.40 has no way to cancel what it was doing.
class Session {
 public:
  Session() noexcept = default;
  Session(Session&& other) noexcept;
  Session& operator=(Session&& other) noexcept;
  Session(const Session&) = delete;
  Session& operator=(const Session&) = delete;
  ~Session() { release(); }

  ck_session_handle_t handle() const noexcept { return handle_; }
  void discard() noexcept { reusable_ = false; }
  void release() noexcept;

 private:
  friend class SessionPool;
  SessionPool* pool_ = nullptr;
  ck_session_handle_t handle_ = CK_INVALID_HANDLE;
  bool reusable_ = true;
};

class SessionPool {
 public:
  SessionPool(const ck_function_list& api, ck_slot_id_t slot, unsigned limit, std::chrono::milliseconds wait)
      : api_(api), slot_(slot), limit_(limit), wait_(wait) {}
  SessionPool(const SessionPool&) = delete;
  SessionPool& operator=(const SessionPool&) = delete;
  ~SessionPool() { close(); }

  // Closes all sessions before C_Finalize; all loans must be back, and none is made afterwards.
  void close() noexcept;

  // CKR_SESSION_COUNT when none came free in time; else what C_OpenSession says.
  ck_rv_t acquire(Access access, Session& out);
  unsigned open() const;

 private:
  friend class Session;
  // Reserves room for one more session, or hands over an idle one in `reused`.
  bool reserve(Access access, ck_session_handle_t& reused);
  void give_back(ck_session_handle_t handle, bool reusable) noexcept;

  const ck_function_list& api_;
  const ck_slot_id_t slot_;
  const unsigned limit_;
  const std::chrono::milliseconds wait_;
  mutable std::mutex mutex_;
  std::condition_variable freed_;
  std::vector<ck_session_handle_t> idle_;  // read-only ones
  unsigned open_ = 0;                      // idle, on loan, and being opened
};

}  // namespace sluis::hsm
