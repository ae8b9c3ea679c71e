#include <gtest/gtest.h>
#include <openssl/err.h>

#include <algorithm>

#include "crypto/hash.h"
#include "crypto/private_key.h"

namespace sluis {
namespace {

const Bytes kKek(32, 0x51);

TEST(KeyWrap, RoundTripsEverySize) {
  for (std::size_t size = 1; size <= 4088; size += size < 80 ? 1 : 167) {
    Bytes key(size);
    ASSERT_TRUE(random_bytes(key));
    const auto wrapped = kwp_wrap(kKek, key);
    ASSERT_TRUE(wrapped) << size;
    EXPECT_EQ(wrapped->size(), (size + 7) / 8 * 8 + 8);
    const auto opened = kwp_unwrap(kKek, *wrapped);
    ASSERT_TRUE(opened) << size;
    EXPECT_TRUE(std::ranges::equal(opened->expose_secret(), key));
  }
}

TEST(KeyWrap, OpensNothingWithOneBitChanged) {
  for (const std::size_t size : {5U, 32U, 64U}) {
    const Bytes wrapped = *kwp_wrap(kKek, Bytes(size, 9));
    for (std::size_t bit = 0; bit < wrapped.size() * 8; ++bit) {
      Bytes changed = wrapped;
      changed[bit / 8] ^= static_cast<std::uint8_t>(1U << bit % 8);
      EXPECT_EQ(kwp_unwrap(kKek, changed).error().code, Code::corrupt);
    }
    EXPECT_EQ(kwp_unwrap(Bytes(32, 0x52), wrapped).error().code, Code::corrupt);
  }
  EXPECT_EQ(ERR_peek_error(), 0U);
}

TEST(KeyWrap, RefusesOtherSizes) {
  const Bytes wrapped = *kwp_wrap(kKek, Bytes(32, 9));
  for (const std::size_t size : {0U, 8U, 15U, 17U, 39U}) {
    EXPECT_EQ(kwp_unwrap(kKek, ByteView(wrapped).first(size)).error().code, Code::invalid) << size;
  }
  EXPECT_EQ(kwp_unwrap(kKek, ByteView(wrapped).first(32)).error().code, Code::corrupt);
  EXPECT_EQ(kwp_unwrap(kKek, Bytes(4104)).error().code, Code::invalid);
  EXPECT_EQ(kwp_wrap(kKek, {}).error().code, Code::invalid);
  EXPECT_EQ(kwp_wrap(kKek, Bytes(4089)).error().code, Code::invalid);
  for (const std::size_t size : {0U, 16U, 24U, 31U, 33U}) {
    EXPECT_EQ(kwp_wrap(Bytes(size), Bytes(32)).error().code, Code::invalid);
    EXPECT_EQ(kwp_unwrap(Bytes(size), wrapped).error().code, Code::invalid);
  }
}

}  // namespace
}  // namespace sluis
