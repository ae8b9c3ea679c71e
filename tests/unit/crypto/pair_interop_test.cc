// Every form that leaves the house is read by the OpenSSL command line, and the other way round.
#include <algorithm>

#include "openssl_tool.h"
#include "pairs.h"

namespace sluis::test {
namespace {

class Interop : public EveryPair {
 protected:
  void SetUp() override {
    tool.write("message", std::string_view("the text that is signed"));
    tool.write("public.pem", *pair().public_pem());
    tool.write("private.pem", pair().export_pem()->expose_text());
  }
  ByteView message() const { return bytes_of("the text that is signed"); }
  std::string public_from(const std::string& arguments) {
    EXPECT_TRUE(tool.run("pkey " + arguments + " -pubout -out read.pem")) << tool.output();
    return tool.read("read.pem");
  }
  // The arguments that make pkeyutl or dgst sign as the default options say.
  std::string command(const std::string& verb, const std::string& key) const {
    if (GetParam() == PairKind::ed25519) {
      return "pkeyutl -rawin -in message -" + verb + " -inkey " + key +
             (verb == "verify" ? " -pubin -sigfile " : " -out ") + "signature";
    }
    const std::string padding = is_rsa(GetParam()) ? " -sigopt rsa_padding_mode:pss -sigopt rsa_pss_saltlen:" +
                                                         std::string(verb == "verify" ? "auto" : "max")
                                                   : "";
    return "dgst -sha256 -" + verb + " " + key + padding + (verb == "verify" ? " -signature " : " -out ") +
           "signature message";
  }
  OpensslTool tool;
};

TEST_P(Interop, ExportsAreRead) {
  const std::string expected = *pair().public_pem();
  EXPECT_EQ(public_from("-in private.pem"), expected);
  EXPECT_TRUE(tool.run("pkey -in private.pem -check -noout")) << tool.output();
  const auto der = pair().to_pkcs8();
  tool.write("private.der", der->expose_secret());
  EXPECT_EQ(public_from("-inform DER -in private.der"), expected);
  tool.write("public.der", *pair().public_der());
  EXPECT_EQ(public_from("-pubin -inform DER -in public.der"), expected);
  EXPECT_EQ(public_from("-pubin -in public.pem"), expected);
}

TEST_P(Interop, ExportedPemComesBackAsPkcs8) {
  ASSERT_TRUE(tool.run("pkcs8 -topk8 -nocrypt -in private.pem -outform DER -out back.der")) << tool.output();
  const auto back = PrivateKey::from_pkcs8(tool.read_bytes("back.der"));
  ASSERT_TRUE(back);
  EXPECT_EQ(*back->public_der(), *pair().public_der());
}

TEST_P(Interop, SignaturesVerifyThere) {
  tool.write("signature", *pair().sign(message(), {}));
  EXPECT_TRUE(tool.run(command("verify", "public.pem"))) << tool.output();
  tool.write("message", std::string_view("another text"));
  EXPECT_FALSE(tool.run(command("verify", "public.pem")));
}

TEST_P(Interop, SignaturesFromThereVerify) {
  ASSERT_TRUE(tool.run(command("sign", "private.pem"))) << tool.output();
  EXPECT_TRUE(*pair().verify(message(), tool.read_bytes("signature"), {}));
  EXPECT_FALSE(*pair().verify(bytes_of("another text"), tool.read_bytes("signature"), {}));
}

TEST_P(Interop, Pkcs1SignaturesOfEveryDigest) {
  if (!is_rsa(GetParam())) GTEST_SKIP() << "RSA alone";
  const std::pair<DigestKind, const char*> digests[] = {
      {DigestKind::sha2_224, "sha224"},   {DigestKind::sha2_256, "sha256"},   {DigestKind::sha2_384, "sha384"},
      {DigestKind::sha2_512, "sha512"},   {DigestKind::sha3_224, "sha3-224"}, {DigestKind::sha3_256, "sha3-256"},
      {DigestKind::sha3_384, "sha3-384"}, {DigestKind::sha3_512, "sha3-512"}};
  SignOptions options;
  options.padding = SignOptions::Padding::pkcs1v15;
  for (const auto& [digest, name] : digests) {
    options.digest = digest;
    ASSERT_TRUE(tool.run(std::string("dgst -") + name + " -sign private.pem -out signature message")) << tool.output();
    EXPECT_EQ(*pair().sign(message(), options), tool.read_bytes("signature")) << name;  // it has no randomness
  }
}

TEST_P(Interop, OaepBothWays) {
  if (!is_rsa(GetParam())) GTEST_SKIP() << "RSA alone";
  const std::string padding =
      " -pkeyopt rsa_padding_mode:oaep -pkeyopt rsa_oaep_md:sha384 -pkeyopt rsa_mgf1_md:sha384 -pkeyopt "
      "rsa_oaep_label:0102ff";
  const Bytes label = {1, 2, 0xff};
  ASSERT_TRUE(tool.run("pkeyutl -encrypt -pubin -inkey public.pem -in message -out sealed" + padding)) << tool.output();
  const auto opened = pair().decrypt_oaep(tool.read_bytes("sealed"), DigestKind::sha2_384, label);
  ASSERT_TRUE(opened);
  EXPECT_TRUE(std::ranges::equal(opened->expose_secret(), message()));
  tool.write("sealed", *pair().encrypt_oaep(message(), DigestKind::sha2_384, label));
  ASSERT_TRUE(tool.run("pkeyutl -decrypt -inkey private.pem -in sealed -out opened" + padding)) << tool.output();
  EXPECT_EQ(tool.read("opened"), text_of(message()));
}

TEST_P(Interop, KeysMadeThereAreTaken) {
  const std::string algorithm = GetParam() == PairKind::ed25519      ? "ed25519"
                                : GetParam() == PairKind::ecdsa_p256 ? "EC -pkeyopt ec_paramgen_curve:P-256"
                                : GetParam() == PairKind::ecdsa_p384 ? "EC -pkeyopt ec_paramgen_curve:P-384"
                                : GetParam() == PairKind::ecdsa_p521 ? "EC -pkeyopt ec_paramgen_curve:P-521"
                                : GetParam() == PairKind::rsa_2048   ? "RSA -pkeyopt rsa_keygen_bits:2048"
                                                                     : "";
  if (algorithm.empty()) GTEST_SKIP() << "takes seconds";
  ASSERT_TRUE(tool.run("genpkey -out made.pem -algorithm " + algorithm)) << tool.output();
  ASSERT_TRUE(tool.run("pkcs8 -topk8 -nocrypt -in made.pem -outform DER -out made.der")) << tool.output();
  const auto made = PrivateKey::from_pkcs8(tool.read_bytes("made.der"));
  ASSERT_TRUE(made);
  EXPECT_EQ(made->kind(), GetParam());
  EXPECT_EQ(*made->public_pem(), public_from("-inform DER -in made.der"));
}

SLUIS_EVERY_PAIR(Interop);

}  // namespace
}  // namespace sluis::test
