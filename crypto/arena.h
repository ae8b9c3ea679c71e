// The slab arena under SecretKey. Regions of locked pages, each between two PROT_NONE guard pages, kept out of core
// dumps (MADV_DONTDUMP) and of children (MADV_WIPEONFORK), are cut into slots of one size. Bytes of a slot past the key
// hold a canary. A slot given back is wiped; a slot handed out is checked to be all zeros still. Thread-safe. Regions
// are kept for reuse until the process ends.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <mutex>
#include <vector>

#include "crypto/result.h"

namespace sluis {

class Arena {
 public:
  static constexpr std::size_t kMaxSize = 4096;

  Arena();
  Arena(const Arena&) = delete;
  Arena& operator=(const Arena&) = delete;
  ~Arena();  // unmaps every region: no slot may be in use

  // The arena of the process: SecretKeys outlive every other object, so it is never destroyed.
  static Arena& of_process();

  // `size` zero bytes, size 1 to kMaxSize. Error unavailable if no more memory can be locked.
  Result<std::uint8_t*> take(std::size_t size);
  // Wipes the slot and frees it. A damaged canary ends the process: memory is corrupt.
  void give_back(std::uint8_t* data, std::size_t size) noexcept;

  std::size_t in_use() const noexcept { return in_use_.load(std::memory_order_relaxed); }
  std::size_t reserved() const noexcept { return reserved_.load(std::memory_order_relaxed); }
  // What mincore-style tools see: first byte of each region and its size, for tests.
  struct Region {
    std::uint8_t* data;
    std::size_t size;
  };
  std::vector<Region> regions() const;

  // Locks are not inherited over fork(): the child takes them anew, or its arena is unusable.
  void before_fork() { mutex_.lock(); }
  void after_fork_in_parent() { mutex_.unlock(); }
  void after_fork_in_child() noexcept;

 private:
  // Slot sizes: one more than the largest key, so that each slot has room for a canary.
  static constexpr std::size_t kClasses[] = {64, 128, 256, 512, 1024, 2048, kMaxSize + 64};
  struct SizeClass {
    std::vector<std::uint8_t*> free;  // capacity for every slot, so that giving back never allocates
    std::size_t slots = 0;
  };
  static std::size_t class_for(std::size_t size) noexcept;
  Status grow(std::size_t index);
  void set_canary(std::uint8_t* slot, std::size_t from, std::size_t slot_size) const noexcept;
  bool canary_intact(const std::uint8_t* slot, std::size_t from, std::size_t slot_size) const noexcept;

  mutable std::mutex mutex_;
  SizeClass classes_[std::size(kClasses)];
  std::vector<Region> regions_;
  std::uint8_t canary_[8];
  bool usable_ = true;
  std::atomic<std::size_t> in_use_ = 0;
  std::atomic<std::size_t> reserved_ = 0;
};

}  // namespace sluis
