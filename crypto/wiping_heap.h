// The heap given to OpenSSL (CRYPTO_set_mem_functions): every block is wiped before it goes back, growth included.
// Blocks are malloc's own, without a header of ours, so a library that hands OpenSSL's memory to free() does no harm.
#pragma once

#include <malloc.h>

#include <algorithm>
#include <cstddef>
#include <cstdlib>
#include <cstring>

#include "crypto/secret.h"

namespace sluis {

// `Release` is what takes the wiped memory back: std::free, or a test's witness.
template <void (*Release)(void*)>
struct WipingHeap {
  static void* take(std::size_t size, const char*, int) noexcept { return size == 0 ? nullptr : std::malloc(size); }

  // All that malloc gave, which may be more than was asked for.
  static void give_back(void* block, const char*, int) noexcept {
    if (block == nullptr) return;
    wipe(block, malloc_usable_size(block));
    Release(block);
  }

  // Never realloc(): it would leave the old bytes where they were.
  static void* resize(void* block, std::size_t size, const char* file, int line) noexcept {
    if (block == nullptr) return take(size, file, line);
    if (size == 0) {
      give_back(block, file, line);
      return nullptr;
    }
    void* const moved = take(size, file, line);
    if (moved == nullptr) return nullptr;
    std::memcpy(moved, block, std::min(malloc_usable_size(block), size));
    give_back(block, file, line);
    return moved;
  }
};

// Makes OpenSSL use the wiping heap. False if OpenSSL has allocated before; true, too, if it uses it already.
bool give_openssl_wiping_heap() noexcept;

}  // namespace sluis
