// Memory for secrets. Two kinds, by size and lifetime:
//  - SecretKey: key material. Locked (mlock), excluded from core dumps (MADV_DONTDUMP), between guard pages, wiped,
//    move-only. Where locking fails, creation fails: it never falls back to ordinary memory.
//  - WipingAllocator and what is built on it: plaintext of one call (request and reply buffers, JSON, database
//    parameters). Wiped when given back. The process as a whole is made non-dumpable and may be locked whole at start.
// Touching the bytes is a visible call: grep for `expose_secret`.
#pragma once

#include <boost/json/memory_resource.hpp>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string_view>

#include "crypto/bytes.h"
#include "crypto/result.h"

namespace sluis {

// Overwrites with zeros in a way that the compiler keeps (OPENSSL_cleanse).
void wipe(void* data, std::size_t size) noexcept;

// True if both have the same length and bytes; the time depends on the length alone (CRYPTO_memcmp).
bool equal_constant_time(ByteView a, ByteView b) noexcept;

// Key material of 1 to 4096 bytes in locked memory. Thread-safe to read; move-only. Slots come from regions shared by
// many keys (crypto/arena.h), so a key costs a rounded-up slot, not a page. A write past the end is found when the key
// is given back, and ends the process. A child made by fork() sees zeros in place of its parent's keys.
class SecretKey {
 public:
  SecretKey() noexcept = default;
  SecretKey(SecretKey&& other) noexcept;
  SecretKey& operator=(SecretKey&& other) noexcept;
  SecretKey(const SecretKey&) = delete;
  SecretKey& operator=(const SecretKey&) = delete;
  ~SecretKey();

  // All zeros. Error unavailable if the memory cannot be locked (RLIMIT_MEMLOCK), invalid for a size out of range.
  static Result<SecretKey> make(std::size_t size);
  static Result<SecretKey> copy_of(ByteView bytes);
  static Result<SecretKey> random(std::size_t size);

  std::size_t size() const noexcept { return size_; }
  bool empty() const noexcept { return size_ == 0; }
  ByteView expose_secret() const noexcept { return {data_, size_}; }
  ByteSpan expose_secret_mutable() noexcept { return {data_, size_}; }

 private:
  SecretKey(std::uint8_t* data, std::size_t size) noexcept : data_(data), size_(size) {}
  std::uint8_t* data_ = nullptr;
  std::size_t size_ = 0;
};

// Bytes of locked memory in use by SecretKeys (whole slots), and locked in all, for the metrics.
std::size_t locked_bytes_in_use() noexcept;
std::size_t locked_bytes_reserved() noexcept;

// A standard allocator that wipes what it gives back. No small-buffer container may be used with it (std::string keeps
// short texts inside the object, where no allocator sees them): use SecretBuffer.
template <typename T>
class WipingAllocator {
 public:
  using value_type = T;
  using is_always_equal = std::true_type;
  WipingAllocator() noexcept = default;
  template <typename U>
  WipingAllocator(const WipingAllocator<U>&) noexcept {}  // NOLINT(google-explicit-constructor)

  T* allocate(std::size_t n) { return std::allocator<T>().allocate(n); }
  void deallocate(T* p, std::size_t n) noexcept {
    wipe(p, n * sizeof(T));
    std::allocator<T>().deallocate(p, n);
  }
  friend bool operator==(const WipingAllocator&, const WipingAllocator&) noexcept { return true; }
};

// Plaintext of one call: bytes that are wiped when they shrink, move on growth or end. Move-only, so that copies are
// visible; what was moved from is empty. Throws std::bad_alloc or std::length_error.
class SecretBuffer {
 public:
  SecretBuffer() noexcept = default;
  explicit SecretBuffer(std::string_view text) { append(text); }
  SecretBuffer(SecretBuffer&& other) noexcept;
  SecretBuffer& operator=(SecretBuffer&& other) noexcept;
  SecretBuffer(const SecretBuffer&) = delete;
  SecretBuffer& operator=(const SecretBuffer&) = delete;
  ~SecretBuffer();

  std::size_t size() const noexcept { return size_; }
  bool empty() const noexcept { return size_ == 0; }
  void reserve(std::size_t n);
  void resize(std::size_t n);  // growth is zeros, shrinking wipes the tail
  void clear() { resize(0); }
  void append(std::string_view text);  // may be a part of this buffer
  void append(ByteView bytes) { append(text_of(bytes)); }
  void push_back(char c) { append({&c, 1}); }
  SecretBuffer clone() const { return SecretBuffer(expose_text()); }

  std::string_view expose_text() const noexcept { return {data_, size_}; }
  ByteView expose_secret() const noexcept { return bytes_of(expose_text()); }
  ByteSpan expose_secret_mutable() noexcept { return {reinterpret_cast<std::uint8_t*>(data_), size_}; }

 private:
  static constexpr std::size_t kLargest = PTRDIFF_MAX;
  char* data_ = nullptr;
  std::size_t size_ = 0;
  std::size_t capacity_ = 0;
};

// Base64 of secrets, as strict as from_base64 in crypto/bytes.h and without branches or table indexes that depend on
// the bytes. Appended to `out`; on failure (invalid) nothing is appended.
void append_base64(SecretBuffer& out, ByteView bytes);
Status append_from_base64(SecretBuffer& out, std::string_view text);

// A memory resource for Boost.JSON values that hold plaintext: grows by blocks, wipes all of it when destroyed.
// Values must not outlive it. One thread at a time.
class WipingResource final : public boost::json::memory_resource {
 public:
  WipingResource() = default;
  WipingResource(const WipingResource&) = delete;
  WipingResource& operator=(const WipingResource&) = delete;
  ~WipingResource() override;

 private:
  struct Block;
  void* do_allocate(std::size_t bytes, std::size_t align) override;
  void do_deallocate(void* p, std::size_t bytes, std::size_t align) override;
  bool do_is_equal(const boost::json::memory_resource& other) const noexcept override { return this == &other; }
  Block* head_ = nullptr;
};

// To be called first in every program that handles secrets, before anything else touches OpenSSL and before threads:
//  - OpenSSL's memory is wiped whenever it is freed or grown (unavailable if OpenSSL has allocated already);
//  - no core dumps: RLIMIT_CORE 0 (soft and hard) and PR_SET_DUMPABLE 0, which also keeps debuggers of the same user
//  out
//    and gives /proc/self to root, so an unprivileged program cannot open /proc/self/fd or /proc/self/mem afterwards;
//  - memory locking is proven by a key made and wiped.
// An error says why the program must not start. Calling it again is harmless.
Status harden_process();

// Locks all present and future memory of the process (mlockall): for hosts that grant it the limit. Plaintext and
// OpenSSL's key schedules, which live in the ordinary heap, then never reach swap. Error unavailable if refused.
Status lock_whole_process();

}  // namespace sluis
