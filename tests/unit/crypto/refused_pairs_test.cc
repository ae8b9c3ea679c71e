// Keys that are well-formed somewhere else, and keys that were tampered with.
#include <algorithm>

#include "openssl_tool.h"
#include "pairs.h"

namespace sluis::test {
namespace {

struct Foreign {
  const char* name;
  const char* arguments;  // of openssl genpkey
};

constexpr Foreign kForeign[] = {
    {"ed448", "-algorithm ed448"},
    {"x25519", "-algorithm x25519"},
    {"p224", "-algorithm EC -pkeyopt ec_paramgen_curve:P-224"},
    {"p256k1", "-algorithm EC -pkeyopt ec_paramgen_curve:secp256k1"},
    {"brainpool", "-algorithm EC -pkeyopt ec_paramgen_curve:brainpoolP256r1"},
    {"by_parameters", "-algorithm EC -pkeyopt ec_paramgen_curve:P-256 -pkeyopt ec_param_enc:explicit"},
    {"rsa1024", "-algorithm RSA -pkeyopt rsa_keygen_bits:1024"},
    {"rsa2056", "-algorithm RSA -pkeyopt rsa_keygen_bits:2056"},
    {"rsa_pss", "-algorithm RSA-PSS -pkeyopt rsa_keygen_bits:2048"},
    {"rsa_three_primes", "-algorithm RSA -pkeyopt rsa_keygen_bits:2048 -pkeyopt rsa_keygen_primes:3"},
    {"rsa_long_exponent", "-algorithm RSA -pkeyopt rsa_keygen_bits:2048 -pkeyopt rsa_keygen_pubexp:4294967297"},
};

TEST(RefusedPairs, OfOtherKinds) {
  OpensslTool tool;
  for (const Foreign& foreign : kForeign) {
    ASSERT_TRUE(tool.run(std::string("genpkey -out key.pem ") + foreign.arguments)) << foreign.name << tool.output();
    ASSERT_TRUE(tool.run("pkcs8 -topk8 -nocrypt -in key.pem -outform DER -out key.der")) << tool.output();
    const auto read = PrivateKey::from_pkcs8(tool.read_bytes("key.der"));
    ASSERT_FALSE(read) << foreign.name;
    EXPECT_EQ(read.error().code, Code::invalid) << foreign.name;
  }
}

TEST(RefusedPairs, InOtherForms) {
  OpensslTool tool;
  tool.write("key.pem", pair_of(PairKind::ecdsa_p256).export_pem()->expose_text());
  for (const char* arguments :
       {"pkcs8 -topk8 -in key.pem -outform DER -passout pass:secret", "ec -in key.pem -outform DER",
        "pkey -in key.pem -pubout -outform DER", "pkcs8 -topk8 -nocrypt -in key.pem"}) {
    ASSERT_TRUE(tool.run(std::string(arguments) + " -out other")) << arguments << tool.output();
    EXPECT_FALSE(PrivateKey::from_pkcs8(tool.read_bytes("other"))) << arguments;
  }
}

// The numbers of a key follow each other in the DER, so a change at a quarter of it is in another number each time.
TEST(RefusedPairs, RsaWithOneNumberChanged) {
  const auto der = pair_of(PairKind::rsa_2048).to_pkcs8();
  const Bytes good(der->expose_secret().begin(), der->expose_secret().end());
  for (std::size_t part = 1; part < 10; ++part) {
    Bytes changed = good;
    changed[good.size() * part / 10] ^= 0x10U;
    EXPECT_FALSE(PrivateKey::from_pkcs8(changed)) << part;
  }
}

TEST(RefusedPairs, CurvePointOfAnotherKey) {
  const auto der = pair_of(PairKind::ecdsa_p256).to_pkcs8();
  const Bytes other = *PrivateKey::generate(PairKind::ecdsa_p256)->public_der();
  Bytes changed(der->expose_secret().begin(), der->expose_secret().end());
  std::copy(other.end() - 64, other.end(), changed.end() - 64);  // the uncompressed point ends both
  const auto read = PrivateKey::from_pkcs8(changed);
  ASSERT_FALSE(read);
  EXPECT_EQ(read.error().code, Code::invalid);
}

TEST(RefusedPairs, NoDerAtAll) {
  for (const Bytes& bytes : {Bytes{}, Bytes(1, 0x30), Bytes(4096, 0x30), Bytes(64, 0xff), Bytes(2, 0)}) {
    EXPECT_FALSE(PrivateKey::from_pkcs8(bytes));
  }
}

}  // namespace
}  // namespace sluis::test
