#include "crypto/wiping_heap.h"

#include <openssl/crypto.h>

namespace sluis {
namespace {

using Heap = WipingHeap<std::free>;

}  // namespace

bool give_openssl_wiping_heap() noexcept {
  CRYPTO_malloc_fn present = nullptr;
  CRYPTO_get_mem_functions(&present, nullptr, nullptr);
  if (present == &Heap::take) return true;
  return CRYPTO_set_mem_functions(&Heap::take, &Heap::resize, &Heap::give_back) == 1;
}

}  // namespace sluis
