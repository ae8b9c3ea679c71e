// The heap given to OpenSSL (CRYPTO_set_mem_functions): every block is wiped before it goes back, growth included.
// The size stands in a header before the block, so nothing relies on what the C library rounds sizes up to.
#pragma once

#include <cstddef>
#include <cstdlib>
#include <cstring>

#include "crypto/secret.h"

namespace sluis {

// `Release` is what takes the wiped memory back: std::free, or a test's witness.
template <void (*Release)(void*)>
struct WipingHeap {
  static void* take(std::size_t size, const char*, int) noexcept {
    if (size == 0 || size > PTRDIFF_MAX - kHeader) return nullptr;
    auto* const base = static_cast<std::byte*>(std::malloc(kHeader + size));
    if (base == nullptr) return nullptr;
    std::memcpy(base, &size, sizeof size);
    return base + kHeader;
  }

  static void give_back(void* block, const char*, int) noexcept {
    if (block == nullptr) return;
    wipe(block, size_of(block));
    Release(static_cast<std::byte*>(block) - kHeader);
  }

  static void* resize(void* block, std::size_t size, const char* file, int line) noexcept {
    if (block == nullptr) return take(size, file, line);
    if (size == 0) {
      give_back(block, file, line);
      return nullptr;
    }
    void* const moved = take(size, file, line);
    if (moved == nullptr) return nullptr;
    const std::size_t old = size_of(block);
    std::memcpy(moved, block, old < size ? old : size);
    give_back(block, file, line);
    return moved;
  }

  static std::size_t size_of(const void* block) noexcept {
    std::size_t size = 0;
    std::memcpy(&size, static_cast<const std::byte*>(block) - kHeader, sizeof size);
    return size;
  }

 private:
  static constexpr std::size_t kHeader = alignof(std::max_align_t);
  static_assert(kHeader >= sizeof(std::size_t));
};

// Makes OpenSSL use the wiping heap. False if OpenSSL has allocated before; true, too, if it uses it already.
bool give_openssl_wiping_heap() noexcept;

}  // namespace sluis
