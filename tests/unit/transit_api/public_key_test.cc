// Keys of which the public half alone is here: what they do, what they refuse, and how the private half comes.
#include <gmock/gmock.h>

#include "crypto/private_key.h"
#include "tests/unit/transit_api/world.h"

namespace sluis::gateway::transit::test {
namespace {

class PublicKey : public TransitTest {
 protected:
  std::string wrapped(const PrivateKey& pair) {
    const Bytes aes(32, 7);
    Bytes blob = *encrypt_oaep_to(officer("GET", "wrapping_key").text("public_key"), aes, DigestKind::sha2_256);
    const Bytes rest = *kwp_wrap(aes, pair.to_pkcs8()->expose_secret());
    blob.insert(blob.end(), rest.begin(), rest.end());
    return to_base64(blob);
  }
  static std::string body(std::string_view name, std::string_view value, std::string_view more = {}) {
    boost::json::object out{{name, value}};
    std::string text = boost::json::serialize(out);
    text.insert(text.size() - 1, more);
    return text;
  }
  void bring(std::string_view name, const PrivateKey& pair, std::string_view type, std::string_view more = {}) {
    const auto made =
        officer("POST", "keys/" + std::string(name) + "/import",
                body("public_key", *pair.public_pem(), R"(,"type":")" + std::string(type) + '"' + std::string(more)));
    ASSERT_EQ(made.status, 204U) << boost::json::serialize(made.json);
    EXPECT_EQ(made.events.size(), 1U);
  }
};

TEST_F(PublicKey, EncryptsAndDoesNotDecryptUntilItsPrivateHalfComes) {
  const auto pair = *PrivateKey::generate(PairKind::rsa_2048);
  bring("p", pair, "rsa-2048");
  const std::string sealed = encrypt("p", "YQ==");
  const auto refused = post("decrypt/p", body("ciphertext", sealed));
  EXPECT_EQ(refused.status, 400U);
  EXPECT_EQ(refused.error(), "requested version for decryption does not contain a private part");
  const auto mac = post("hmac/p", R"({"input":"YQ=="})").text("hmac");
  const auto other = *PrivateKey::generate(PairKind::rsa_2048);
  EXPECT_EQ(officer("POST", "keys/p/import_version", body("ciphertext", wrapped(other), R"(,"version":1)")).error(),
            "the private key is not of this version's public key");
  EXPECT_EQ(officer("POST", "keys/p/import_version", body("ciphertext", wrapped(pair), R"(,"version":2)")).error(),
            "no such key version");
  EXPECT_EQ(officer("POST", "keys/p/import_version", body("public_key", *pair.public_pem(), R"(,"version":1)")).error(),
            "a version is completed by its private key alone");
  const auto completed = officer("POST", "keys/p/import_version", body("ciphertext", wrapped(pair), R"(,"version":1)"));
  ASSERT_EQ(completed.status, 204U) << boost::json::serialize(completed.json);
  EXPECT_EQ(completed.events.size(), 1U);
  EXPECT_EQ(officer("GET", "keys/p").data().at("latest_version"), 1);
  EXPECT_EQ(post("decrypt/p", body("ciphertext", sealed)).text("plaintext"), "YQ==");
  EXPECT_EQ(post("hmac/p", R"({"input":"YQ=="})").text("hmac"), mac) << "its HMAC key stays";
  EXPECT_EQ(officer("POST", "keys/p/import_version", body("ciphertext", wrapped(pair), R"(,"version":1)")).error(),
            "private key imported, key version cannot be updated");
}

TEST_F(PublicKey, ThePrivateHalfOfTheLatestNeedsNoNumberAndAnotherPublicKeyIsAnotherVersion) {
  const auto first = *PrivateKey::generate(PairKind::ecdsa_p256);
  const auto second = *PrivateKey::generate(PairKind::ecdsa_p256);
  bring("e", first, "ecdsa-p256");
  EXPECT_EQ(officer("POST", "keys/e/import_version", body("public_key", *second.public_pem())).status, 204U);
  EXPECT_EQ(officer("POST", "keys/e/import_version", body("ciphertext", wrapped(second))).status, 204U);
  EXPECT_EQ(officer("GET", "keys/e").data().at("latest_version"), 2);
  EXPECT_EQ(post("sign/e", R"({"input":"YQ=="})").status, 200U);
  EXPECT_EQ(officer("POST", "keys/e/import_version", body("ciphertext", wrapped(first))).status, 204U) << "a third";
  EXPECT_EQ(officer("GET", "keys/e").data().at("latest_version"), 3);
}

TEST_F(PublicKey, VerifiesAndDoesNotSign) {
  for (const auto& [name, kind] :
       {std::pair("ed25519", PairKind::ed25519), std::pair("ecdsa-p521", PairKind::ecdsa_p521),
        std::pair("rsa-2048", PairKind::rsa_2048)}) {
    const auto pair = *PrivateKey::generate(kind);
    bring(name, pair, name);
    const std::string path = name;
    const auto signature = "vault:v1:" + to_base64(*pair.sign(bytes_of("a"), {}));
    EXPECT_EQ(post("verify/" + path, body("signature", signature, R"(,"input":"YQ==")")).data().at("valid"), true)
        << name;
    EXPECT_EQ(post("sign/" + path, R"({"input":"YQ=="})").error(),
              "requested version for signing does not contain a private part");
    EXPECT_EQ(officer("POST", "keys/" + path + "/csr").status, 400U);
    EXPECT_EQ(officer("GET", "export/public-key/" + path + "/1?format=pem").data().at("keys").at("1"),
              boost::json::value(*pair.public_pem()));
  }
}

TEST_F(PublicKey, TakesKeysThatAreExportedToIt) {
  Settings settings;
  settings.exports = Settings::Export::allowed;
  use(settings);
  const auto pair = *PrivateKey::generate(PairKind::rsa_3072);
  bring("there", pair, "rsa-3072", R"(,"exportable":true,"allow_plaintext_backup":true)");
  make("k", R"({"exportable":true})");
  const std::string sealed = encrypt("k", "YQ==");
  const auto blob = *from_base64(officer("GET", "byok-export/there/k/1").data().at("keys").at("1").as_string());
  const auto aes = *pair.decrypt_oaep(ByteView(blob).first(384), DigestKind::sha2_256);
  const auto key = *kwp_unwrap(aes.expose_secret(), ByteView(blob).subspan(384));
  EXPECT_EQ(to_base64(key.expose_secret()),
            officer("GET", "export/encryption-key/k/1").data().at("keys").at("1").as_string());
  // What is not there is not given away either.
  EXPECT_EQ(officer("GET", "export/encryption-key/there").data().at("keys").at("1"), "");
  make("rsa", R"({"type":"rsa-2048"})");
  EXPECT_EQ(officer("GET", "byok-export/rsa/there").status, 400U);
  // A backup brings it back as it is.
  const auto backup = officer("GET", "backup/there").text("backup");
  EXPECT_EQ(officer("POST", "restore/again", body("backup", backup)).status, 204U);
  EXPECT_EQ(post("decrypt/again", body("ciphertext", encrypt("again", "YQ=="))).error(),
            "requested version for decryption does not contain a private part");
}

TEST_F(PublicKey, IsOfItsTypeAndNotDerived) {
  const auto pair = *PrivateKey::generate(PairKind::ed25519);
  EXPECT_EQ(officer("POST", "keys/x/import", body("public_key", *pair.public_pem(), R"(,"type":"rsa-2048")")).error(),
            "the imported key is of another type");
  EXPECT_EQ(
      officer("POST", "keys/x/import", body("public_key", *pair.public_pem(), R"(,"type":"ed25519","derived":true)"))
          .error(),
      "a public key alone cannot be derived from");
  EXPECT_EQ(
      officer("POST", "keys/x/import", body("public_key", pair.export_pem()->expose_text(), R"(,"type":"ed25519")"))
          .status,
      400U)
      << "a private key in the clear is not taken";
  EXPECT_EQ(officer("POST", "keys/x/import_version", body("public_key", "x", R"(,"version":-1)")).status, 400U);
}

}  // namespace
}  // namespace sluis::gateway::transit::test
