#include <algorithm>

#include "crypto/aead.h"
#include "vector_file.h"

namespace sluis::test {
namespace {

bool all_zero(ByteView bytes) {
  return std::all_of(bytes.begin(), bytes.end(), [](std::uint8_t b) { return b == 0; });
}

void check_sealing(const SecretKey& key, const Case& test, const Bytes& sealed) {
  const Bytes message = test.bytes("msg");
  Bytes out(message.size() + kTagSize);
  ASSERT_TRUE(gcm_seal(key, test.bytes("iv"), test.bytes("aad"), message, out)) << test.label();
  EXPECT_EQ(out, sealed) << test.label();
}

Outcome check_case(const Case& test) {
  if (test.of_group("keySize") != 256) return "AES-128 and AES-192";
  const SecretKey key = *SecretKey::copy_of(test.bytes("key"));
  Bytes sealed = test.bytes("ct");
  const Bytes tag = test.bytes("tag");
  sealed.insert(sealed.end(), tag.begin(), tag.end());
  Bytes out(sealed.size() - kTagSize, 0xee);
  const Status opened = gcm_open(key, test.bytes("iv"), test.bytes("aad"), sealed, out);
  if (test.of_group("ivSize") != 96) {
    EXPECT_TRUE(!opened && opened.error().code == Code::invalid && all_zero(out)) << test.label();
    return "nonces that do not have 96 bits (refused)";
  }
  EXPECT_EQ(static_cast<bool>(opened), test.valid()) << test.label();
  if (test.valid()) {
    EXPECT_EQ(out, test.bytes("msg")) << test.label();
    check_sealing(key, test, sealed);
  }
  EXPECT_TRUE(test.valid() || all_zero(out)) << test.label();
  return ran();
}

TEST(Wycheproof, AesGcm) {
  run_wycheproof("aes_gcm_test.json", 66, check_case);
}

}  // namespace
}  // namespace sluis::test
