// The pool over a function list that only opens and closes.
#include "hsm/session_pool.h"

#include <gtest/gtest.h>

#include <atomic>
#include <thread>

#include "crypto/bytes.h"

namespace sluis::hsm {
namespace {

using std::chrono::milliseconds;

std::atomic<int> open_now{0};
std::atomic<int> most_open{0};
std::atomic<int> opened{0};
std::atomic<unsigned long> refusal{CKR_OK};
std::atomic<ck_flags_t> last_flags{0};

ck_rv_t open_session(ck_slot_id_t, ck_flags_t flags, void*, ck_notify_t, ck_session_handle_t* out) {
  if (refusal != CKR_OK) return refusal;
  last_flags = flags;
  const int now = ++open_now;
  int most = most_open;
  while (now > most && !most_open.compare_exchange_weak(most, now)) {
  }
  *out = static_cast<ck_session_handle_t>(++opened);
  return CKR_OK;
}

ck_rv_t close_session(ck_session_handle_t) {
  --open_now;
  return CKR_OK;
}

class Pool : public ::testing::Test {
 protected:
  Pool() {
    api_.C_OpenSession = open_session;
    api_.C_CloseSession = close_session;
    open_now = most_open = opened = 0;
    refusal = CKR_OK;
  }
  ck_function_list api_{};
};

TEST_F(Pool, ReusesASessionThatWorked) {
  SessionPool pool(api_, 0, 4, milliseconds(0));
  for (int i = 0; i < 10; ++i) {
    Session session;
    ASSERT_EQ(pool.acquire(Access::read, session), CKR_OK);
  }
  EXPECT_EQ(opened, 1);
  EXPECT_EQ(pool.open(), 1U);
}

TEST_F(Pool, ClosesASessionThatFailed) {
  SessionPool pool(api_, 0, 4, milliseconds(0));
  for (int i = 0; i < 10; ++i) {
    Session session;
    ASSERT_EQ(pool.acquire(Access::read, session), CKR_OK);
    session.discard();
  }
  EXPECT_EQ(opened, 10);
  EXPECT_EQ(open_now, 0);
  EXPECT_EQ(pool.open(), 0U);
}

TEST_F(Pool, WritingSessionsAreOpenedForOneUse) {
  SessionPool pool(api_, 0, 1, milliseconds(0));
  {
    Session session;
    ASSERT_EQ(pool.acquire(Access::read, session), CKR_OK);
    EXPECT_EQ(last_flags & CKF_RW_SESSION, 0U);
  }
  {
    Session session;
    ASSERT_EQ(pool.acquire(Access::write, session), CKR_OK) << "the idle one makes room";
    EXPECT_NE(last_flags & CKF_RW_SESSION, 0U);
    EXPECT_EQ(open_now, 1);
  }
  EXPECT_EQ(open_now, 0);
}

TEST_F(Pool, IsBusyWhenFull) {
  SessionPool pool(api_, 0, 2, milliseconds(1));
  Session first;
  Session second;
  Session third;
  ASSERT_EQ(pool.acquire(Access::read, first), CKR_OK);
  ASSERT_EQ(pool.acquire(Access::write, second), CKR_OK);
  EXPECT_EQ(pool.acquire(Access::read, third), CKR_SESSION_COUNT);
  first.release();
  EXPECT_EQ(pool.acquire(Access::read, third), CKR_OK);
}

TEST_F(Pool, RefusalByTheModuleTakesNoRoom) {
  SessionPool pool(api_, 0, 1, milliseconds(0));
  refusal = CKR_DEVICE_REMOVED;
  Session session;
  EXPECT_EQ(pool.acquire(Access::read, session), CKR_DEVICE_REMOVED);
  EXPECT_EQ(pool.open(), 0U);
  refusal = CKR_OK;
  EXPECT_EQ(pool.acquire(Access::read, session), CKR_OK);
}

TEST_F(Pool, LimitHoldsUnderContention) {
  {
    SessionPool pool(api_, 0, 3, milliseconds(60000));
    std::atomic<int> refused{0};
    std::vector<std::thread> threads;
    for (int t = 0; t < 8; ++t) {
      threads.emplace_back([&, t] {
        for (int i = 0; i < 500; ++i) {
          Session session;
          if (pool.acquire((i + t) % 3 == 0 ? Access::write : Access::read, session) != CKR_OK) ++refused;
          if (i % 7 == 0) session.discard();
          Session moved(std::move(session));
        }
      });
    }
    for (std::thread& thread : threads) thread.join();
    EXPECT_EQ(refused, 0);
    EXPECT_LE(pool.open(), 3U);
  }
  EXPECT_LE(most_open, 3);
  EXPECT_EQ(open_now, 0) << "the pool closes what it has";
}

}  // namespace
}  // namespace sluis::hsm
