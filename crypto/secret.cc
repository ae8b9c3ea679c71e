#include "crypto/secret.h"

#include <openssl/crypto.h>

#include <algorithm>
#include <cstring>
#include <new>
#include <stdexcept>

#include "crypto/arena.h"
#include "crypto/hash.h"

namespace sluis {

void wipe(void* data, std::size_t size) noexcept {
  if (size != 0) OPENSSL_cleanse(data, size);
}

bool equal_constant_time(ByteView a, ByteView b) noexcept {
  return a.size() == b.size() && (a.empty() || CRYPTO_memcmp(a.data(), b.data(), a.size()) == 0);
}

SecretKey::SecretKey(SecretKey&& other) noexcept
    : data_(std::exchange(other.data_, nullptr)), size_(std::exchange(other.size_, 0)) {}

SecretKey& SecretKey::operator=(SecretKey&& other) noexcept {
  SecretKey old(std::move(*this));
  data_ = std::exchange(other.data_, nullptr);
  size_ = std::exchange(other.size_, 0);
  return *this;
}

SecretKey::~SecretKey() {
  if (data_ != nullptr) Arena::of_process().give_back(data_, size_);
}

Result<SecretKey> SecretKey::make(std::size_t size) {
  const auto slot = Arena::of_process().take(size);
  if (!slot) return slot.error();
  return SecretKey(*slot, size);
}

Result<SecretKey> SecretKey::copy_of(ByteView bytes) {
  auto key = make(bytes.size());
  if (key) std::copy(bytes.begin(), bytes.end(), key->expose_secret_mutable().begin());
  return key;
}

Result<SecretKey> SecretKey::random(std::size_t size) {
  auto key = make(size);
  if (!key) return key;
  if (const Status filled = random_secret(key->expose_secret_mutable()); !filled) return filled.error();
  return key;
}

std::size_t locked_bytes_in_use() noexcept {
  return Arena::of_process().in_use();
}
std::size_t locked_bytes_reserved() noexcept {
  return Arena::of_process().reserved();
}

SecretBuffer::SecretBuffer(SecretBuffer&& other) noexcept
    : data_(std::exchange(other.data_, nullptr)),
      size_(std::exchange(other.size_, 0)),
      capacity_(std::exchange(other.capacity_, 0)) {}

SecretBuffer& SecretBuffer::operator=(SecretBuffer&& other) noexcept {
  SecretBuffer taken(std::move(other));
  std::swap(data_, taken.data_);
  std::swap(size_, taken.size_);
  std::swap(capacity_, taken.capacity_);
  return *this;
}

// All of the capacity: bytes past the size are zeros already, or were never written.
SecretBuffer::~SecretBuffer() {
  if (data_ != nullptr) WipingAllocator<char>().deallocate(data_, capacity_);
}

void SecretBuffer::reserve(std::size_t n) {
  if (n <= capacity_) return;
  if (n > kLargest) throw std::length_error("a secret buffer this large");
  char* const moved = WipingAllocator<char>().allocate(n);
  if (size_ != 0) std::memcpy(moved, data_, size_);
  if (data_ != nullptr) WipingAllocator<char>().deallocate(data_, capacity_);
  data_ = moved;
  capacity_ = n;
}

void SecretBuffer::resize(std::size_t n) {
  if (n < size_) wipe(data_ + n, size_ - n);
  if (n > capacity_) reserve(std::max(n, std::min(capacity_ * 2, kLargest)));
  if (n > size_) std::memset(data_ + size_, 0, n - size_);
  size_ = n;
}

void SecretBuffer::append(std::string_view text) {
  if (text.empty()) return;
  if (text.size() > kLargest - size_) throw std::length_error("a secret buffer this large");
  const std::size_t wanted = size_ + text.size();
  if (wanted <= capacity_) {
    std::memmove(data_ + size_, text.data(), text.size());
    size_ = wanted;
    return;
  }
  SecretBuffer grown;  // `text` may lie in this buffer: it is copied before the old bytes go
  grown.reserve(std::max({wanted, std::min(capacity_ * 2, kLargest), std::size_t{32}}));
  grown.append(expose_text());
  grown.append(text);
  *this = std::move(grown);
}

// A block's header; its bytes follow. `used` counts from the start of those bytes.
struct WipingResource::Block {
  Block* next;
  std::size_t size;
  std::size_t used;

  char* begin() noexcept { return reinterpret_cast<char*>(this + 1); }
  // Room for `bytes` at `align`, or null.
  void* take(std::size_t bytes, std::size_t align) noexcept {
    void* at = begin() + used;
    std::size_t room = size - used;
    if (std::align(align, bytes, at, room) == nullptr) return nullptr;
    used = size - room + bytes;
    return at;
  }
};

WipingResource::~WipingResource() {
  while (head_ != nullptr) {
    Block* const block = std::exchange(head_, head_->next);
    const std::size_t whole = sizeof(Block) + block->size;
    wipe(block, whole);
    ::operator delete(block);
  }
}

void* WipingResource::do_allocate(std::size_t bytes, std::size_t align) {
  constexpr std::size_t first = 1024;
  constexpr std::size_t largest = 1U << 20U;
  if (head_ != nullptr) {
    if (void* const at = head_->take(bytes, align)) return at;
  }
  if (bytes > PTRDIFF_MAX - align - sizeof(Block)) throw std::bad_alloc();
  const std::size_t grown = head_ == nullptr ? first : std::min(head_->size * 2, largest);
  const std::size_t size = std::max(grown, bytes + align);
  head_ = new (::operator new(sizeof(Block) + size)) Block{head_, size, 0};
  return head_->take(bytes, align);
}

// The bytes are wiped at once, and their room comes back only when the last piece of a block is given back first: a
// growing string or array then costs its own size, not the sum of all its steps.
void WipingResource::do_deallocate(void* p, std::size_t bytes, std::size_t) {
  wipe(p, bytes);
  if (static_cast<char*>(p) + bytes == head_->begin() + head_->used) head_->used -= bytes;
}

}  // namespace sluis
