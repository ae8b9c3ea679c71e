#include "crypto/private_key.h"
#include "vector_file.h"

namespace sluis::test {
namespace {

Outcome check_case(const Case& test) {
  const Bytes kek = test.bytes("key");
  const Bytes message = test.bytes("msg");
  const auto opened = kwp_unwrap(kek, test.bytes("ct"));
  if (test.of_group("keySize") != 256) {
    EXPECT_FALSE(opened) << test.label();
    return "key-wrapping keys that do not have 256 bits (refused)";
  }
  EXPECT_EQ(static_cast<bool>(opened), test.valid()) << test.label();
  if (!test.valid()) return ran();
  EXPECT_TRUE(opened && equal_constant_time(opened->expose_secret(), message)) << test.label();
  const auto wrapped = kwp_wrap(kek, message);
  EXPECT_TRUE(wrapped && *wrapped == test.bytes("ct")) << test.label();
  return ran();
}

TEST(Wycheproof, AesKwp) {
  run_wycheproof("aes_kwp_test.json", 94, check_case);
}

}  // namespace
}  // namespace sluis::test
