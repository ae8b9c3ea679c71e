#include <openssl/err.h>

#include "openssl_tool.h"
#include "pairs.h"

namespace sluis::test {
namespace {

class Requests : public EveryPair {
 protected:
  OpensslTool tool;
};

TEST_P(Requests, WithoutATemplateVerify) {
  const auto request = pair().sign_csr({});
  ASSERT_TRUE(request);
  tool.write("request.pem", *request);
  EXPECT_TRUE(tool.run("req -verify -noout -in request.pem")) << tool.output();
  ASSERT_TRUE(tool.run("req -in request.pem -pubkey -noout"));
  EXPECT_EQ(tool.output(), *pair().public_pem());
  ASSERT_TRUE(tool.run("req -in request.pem -subject -noout"));
  EXPECT_EQ(tool.output(), "subject=\n");
}

TEST_P(Requests, KeepTheTemplatesSubjectAndExtensions) {
  ASSERT_TRUE(
      tool.run("req -new -newkey ed25519 -nodes -keyout other.pem -out template.pem -subj '/C=BE/CN=a name' "
               "-addext 'subjectAltName=DNS:a.example' -addext 'keyUsage=critical,digitalSignature'"))
      << tool.output();
  const auto request = pair().sign_csr(tool.read("template.pem"));
  ASSERT_TRUE(request);
  tool.write("request.pem", *request);
  EXPECT_TRUE(tool.run("req -verify -noout -in request.pem")) << tool.output();
  ASSERT_TRUE(tool.run("req -in request.pem -pubkey -noout"));
  EXPECT_EQ(tool.output(), *pair().public_pem());
  ASSERT_TRUE(tool.run("req -in request.pem -text -noout"));
  for (const char* part : {"C = BE, CN = a name", "DNS:a.example", "X509v3 Key Usage: critical"}) {
    EXPECT_NE(tool.output().find(part), std::string::npos) << part << tool.output();
  }
}

SLUIS_EVERY_PAIR(Requests);

TEST(RequestTemplates, RefuseOtherTemplates) {
  const PrivateKey& pair = pair_of(PairKind::ecdsa_p256);
  const std::string good = *pair.sign_csr({});
  const std::string encrypted =
      "-----BEGIN CERTIFICATE REQUEST-----\nProc-Type: 4,ENCRYPTED\nDEK-Info: AES-128-CBC,"
      "00000000000000000000000000000000\n\nAAAA\n-----END CERTIFICATE REQUEST-----\n";
  for (const std::string& other : {std::string("x"), *pair.public_pem(), good.substr(0, good.size() / 2), encrypted,
                                   std::string(300 << 10, 'A')}) {
    EXPECT_EQ(pair.sign_csr(other).error().code, Code::invalid);
  }
  EXPECT_EQ(ERR_peek_error(), 0U);
}

// A root, an intermediate and a leaf for pair_of(ecdsa_p256), by the command line.
class Chains : public testing::Test {
 protected:
  void SetUp() override {
    tool.write("leaf.key", pair_of(PairKind::ecdsa_p256).export_pem()->expose_text());
    tool.write("ca.ext", std::string_view("basicConstraints=critical,CA:TRUE\nkeyUsage=critical,keyCertSign\n"));
    must("req -x509 -newkey ed25519 -nodes -keyout root.key -out root.pem -subj /CN=root -days 10");
    must("req -new -newkey rsa:2048 -nodes -keyout middle.key -out middle.csr -subj /CN=middle");
    must("x509 -req -in middle.csr -CA root.pem -CAkey root.key -extfile ca.ext -days 9 -out middle.pem");
    must("req -new -key leaf.key -out leaf.csr -subj /CN=leaf");
    must("x509 -req -in leaf.csr -CA middle.pem -CAkey middle.key -days 8 -out leaf.pem");
    leaf = tool.read("leaf.pem");
    middle = tool.read("middle.pem");
    root = tool.read("root.pem");
  }
  void must(const std::string& arguments) { ASSERT_TRUE(tool.run(arguments)) << arguments << tool.output(); }
  OpensslTool tool;
  std::string leaf, middle, root;
};

TEST_F(Chains, AreReadLeafFirst) {
  const auto chain = parse_chain(leaf + middle + root);
  ASSERT_TRUE(chain);
  ASSERT_EQ(chain->size(), 3U);
  must("x509 -in middle.pem -outform DER -out middle.der");
  EXPECT_EQ((*chain)[1], tool.read_bytes("middle.der"));
  EXPECT_EQ(parse_chain(leaf)->size(), 1U);
  EXPECT_EQ(parse_chain(leaf + middle)->size(), 2U);
  EXPECT_EQ(parse_chain("a comment\n" + leaf + "\nanother\n" + middle)->size(), 2U);
  EXPECT_EQ(ERR_peek_error(), 0U);
}

TEST_F(Chains, RefuseOtherOrdersAndContents) {
  std::string many;
  for (int i = 0; i < 17; ++i) many += root;
  const std::string key = tool.read("leaf.key");
  for (const std::string& text :
       {std::string(), std::string("no PEM"), middle + leaf, leaf + root, root + leaf, leaf + leaf, key, leaf + key,
        leaf.substr(0, leaf.size() / 2), leaf + middle.substr(0, 300), many, std::string(300 << 10, '-'),
        std::string("-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n")}) {
    const auto chain = parse_chain(text);
    ASSERT_FALSE(chain) << text;
    EXPECT_EQ(chain.error().code, Code::invalid);
  }
  EXPECT_EQ(parse_chain(many.substr(0, 16 * root.size()))->size(), 16U);  // a root signs itself
  EXPECT_EQ(ERR_peek_error(), 0U);
}

// The issuer's name is right and its signature is not.
TEST_F(Chains, RefuseAnImpostor) {
  must("req -new -newkey rsa:2048 -nodes -keyout other.key -out other.csr -subj /CN=middle");
  must("x509 -req -in other.csr -CA root.pem -CAkey root.key -extfile ca.ext -days 9 -out other.pem");
  EXPECT_FALSE(parse_chain(leaf + tool.read("other.pem")));
}

TEST_F(Chains, LeafBelongsToItsKey) {
  const auto chain = parse_chain(leaf + middle);
  const PrivateKey& owner = pair_of(PairKind::ecdsa_p256);
  EXPECT_TRUE(owner.owns_certificate(chain->front()));
  EXPECT_FALSE(owner.owns_certificate(chain->back()));
  EXPECT_FALSE(pair_of(PairKind::ed25519).owns_certificate(chain->front()));
  EXPECT_FALSE(PrivateKey::generate(PairKind::ecdsa_p256)->owns_certificate(chain->front()));
  EXPECT_FALSE(owner.owns_certificate({}));
  EXPECT_FALSE(owner.owns_certificate(ByteView(chain->front()).first(100)));
  Bytes longer = chain->front();
  longer.push_back(0);
  EXPECT_FALSE(owner.owns_certificate(longer));
}

}  // namespace
}  // namespace sluis::test
