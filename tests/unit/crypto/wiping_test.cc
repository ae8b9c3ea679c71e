// Every kind of wiping memory is watched at the moment it gives its blocks back. The first test shows that the watch
// sees what is not wiped, so the others can fail.
#include <gtest/gtest.h>

#include <boost/json.hpp>
#include <string>
#include <vector>

#include "crypto/secret.h"
#include "crypto/wiping_heap.h"
#include "watched_heap.h"

namespace sluis {
namespace {

using test::WatchFor;

constexpr std::string_view kMarker = "PLAINTEXT-MARKER-0123456789";

TEST(WatchedHeap, SeesWhatIsNotWiped) {
  const WatchFor watch(kMarker);
  { std::vector<char> ordinary(kMarker.begin(), kMarker.end()); }
  EXPECT_EQ(watch.blocks_with_marker(), 1U);
}

TEST(Wipe, OverwritesAllAndOnlyWhatItIsGiven) {
  char text[] = "abcdef";
  wipe(text + 1, 4);
  EXPECT_EQ(std::string_view(text, 6), std::string_view("a\0\0\0\0f", 6));
  wipe(nullptr, 0);
}

TEST(WipingAllocator, WipesOnGrowthAndAtTheEnd) {
  const WatchFor watch(kMarker);
  {
    std::vector<char, WipingAllocator<char>> bytes(kMarker.begin(), kMarker.end());
    bytes.reserve(bytes.capacity() * 3);
  }
  EXPECT_GE(watch.blocks_given_back(), 2U);
  EXPECT_EQ(watch.blocks_with_marker(), 0U);
}

TEST(SecretBuffer, LeavesNothingHoweverItGrows) {
  const WatchFor watch(kMarker);
  {
    SecretBuffer buffer(kMarker);
    for (int i = 0; i < 200; ++i) buffer.append(kMarker);
    const SecretBuffer copy = buffer.clone();
    SecretBuffer moved(std::move(buffer));
    moved = copy.clone();
  }
  EXPECT_GE(watch.blocks_given_back(), 5U);
  EXPECT_EQ(watch.blocks_with_marker(), 0U);
}

TEST(SecretBuffer, ShrinkingWipesTheTail) {
  SecretBuffer buffer(kMarker);
  buffer.reserve(64);
  const char* const data = buffer.expose_text().data();
  const std::size_t size = buffer.size();
  buffer.resize(4);
  buffer.resize(size);  // within its capacity: the same bytes
  ASSERT_EQ(buffer.expose_text().data(), data);
  EXPECT_EQ(buffer.expose_text(), std::string("PLAI") + std::string(size - 4, '\0'));
}

TEST(WipingResource, LeavesNothingOfAJsonDocument) {
  const std::string text = R"({"name":"PLAINTEXT-MARKER-0123456789","list":["PLAINTEXT-MARKER-0123456789",{"a":[1]}]})";
  const std::string filler(5000, 'x');
  const WatchFor watch(kMarker);
  {
    WipingResource memory;
    boost::json::value value = boost::json::parse(text, &memory);
    value.as_object()["name"].as_string().append(filler).append(kMarker);
    for (int i = 0; i < 300; ++i) value.as_object()["list"].as_array().emplace_back(kMarker);
    EXPECT_EQ(value.at("list").at(301).as_string(), kMarker);
  }
  EXPECT_GE(watch.blocks_given_back(), 3U);
  EXPECT_EQ(watch.blocks_with_marker(), 0U);
}

TEST(WipingResource, WipesAllOfItsBlocksWhenItEnds) {
  const WatchFor watch(kMarker);
  {
    WipingResource memory;
    for (int i = 0; i < 1000; ++i) {
      auto* const at = static_cast<char*>(memory.allocate(kMarker.size() + static_cast<std::size_t>(i), 8));
      kMarker.copy(at, kMarker.size());
    }
  }
  EXPECT_GE(watch.blocks_given_back(), 3U);
  EXPECT_EQ(watch.blocks_with_marker(), 0U);
}

TEST(WipingResource, KeepsAlignmentAndPiecesApart) {
  WipingResource memory;
  std::vector<std::pair<unsigned char*, std::size_t>> pieces;
  for (std::size_t i = 1; i < 400; ++i) {
    const std::size_t align = std::size_t{1} << (i % 5);
    auto* const at = static_cast<unsigned char*>(memory.allocate(i * 7, align));
    EXPECT_EQ(reinterpret_cast<std::uintptr_t>(at) % align, 0U);
    std::fill_n(at, i * 7, static_cast<unsigned char>(i));
    pieces.emplace_back(at, i);
  }
  for (const auto& [at, i] : pieces) EXPECT_EQ(std::count(at, at + i * 7, static_cast<unsigned char>(i)), i * 7);
}

TEST(WipingResource, WipesAPieceGivenBackAndUsesItsRoomAgain) {
  WipingResource memory;
  auto* const first = static_cast<char*>(memory.allocate(64, 8));
  kMarker.copy(first, kMarker.size());
  memory.deallocate(first, 64, 8);
  EXPECT_EQ(std::string_view(first, kMarker.size()), std::string(kMarker.size(), '\0'));  // the block is still there
  EXPECT_EQ(memory.allocate(64, 8), first);
}

TEST(WipingResource, RefusesAbsurdSizes) {
  WipingResource memory;
  EXPECT_THROW(static_cast<void>(memory.allocate(std::size_t{1} << 63U, 8)), std::bad_alloc);
}

void look_then_free(void* block) {
  test::look_at(block, malloc_usable_size(block));
  std::free(block);
}
using WatchedHeap = WipingHeap<look_then_free>;

TEST(WipingHeap, WipesWhatOpenSslFreesOrGrows) {
  const WatchFor watch(kMarker);
  auto* block = static_cast<char*>(WatchedHeap::take(kMarker.size() + 32, "", 0));
  kMarker.copy(block, kMarker.size());
  block = static_cast<char*>(WatchedHeap::resize(block, 4096, "", 0));
  EXPECT_EQ(std::string_view(block, kMarker.size()), kMarker);
  block = static_cast<char*>(WatchedHeap::resize(block, 100, "", 0));
  EXPECT_EQ(std::string_view(block, kMarker.size()), kMarker);
  WatchedHeap::give_back(block, "", 0);
  EXPECT_EQ(watch.blocks_given_back(), 3U);
  EXPECT_EQ(watch.blocks_with_marker(), 0U);
}

TEST(WipingHeap, KeepsTheContractOfMallocAndRealloc) {
  WatchedHeap::give_back(nullptr, "", 0);
  EXPECT_EQ(WatchedHeap::take(0, "", 0), nullptr);
  void* const fresh = WatchedHeap::resize(nullptr, 48, "", 0);
  ASSERT_NE(fresh, nullptr);
  EXPECT_EQ(WatchedHeap::resize(fresh, 0, "", 0), nullptr);
}

}  // namespace
}  // namespace sluis
