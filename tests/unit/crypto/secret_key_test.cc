#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <type_traits>

#include "crypto/secret.h"
#include "process_memory.h"

namespace sluis {
namespace {

static_assert(!std::is_copy_constructible_v<SecretKey> && !std::is_copy_assignable_v<SecretKey>);
static_assert(std::is_nothrow_move_constructible_v<SecretKey> && std::is_nothrow_move_assignable_v<SecretKey>);
static_assert(!std::is_copy_constructible_v<SecretBuffer> && std::is_nothrow_move_constructible_v<SecretBuffer>);

bool all_zero(ByteView bytes) {
  return std::all_of(bytes.begin(), bytes.end(), [](std::uint8_t b) { return b == 0; });
}

TEST(SecretKey, IsMadeOfZerosOfACopyOrOfChance) {
  const auto zeros = SecretKey::make(32);
  ASSERT_TRUE(zeros);
  EXPECT_EQ(zeros->size(), 32U);
  EXPECT_TRUE(all_zero(zeros->expose_secret()));
  const auto copy = SecretKey::copy_of(bytes_of("0123456789"));
  EXPECT_EQ(text_of(copy->expose_secret()), "0123456789");
  const auto one = SecretKey::random(32);
  const auto other = SecretKey::random(32);
  EXPECT_FALSE(equal_constant_time(one->expose_secret(), other->expose_secret()));
  EXPECT_FALSE(all_zero(one->expose_secret()));
}

TEST(SecretKey, RefusesSizesOutOfRange) {
  EXPECT_EQ(SecretKey::make(0).error().code, Code::invalid);
  EXPECT_EQ(SecretKey::make(4097).error().code, Code::invalid);
  EXPECT_EQ(SecretKey::copy_of({}).error().code, Code::invalid);
  EXPECT_EQ(SecretKey::random(5000).error().code, Code::invalid);
  EXPECT_TRUE(SecretKey::make(4096));
}

TEST(SecretKey, LivesInLockedMemory) {
  const auto key = SecretKey::random(32);
  EXPECT_NE(test::mapping_flags(key->expose_secret().data()).find(" lo "), std::string::npos);
  EXPECT_GE(test::locked_by_kernel(), locked_bytes_reserved());
  EXPECT_GE(locked_bytes_reserved(), locked_bytes_in_use());
}

TEST(SecretKey, MovesWithoutACopyAndIsWipedWhenItEnds) {
  const std::size_t before = locked_bytes_in_use();
  const std::uint8_t* slot = nullptr;
  {
    SecretKey key = *SecretKey::copy_of(bytes_of("a key of some bytes"));
    slot = key.expose_secret().data();
    SecretKey moved(std::move(key));
    EXPECT_TRUE(key.empty());  // NOLINT(bugprone-use-after-move): what is left is defined
    EXPECT_EQ(moved.expose_secret().data(), slot);
    SecretKey target = *SecretKey::random(16);
    target = std::move(moved);
    EXPECT_EQ(target.expose_secret().data(), slot);
    EXPECT_EQ(text_of(target.expose_secret()), "a key of some bytes");
    EXPECT_EQ(locked_bytes_in_use(), before + 64);
  }
  EXPECT_EQ(locked_bytes_in_use(), before);
  EXPECT_TRUE(all_zero({slot, 64}));  // the arena's page stays mapped
}

TEST(SecretKey, MovedToItselfIsEmptyOrWhole) {
  SecretKey key = *SecretKey::copy_of(bytes_of("same"));
  SecretKey& same = key;
  key = std::move(same);
  EXPECT_TRUE(key.empty() || text_of(key.expose_secret()) == "same");
}

// A child sees zeros, may end its inherited keys, and has locked memory of its own.
TEST(SecretKey, IsNotInheritedByAChild) {
  SecretKey key = *SecretKey::copy_of(bytes_of("only the parent's"));
  const pid_t child = fork();
  ASSERT_GE(child, 0);
  if (child == 0) {
    const bool wiped = all_zero(key.expose_secret());
    key = SecretKey();
    const auto own = SecretKey::random(17);
    const bool locked = own && test::mapping_flags(own->expose_secret().data()).find(" lo ") != std::string::npos;
    _exit(wiped && locked ? 0 : 1);
  }
  int status = 0;
  ASSERT_EQ(waitpid(child, &status, 0), child);
  EXPECT_TRUE(WIFEXITED(status) && WEXITSTATUS(status) == 0) << status;
  EXPECT_EQ(text_of(key.expose_secret()), "only the parent's");
}

TEST(SecretBuffer, AppendsAPartOfItself) {
  SecretBuffer buffer("0123456789abcdef0123456789abcdef");
  for (int i = 0; i < 8; ++i) buffer.append(buffer.expose_text().substr(1));
  EXPECT_EQ(buffer.size(), 31U * 256 + 1);
  EXPECT_EQ(buffer.expose_text().substr(30, 5), "ef123");
}

TEST(SecretBuffer, MovedFromIsEmptyAndOfUse) {
  SecretBuffer buffer("abc");
  SecretBuffer moved(std::move(buffer));
  EXPECT_TRUE(buffer.empty());  // NOLINT(bugprone-use-after-move): what is left is defined
  buffer.append("again");
  moved = std::move(buffer);
  EXPECT_EQ(moved.expose_text(), "again");
  EXPECT_THROW(moved.reserve(~std::size_t{0}), std::length_error);
}

TEST(SecretBuffer, KeepsTextAndBytes) {
  SecretBuffer buffer("ab");
  buffer.append("cd");
  buffer.append(bytes_of("ef"));
  buffer.push_back('g');
  EXPECT_EQ(buffer.expose_text(), "abcdefg");
  const SecretBuffer copy = buffer.clone();
  buffer.resize(3);
  EXPECT_EQ(buffer.expose_text(), "abc");
  EXPECT_EQ(copy.expose_text(), "abcdefg");
  buffer.resize(5);
  EXPECT_EQ(buffer.expose_text(), std::string_view("abc\0\0", 5));
  buffer.clear();
  EXPECT_TRUE(buffer.empty());
}

}  // namespace
}  // namespace sluis
