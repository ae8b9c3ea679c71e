// harden_process() changes the whole process for good, so each case runs in a process of its own.
#include <gtest/gtest.h>
#include <openssl/crypto.h>
#include <sys/prctl.h>
#include <sys/resource.h>

#include <cstdlib>

#include "crypto/hash.h"
#include "crypto/secret.h"
#include "crypto/wiping_heap.h"
#include "process_memory.h"

namespace sluis {
namespace {

class HardenDeathTest : public testing::Test {
 protected:
  void SetUp() override { GTEST_FLAG_SET(death_test_style, "threadsafe"); }
};

[[noreturn]] void harden_and_look() {
  if (!harden_process()) _exit(1);
  rlimit core{1, 1};
  if (getrlimit(RLIMIT_CORE, &core) != 0 || core.rlim_cur != 0 || core.rlim_max != 0) _exit(2);
  if (prctl(PR_GET_DUMPABLE, 0, 0, 0, 0) != 0) _exit(3);
  CRYPTO_malloc_fn take = nullptr;
  CRYPTO_realloc_fn resize = nullptr;
  CRYPTO_free_fn give_back = nullptr;
  CRYPTO_get_mem_functions(&take, &resize, &give_back);
  using Heap = WipingHeap<std::free>;
  if (take != &Heap::take || resize != &Heap::resize || give_back != &Heap::give_back) _exit(4);
  if (to_hex(sha256(bytes_of("abc"))).substr(0, 8) != "ba7816bf") _exit(5);  // OpenSSL works on it
  if (!harden_process()) _exit(6);                                           // again: harmless
  _exit(0);
}

[[noreturn]] void harden_too_late() {
  static_cast<void>(sha256(bytes_of("abc")));
  const Status hardened = harden_process();
  _exit(!hardened && hardened.error().code == Code::unavailable ? 0 : 1);
}

[[noreturn]] void harden_without_locked_memory() {
  const rlimit none{0, 0};
  const bool limited = setrlimit(RLIMIT_MEMLOCK, &none) == 0 && (geteuid() != 0 || setresuid(65534, 65534, 65534) == 0);
  const Status hardened = harden_process();
  _exit(limited && !hardened && hardened.error().code == Code::unavailable ? 0 : 1);
}

[[noreturn]] void lock_whole_within_limit_zero() {
  const rlimit none{0, 0};
  const bool limited = setrlimit(RLIMIT_MEMLOCK, &none) == 0 && (geteuid() != 0 || setresuid(65534, 65534, 65534) == 0);
  const Status locked = lock_whole_process();
  _exit(limited && !locked && locked.error().code == Code::unavailable ? 0 : 1);
}

TEST_F(HardenDeathTest, TurnsOffDumpsAndMakesOpenSslWipe) {
  EXPECT_EXIT(harden_and_look(), testing::ExitedWithCode(0), "");
}

TEST_F(HardenDeathTest, SaysWhenOpenSslWasUsedBefore) {
  EXPECT_EXIT(harden_too_late(), testing::ExitedWithCode(0), "");
}

TEST_F(HardenDeathTest, FailsWhereNothingCanBeLocked) {
  EXPECT_EXIT(harden_without_locked_memory(), testing::ExitedWithCode(0), "");
}

TEST_F(HardenDeathTest, LockingAllMemorySaysWhenItIsRefused) {
  EXPECT_EXIT(lock_whole_within_limit_zero(), testing::ExitedWithCode(0), "");
}

}  // namespace
}  // namespace sluis
