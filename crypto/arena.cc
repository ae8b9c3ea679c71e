#include "crypto/arena.h"

#include <pthread.h>
#include <sys/mman.h>
#include <sys/random.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <iterator>
#include <new>

#include "crypto/secret.h"

namespace sluis {
namespace {

constexpr std::size_t kFirstRegion = 16U << 10U;
constexpr std::size_t kLargestRegion = 256U << 10U;
constexpr std::size_t kMinimumCanary = 8;

std::size_t page_size() noexcept {
  static const auto size = static_cast<std::size_t>(sysconf(_SC_PAGESIZE));
  return size;
}

// The system call itself: sanitizers replace mlock() by a function that does nothing.
bool lock_pages(void* data, std::size_t size) noexcept {
  return syscall(SYS_mlock, data, size) == 0;
}

[[noreturn]] void die(const char* text) noexcept {
  std::fputs(text, stderr);
  std::abort();
}

constexpr Error no_memory() noexcept {
  return {Code::unavailable, "no locked memory for keys (RLIMIT_MEMLOCK)"};
}

}  // namespace

Arena::Arena() {
  if (getentropy(canary_, sizeof canary_) != 0) die("sluis: no entropy for the canary of locked memory\n");
  canary_[0] |= 1U;  // never all zeros: zeros are what a forked child sees
}

Arena::~Arena() {
  for (const Region& region : regions_) {
    wipe(region.data, region.size);
    munmap(region.data - page_size(), region.size + 2 * page_size());
  }
}

Arena& Arena::of_process() {
  static Arena* const arena = [] {
    auto* const made = new Arena;
    pthread_atfork([] { of_process().before_fork(); }, [] { of_process().after_fork_in_parent(); },
                   [] { of_process().after_fork_in_child(); });
    return made;
  }();
  return *arena;
}

std::size_t Arena::class_for(std::size_t size) noexcept {
  const auto* const found = std::lower_bound(std::begin(kClasses), std::end(kClasses), size + kMinimumCanary);
  return static_cast<std::size_t>(found - std::begin(kClasses));
}

Status Arena::grow(std::size_t index) {
  SizeClass& wanted = classes_[index];
  const std::size_t doubled = wanted.slots * kClasses[index];  // each region doubles its class, up to the largest
  const std::size_t size =
      (std::clamp(doubled, kFirstRegion, kLargestRegion) + page_size() - 1) / page_size() * page_size();
  const std::size_t slots = size / kClasses[index];
  regions_.reserve(regions_.size() + 1);
  wanted.free.reserve(wanted.slots + slots);

  const std::size_t mapped = size + 2 * page_size();
  void* const base = mmap(nullptr, mapped, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (base == MAP_FAILED) return no_memory();
  auto* const data = static_cast<std::uint8_t*>(base) + page_size();
  const bool locked = mprotect(data, size, PROT_READ | PROT_WRITE) == 0 && madvise(data, size, MADV_DONTDUMP) == 0 &&
                      madvise(data, size, MADV_WIPEONFORK) == 0 && lock_pages(data, size);
  if (!locked) {
    munmap(base, mapped);
    return no_memory();
  }
  regions_.push_back({data, size});
  for (std::size_t i = slots; i > 0; --i) wanted.free.push_back(data + (i - 1) * kClasses[index]);
  wanted.slots += slots;
  reserved_.fetch_add(size, std::memory_order_relaxed);
  return {};
}

void Arena::set_canary(std::uint8_t* slot, std::size_t from, std::size_t slot_size) const noexcept {
  for (std::size_t i = from; i < slot_size; ++i) slot[i] = canary_[i % sizeof canary_];
}

bool Arena::canary_intact(const std::uint8_t* slot, std::size_t from, std::size_t slot_size) const noexcept {
  bool intact = true;
  bool zeros = true;  // what MADV_WIPEONFORK leaves in a child
  for (std::size_t i = from; i < slot_size; ++i) {
    intact = intact && slot[i] == canary_[i % sizeof canary_];
    zeros = zeros && slot[i] == 0;
  }
  return intact || zeros;
}

Result<std::uint8_t*> Arena::take(std::size_t size) {
  if (size == 0 || size > kMaxSize) return Error{Code::invalid, "a key has 1 to 4096 bytes"};
  const std::size_t index = class_for(size);
  const std::size_t slot_size = kClasses[index];
  std::uint8_t* slot = nullptr;
  {
    const std::lock_guard hold(mutex_);
    if (!usable_) return no_memory();
    SizeClass& wanted = classes_[index];
    if (wanted.free.empty()) {
      if (const Status grown = grow(index); !grown) return grown.error();
    }
    slot = wanted.free.back();
    wanted.free.pop_back();
  }
  if (!std::all_of(slot, slot + slot_size, [](std::uint8_t byte) { return byte == 0; })) {
    die("sluis: locked memory was written after it was given back\n");
  }
  set_canary(slot, size, slot_size);
  in_use_.fetch_add(slot_size, std::memory_order_relaxed);
  return slot;
}

void Arena::give_back(std::uint8_t* data, std::size_t size) noexcept {
  const std::size_t index = class_for(size);
  if (!canary_intact(data, size, kClasses[index])) die("sluis: a write past the end of a key\n");
  wipe(data, kClasses[index]);
  in_use_.fetch_sub(kClasses[index], std::memory_order_relaxed);
  const std::lock_guard hold(mutex_);
  classes_[index].free.push_back(data);
}

std::vector<Arena::Region> Arena::regions() const {
  const std::lock_guard hold(mutex_);
  return regions_;
}

void Arena::after_fork_in_child() noexcept {
  for (const Region& region : regions_) usable_ = lock_pages(region.data, region.size) && usable_;
  mutex_.unlock();
}

}  // namespace sluis
