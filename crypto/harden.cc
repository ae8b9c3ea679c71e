#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>

#include "crypto/secret.h"
#include "crypto/wiping_heap.h"

namespace sluis {

Status harden_process() {
  if (!give_openssl_wiping_heap()) {
    return Error{Code::unavailable, "OpenSSL was used before its memory could be made to wipe itself"};
  }
  const rlimit none{0, 0};
  if (setrlimit(RLIMIT_CORE, &none) != 0) return Error{Code::unavailable, "core dumps cannot be turned off"};
  if (prctl(PR_SET_DUMPABLE, 0UL, 0UL, 0UL, 0UL) != 0) {
    return Error{Code::unavailable, "the process cannot be made non-dumpable"};
  }
  if (const auto proof = SecretKey::make(32); !proof) return proof.error();
  return {};
}

Status lock_whole_process() {
  if (mlockall(MCL_CURRENT | MCL_FUTURE) == 0) return {};
  return Error{Code::unavailable, "the whole process cannot be locked in memory (RLIMIT_MEMLOCK)"};
}

}  // namespace sluis
