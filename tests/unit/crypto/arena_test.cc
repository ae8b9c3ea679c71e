// The slab arena: what it promises about memory is asked of the kernel, not of itself.
#include "crypto/arena.h"

#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cstring>
#include <set>
#include <thread>

#include "process_memory.h"

namespace sluis {
namespace {

using test::locked_by_kernel;
using test::mapping_flags;

class ArenaDeathTest : public testing::Test {
 protected:
  void SetUp() override { GTEST_FLAG_SET(death_test_style, "threadsafe"); }
};

TEST(Arena, LocksItsPagesAndKeepsThemFromDumpsAndChildren) {
  const std::size_t before = locked_by_kernel();
  Arena arena;
  const auto slot = arena.take(32);
  ASSERT_TRUE(slot);
  EXPECT_GE(locked_by_kernel(), before + arena.reserved());
  EXPECT_GE(arena.reserved(), 4096U);
  const std::string flags = mapping_flags(*slot);
  EXPECT_NE(flags.find(" lo "), std::string::npos) << "not locked:" << flags;
  EXPECT_NE(flags.find(" dd "), std::string::npos) << "would be dumped:" << flags;
  EXPECT_NE(flags.find(" wf "), std::string::npos) << "would be seen by a child:" << flags;
  arena.give_back(*slot, 32);
}

TEST(Arena, UnlocksWhenItEnds) {
  const std::size_t before = locked_by_kernel();
  {
    Arena arena;
    arena.give_back(*arena.take(4096), 4096);
  }
  EXPECT_EQ(locked_by_kernel(), before);
}

TEST(Arena, GivesZerosAndWipesWhatComesBack) {
  Arena arena;
  std::uint8_t* const slot = *arena.take(100);
  EXPECT_TRUE(std::all_of(slot, slot + 100, [](std::uint8_t b) { return b == 0; }));
  std::memset(slot, 0xa5, 100);
  arena.give_back(slot, 100);
  // The page stays mapped and is the arena's own, so reading it is sound: no byte of the slot is left.
  EXPECT_TRUE(std::all_of(slot, slot + 128, [](std::uint8_t b) { return b == 0; }));
  EXPECT_EQ(*arena.take(100), slot) << "a slot is used again";
  arena.give_back(slot, 100);
}

TEST(Arena, EverySizeFitsAndSlotsNeverOverlap) {
  Arena arena;
  std::vector<std::pair<std::uint8_t*, std::size_t>> slots;
  for (std::size_t size = 1; size <= Arena::kMaxSize; size += size < 70 ? 1 : 97) {
    const auto slot = arena.take(size);
    ASSERT_TRUE(slot) << size;
    std::memset(*slot, static_cast<int>(size & 0xffU), size);
    slots.emplace_back(*slot, size);
  }
  for (const auto& [slot, size] : slots) {
    EXPECT_TRUE(std::all_of(slot, slot + size, [s = size](std::uint8_t b) { return b == (s & 0xffU); })) << size;
    arena.give_back(slot, size);
  }
  EXPECT_EQ(arena.in_use(), 0U);
}

TEST(Arena, RefusesSizesOutOfRange) {
  Arena arena;
  EXPECT_EQ(arena.take(0).error().code, Code::invalid);
  EXPECT_EQ(arena.take(4097).error().code, Code::invalid);
  EXPECT_EQ(arena.reserved(), 0U);
}

TEST(Arena, HoldsManyKeysInFewPages) {
  Arena arena;
  std::set<std::uint8_t*> slots;
  for (int i = 0; i < 20000; ++i) slots.insert(*arena.take(32));
  EXPECT_EQ(slots.size(), 20000U);
  EXPECT_EQ(arena.in_use(), 20000U * 64);
  EXPECT_LE(arena.reserved(), 20000U * 64 + (256U << 10U));
  for (std::uint8_t* slot : slots) arena.give_back(slot, 32);
  EXPECT_EQ(arena.in_use(), 0U);
}

TEST(Arena, ServesManyThreads) {
  Arena arena;
  std::vector<std::thread> threads;
  for (unsigned t = 1; t <= 4; ++t) {
    threads.emplace_back([&arena, t] {
      for (std::size_t i = 0; i < 2000; ++i) {
        const std::size_t size = 1 + (i * 37 + t) % 300;
        std::uint8_t* const slot = *arena.take(size);
        std::memset(slot, static_cast<int>(t), size);
        ASSERT_TRUE(std::all_of(slot, slot + size, [t](std::uint8_t b) { return b == t; }));
        arena.give_back(slot, size);
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(arena.in_use(), 0U);
}

TEST_F(ArenaDeathTest, GuardPagesStopReadsAndWritesOnBothSides) {
  Arena arena;
  ASSERT_TRUE(arena.take(32));
  const Arena::Region region = arena.regions().front();
  volatile std::uint8_t* const data = region.data;
  EXPECT_DEATH(data[region.size] = 1, "");
  EXPECT_DEATH(data[-1] = 1, "");
  EXPECT_DEATH(static_cast<void>(data[region.size]), "");
  EXPECT_DEATH(static_cast<void>(data[-1]), "");
}

TEST_F(ArenaDeathTest, WritePastTheEndIsFoundWhenGivenBack) {
  for (const std::size_t size : {1U, 32U, 56U, 4096U}) {
    EXPECT_DEATH(
        {
          Arena arena;
          std::uint8_t* const slot = *arena.take(size);
          slot[size] ^= 0x10;
          arena.give_back(slot, size);
        },
        "past the end of a key");
  }
}

TEST_F(ArenaDeathTest, WriteAfterGivingBackIsFoundWhenTakenAgain) {
  EXPECT_DEATH(
      {
        Arena arena;
        std::uint8_t* const slot = *arena.take(32);
        arena.give_back(slot, 32);
        slot[3] = 1;
        static_cast<void>(arena.take(32));
      },
      "after it was given back");
}

// Privileges are dropped first: root may lock without limit.
[[noreturn]] void take_with_nothing_lockable() {
  const rlimit none{0, 0};
  const bool limited = setrlimit(RLIMIT_MEMLOCK, &none) == 0 && (geteuid() != 0 || setresuid(65534, 65534, 65534) == 0);
  if (!limited) _exit(2);
  Arena arena;
  const auto slot = arena.take(32);
  const bool refused = !slot && slot.error().code == Code::unavailable && arena.reserved() == 0;
  _exit(refused ? 0 : 1);
}

TEST_F(ArenaDeathTest, NeverFallsBackToMemoryThatIsNotLocked) {
  EXPECT_EXIT(take_with_nothing_lockable(), testing::ExitedWithCode(0), "");
}

}  // namespace
}  // namespace sluis
