#include "crypto/hash.h"

#include "vector_file.h"

namespace sluis::test {
namespace {

Outcome check_hmac(const Case& test) {
  const Digest digest = hmac_sha256(test.bytes("key"), {test.bytes("msg")});
  const auto size = static_cast<std::size_t>(test.of_group("tagSize")) / 8;
  EXPECT_EQ(equal_constant_time(ByteView(digest).first(size), test.bytes("tag")), test.valid()) << test.label();
  return ran();
}

// The invalid cases ask for more than 255 blocks.
Outcome check_hkdf(const Case& test) {
  Bytes out(static_cast<std::size_t>(test.number("size")));
  const Status made = hkdf_sha256(test.bytes("salt"), test.bytes("ikm"), test.bytes("info"), out);
  EXPECT_EQ(static_cast<bool>(made), test.valid()) << test.label();
  EXPECT_TRUE(!test.valid() || out == test.bytes("okm")) << test.label();
  return ran();
}

TEST(Wycheproof, HmacSha256) {
  run_wycheproof("hmac_sha256_test.json", 174, check_hmac);
}
TEST(Wycheproof, HkdfSha256) {
  run_wycheproof("hkdf_sha256_test.json", 86, check_hkdf);
}

}  // namespace
}  // namespace sluis::test
