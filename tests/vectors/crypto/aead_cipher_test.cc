#include "crypto/aead_cipher.h"

#include <algorithm>

#include "vector_file.h"

namespace sluis::test {
namespace {

bool all_zero(ByteView bytes) {
  return std::all_of(bytes.begin(), bytes.end(), [](std::uint8_t b) { return b == 0; });
}

Bytes joined(Bytes front, const Bytes& back) {
  front.insert(front.end(), back.begin(), back.end());
  return front;
}

// Twice each way with one cipher, so that what a message leaves in it would be seen by the next.
void check_valid(AeadCipher& cipher, const Case& test, const Bytes& sealed) {
  const Bytes message = test.bytes("msg");
  for (int round = 0; round < 2; ++round) {
    Bytes out(message.size() + 16);
    ASSERT_TRUE(cipher.seal(test.bytes("iv"), test.bytes("aad"), message, out)) << test.label();
    EXPECT_EQ(out, sealed) << test.label();
    Bytes opened(message.size());
    ASSERT_TRUE(cipher.open(test.bytes("iv"), test.bytes("aad"), sealed, opened)) << test.label();
    EXPECT_EQ(opened, message) << test.label();
  }
}

Outcome check_case(AeadKind kind, const Case& test) {
  auto cipher = AeadCipher::make(kind, test.bytes("key"));
  if (!cipher) {
    EXPECT_NE(test.of_group("keySize"), static_cast<std::int64_t>(key_size(kind) * 8)) << test.label();
    return "keys of other sizes (refused)";
  }
  const Bytes sealed = joined(test.bytes("ct"), test.bytes("tag"));
  Bytes out(sealed.size() < 16 ? 0 : sealed.size() - 16, 0xee);
  const Status opened = cipher->open(test.bytes("iv"), test.bytes("aad"), sealed, out);
  EXPECT_TRUE(opened || all_zero(out)) << test.label();
  if (test.of_group("ivSize") != static_cast<std::int64_t>(nonce_size(kind) * 8)) {
    EXPECT_TRUE(!opened && opened.error().code == Code::invalid) << test.label();
    return "nonces of other sizes (refused)";
  }
  EXPECT_EQ(static_cast<bool>(opened), test.valid()) << test.label();
  if (test.valid()) check_valid(*cipher, test, sealed);
  return ran();
}

void run_file(const std::string& file, std::size_t expected_run, AeadKind kind) {
  run_wycheproof(file, expected_run, [kind](const Case& test) { return check_case(kind, test); });
}

TEST(Wycheproof, Aes128Gcm) {
  run_file("aes_gcm_test.json", 67, AeadKind::aes128_gcm);
}
TEST(Wycheproof, Aes256Gcm) {
  run_file("aes_gcm_test.json", 66, AeadKind::aes256_gcm);
}
TEST(Wycheproof, ChaCha20Poly1305) {
  run_file("chacha20_poly1305_test.json", 316, AeadKind::chacha20_poly1305);
}
TEST(Wycheproof, XChaCha20Poly1305) {
  run_file("xchacha20_poly1305_test.json", 306, AeadKind::xchacha20_poly1305);
}

}  // namespace
}  // namespace sluis::test
