// The life of keys through the interface.
#include <gmock/gmock.h>

#include "tests/unit/transit_api/world.h"

namespace sluis::gateway::transit::test {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

class Keys : public TransitTest {};

TEST_F(Keys, MadeReadListedAndDeleted) {
  EXPECT_EQ(officer("LIST", "keys").status, 404U);
  const auto made = officer("POST", "keys/a", R"({"type":"aes256-gcm96","auto_rotate_period":"24h"})");
  ASSERT_EQ(made.status, 200U);
  ASSERT_EQ(made.events.size(), 1U);
  EXPECT_EQ(made.hold, Hold::write);
  EXPECT_EQ(made.events[0].key, "transit/a");
  const auto info = officer("GET", "keys/a");
  EXPECT_EQ(info.text("name"), "a");
  EXPECT_EQ(info.data().at("auto_rotate_period"), 86'400);
  EXPECT_EQ(info.data().at("min_decryption_version"), 1);
  EXPECT_EQ(info.data().at("min_encryption_version"), 0);
  EXPECT_EQ(info.data().at("min_available_version"), 0);
  EXPECT_EQ(info.data().at("latest_version"), 1);
  for (const char* const yes : {"supports_encryption", "supports_decryption", "supports_derivation"}) {
    EXPECT_EQ(info.data().at(yes), true) << yes;
  }
  for (const char* const no : {"derived", "deletion_allowed", "exportable", "allow_plaintext_backup", "imported_key",
                               "supports_signing", "soft_deleted"}) {
    EXPECT_EQ(info.data().at(no), false) << no;
  }
  EXPECT_TRUE(info.data().at("keys").at("1").is_int64());
  EXPECT_FALSE(info.data().contains("kdf"));
  const auto again = officer("PUT", "keys/a");
  EXPECT_THAT(again.warnings(), ElementsAre("key a already existed"));
  EXPECT_TRUE(again.events.empty());
  make("b");
  const auto names = officer("LIST", "keys");
  EXPECT_EQ(names.data().at("keys"), (boost::json::array{"a", "b"}));
  EXPECT_EQ(officer("GET", "keys?list=true&after=a").data().at("keys"), (boost::json::array{"b"}));
  EXPECT_EQ(officer("GET", "keys?list=true&limit=1").data().at("keys"), (boost::json::array{"a"}));
  EXPECT_EQ(officer("GET", "keys").status, 405U);
  EXPECT_EQ(officer("DELETE", "keys/a").error(), "error deleting policy a: deletion is not allowed for this key");
  ASSERT_EQ(officer("POST", "keys/a/config", R"({"deletion_allowed":true})").status, 200U);
  const auto gone = officer("DELETE", "keys/a");
  EXPECT_EQ(gone.status, 204U);
  EXPECT_EQ(gone.events.size(), 1U);
  EXPECT_EQ(officer("GET", "keys/a").status, 404U);
  EXPECT_EQ(officer("GET", "keys/a").error(), "(0 errors)");
  EXPECT_EQ(officer("DELETE", "keys/a").status, 400U);
}

TEST_F(Keys, PairsShowTheirPublicHalf) {
  make("e", R"({"type":"ecdsa-p256"})");
  const auto info = officer("GET", "keys/e");
  const auto& version = info.data().at("keys").at("1").as_object();
  EXPECT_EQ(version.at("name"), "P-256");
  EXPECT_THAT(std::string(version.at("public_key").as_string()), HasSubstr("BEGIN PUBLIC KEY"));
  EXPECT_EQ(version.at("certificate_chain"), "");
  EXPECT_THAT(std::string(version.at("creation_time").as_string()), HasSubstr("T"));
  make("d", R"({"derived":true,"convergent_encryption":true})");
  const auto derived = officer("GET", "keys/d");
  EXPECT_EQ(derived.text("kdf"), "hkdf_sha256");
  EXPECT_EQ(derived.data().at("convergent_encryption_version"), 3);
}

TEST_F(Keys, RefusedOptions) {
  const std::vector<std::pair<std::string, std::string>> rows = {
      {R"({"type":"rot13"})", "unknown key type rot13"},
      {R"({"convergent_encryption":true})", "convergent encryption requires derivation to be enabled"},
      {R"({"auto_rotate_period":"59m"})", "auto rotate period must be 0 to disable or at least an hour"},
      {R"({"key_size":-1,"type":"hmac"})", "invalid key_size -1"}};
  for (const auto& [body, error] : rows) {
    const auto answer = officer("POST", "keys/x", body);
    EXPECT_EQ(answer.status, 400U) << body;
    EXPECT_EQ(answer.error(), error);
  }
  for (const char* const name : {"a%20b", "-a", "a-", "a+b", "%C3%A9", "a.", ".."}) {
    EXPECT_NE(valid_key_name(name), true) << name;
  }
  EXPECT_TRUE(valid_key_name("a.b-c_D9"));
  EXPECT_TRUE(valid_key_name("x"));
  EXPECT_FALSE(valid_key_name(std::string(129, 'a')));
  EXPECT_EQ(officer("POST", "keys/a%20b").status, 404U);
}

TEST_F(Keys, TrimmedWithinItsRules) {
  make("k");
  for (int i = 0; i < 3; ++i) ASSERT_EQ(officer("POST", "keys/k/rotate").status, 200U);
  EXPECT_EQ(officer("POST", "keys/k/trim", R"({"min_available_version":2})").status, 400U);
  ASSERT_EQ(officer("POST", "keys/k/config", R"({"min_decryption_version":3,"min_encryption_version":"3"})").status,
            200U);
  const auto preview = officer("POST", "keys/k/trim", R"({"min_available_version":3,"dry_run":true})");
  ASSERT_EQ(preview.status, 200U);
  EXPECT_EQ(preview.data().at("dry_run"), true);
  EXPECT_TRUE(preview.events.empty());
  EXPECT_EQ(officer("GET", "keys/k").data().at("min_available_version"), 0);
  const auto trimmed = officer("POST", "keys/k/trim", R"({"min_available_version":3})");
  ASSERT_EQ(trimmed.status, 200U);
  EXPECT_EQ(trimmed.data().at("min_available_version"), 3);
  EXPECT_EQ(trimmed.events.size(), 1U);
  EXPECT_EQ(officer("POST", "keys/k/trim", R"({"min_available_version":2})").status, 400U);
  EXPECT_EQ(officer("POST", "keys/k/trim", "{}").status, 400U);
  EXPECT_EQ(officer("POST", "keys/none/rotate").status, 400U);
  const auto dry = officer("POST", "keys/k/rotate", R"({"dry_run":"true"})");
  EXPECT_EQ(dry.data().at("dry_run"), true);
  EXPECT_EQ(officer("GET", "keys/k").data().at("latest_version"), 4);
}

TEST_F(Keys, SoftDeletedAndBack) {
  make("k");
  const std::string ciphertext = encrypt("k", "YQ==");
  ASSERT_EQ(officer("DELETE", "keys/k/soft-delete").status, 204U);
  EXPECT_EQ(officer("GET", "keys/k").data().at("soft_deleted"), true);
  EXPECT_EQ(post("encrypt/k", R"({"plaintext":""})").error(), "the key is soft-deleted");
  EXPECT_EQ(post("decrypt/k", R"({"ciphertext":")" + ciphertext + "\"}").error(), "the key is soft-deleted");
  EXPECT_EQ(post("hmac/k", R"({"input":""})").status, 400U);
  ASSERT_EQ(officer("POST", "keys/k/soft-delete-restore").status, 204U);
  EXPECT_EQ(post("decrypt/k", R"({"ciphertext":")" + ciphertext + "\"}").status, 200U);
}

TEST_F(Keys, LeaveOnlyWhereTheConfigurationSaysSo) {
  make("k", R"({"exportable":true,"allow_plaintext_backup":true})");
  for (const char* const path : {"export/encryption-key/k", "export/hmac-key/k", "backup/k", "byok-export/k/k"}) {
    const auto refused = officer("GET", path);
    EXPECT_EQ(refused.status, 403U) << path;
    ASSERT_EQ(refused.events.size(), 1U) << path;
    EXPECT_EQ(refused.events[0].outcome, audit::Outcome::denied);
  }
  Settings open;
  open.exports = Settings::Export::allowed;
  use(open);
  const auto exported = officer("GET", "export/encryption-key/k");
  ASSERT_EQ(exported.status, 200U);
  EXPECT_EQ(exported.hold, Hold::plaintext);
  ASSERT_EQ(exported.events.size(), 1U);
  EXPECT_EQ(exported.events[0].action, "transit.export");
  EXPECT_EQ(plain(exported.data().at("keys").at("1").as_string()).size(), 32U);
  make("shut");
  EXPECT_EQ(officer("GET", "export/encryption-key/shut").error(), "private key material is not exportable");
  EXPECT_EQ(officer("GET", "backup/shut").status, 400U);
  EXPECT_EQ(officer("GET", "export/nonsense/k").error(), "invalid export type: nonsense");
  EXPECT_EQ(officer("GET", "export/signing-key/k").error(), "signing not supported for the key");
  EXPECT_EQ(officer("GET", "export/encryption-key/k/7").error(), "version does not exist or cannot be found");
  EXPECT_EQ(officer("GET", "export/encryption-key/k/x").error(), "invalid key version");
  EXPECT_EQ(officer("GET", "export/encryption-key/k/latest").status, 200U);
  EXPECT_EQ(officer("GET", "export/encryption-key/k?format=pem").status, 400U);
  EXPECT_EQ(officer("GET", "export/encryption-key/none").status, 404U);
}

TEST_F(Keys, PairsAreExportedInEveryFormat) {
  Settings open;
  open.exports = Settings::Export::allowed;
  use(open);
  const auto of = [&](const std::string& path) {
    const auto answer = officer("GET", path);
    return answer.status == 200 ? std::string(answer.data().at("keys").at("1").as_string()) : answer.error();
  };
  for (const char* const type : {"ed25519", "ecdsa-p256", "rsa-2048"}) {
    make(type, std::string(R"({"exportable":true,"type":")") + type + "\"}");
    const std::string name = type;
    EXPECT_THAT(of("export/signing-key/" + name + "?format=pem"), HasSubstr("BEGIN PRIVATE KEY"));
    const auto der = from_base64(of("export/signing-key/" + name + "?format=der"));
    ASSERT_TRUE(der);
    const auto pair = PrivateKey::from_pkcs8(*der);
    ASSERT_TRUE(pair);
    EXPECT_THAT(of("export/public-key/" + name + "?format=pem"), HasSubstr("BEGIN PUBLIC KEY"));
    EXPECT_EQ(*from_base64(of("export/public-key/" + name + "?format=der")), *pair->public_der());
  }
  EXPECT_EQ(plain(of("export/signing-key/ed25519")).size(), 64U);
  EXPECT_EQ(plain(of("export/public-key/ed25519")).size(), 32U);
  EXPECT_THAT(of("export/signing-key/ecdsa-p256"), HasSubstr("BEGIN EC PRIVATE KEY"));
  EXPECT_THAT(of("export/encryption-key/rsa-2048"), HasSubstr("BEGIN RSA PRIVATE KEY"));
  EXPECT_THAT(of("export/signing-key/ecdsa-p256?format=raw"), HasSubstr("format"));
  EXPECT_THAT(of("export/certificate-chain/ecdsa-p256"), HasSubstr("does not have a certificate chain"));
}

TEST_F(Keys, BackedUpAndRestored) {
  Settings open;
  open.exports = Settings::Export::allowed;
  use(open);
  make("k", R"({"exportable":true,"allow_plaintext_backup":true})");
  const std::string ciphertext = R"({"ciphertext":")" + encrypt("k", "YQ==") + "\"}";
  const auto backup = officer("GET", "backup/k");
  ASSERT_EQ(backup.status, 200U);
  EXPECT_EQ(backup.hold, Hold::plaintext);
  EXPECT_EQ(backup.events.size(), 1U);
  const std::string body = R"({"backup":")" + backup.text("backup") + "\"}";
  EXPECT_EQ(officer("POST", "restore", body).status, 400U);  // it is there
  ASSERT_EQ(officer("POST", "restore/copy", body).status, 204U);
  EXPECT_EQ(post("decrypt/copy", ciphertext).text("plaintext"), "YQ==");
  ASSERT_EQ(officer("POST", "keys/k/config", R"({"deletion_allowed":true})").status, 200U);
  ASSERT_EQ(officer("DELETE", "keys/k").status, 204U);
  ASSERT_EQ(officer("POST", "restore", body).status, 204U);
  EXPECT_EQ(post("decrypt/k", ciphertext).text("plaintext"), "YQ==");
  EXPECT_TRUE(officer("GET", "keys/k").data().contains("restore_info"));
  EXPECT_EQ(officer("POST", "restore", R"({"backup":")" + backup.text("backup") + R"(","force":true})").status, 204U);
  EXPECT_EQ(officer("POST", "restore", "{}").error(), "'backup' must be supplied");
  for (const char* const bad : {"*", "AAAA", "e30="}) {
    EXPECT_EQ(officer("POST", "restore/x", std::string(R"({"backup":")") + bad + "\"}").status, 400U) << bad;
  }
}

TEST_F(Keys, ImportedWrapped) {
  const auto wrapping = officer("GET", "wrapping_key");
  ASSERT_EQ(wrapping.status, 200U);
  const Bytes aes(32, 7), material(32, 9);
  Bytes blob = *encrypt_oaep_to(wrapping.text("public_key"), aes, DigestKind::sha2_256);
  const Bytes wrapped = *kwp_wrap(aes, material);
  blob.insert(blob.end(), wrapped.begin(), wrapped.end());
  const std::string text = R"("ciphertext":")" + to_base64(blob) + '"';
  const auto imported =
      officer("POST", "keys/i/import", "{" + text + R"(,"type":"aes256-gcm96","allow_rotation":true})");
  ASSERT_EQ(imported.status, 204U) << boost::json::serialize(imported.json);
  EXPECT_EQ(imported.events.size(), 1U);
  const auto info = officer("GET", "keys/i");
  EXPECT_EQ(info.data().at("imported_key"), true);
  EXPECT_EQ(info.data().at("imported_key_allow_rotation"), true);
  EXPECT_EQ(officer("POST", "keys/i/import_version", "{" + text + "}").status, 204U);
  EXPECT_EQ(officer("GET", "keys/i").data().at("latest_version"), 2);
  EXPECT_EQ(officer("POST", "keys/i/import", "{" + text + "}").status, 400U);
  EXPECT_EQ(officer("POST", "keys/j/import", "{}").status, 400U);
  EXPECT_EQ(officer("POST", "keys/j/import", "{" + text + R"(,"hash_function":"MD5"})").status, 400U);
  EXPECT_EQ(officer("POST", "keys/j/import", "{" + text + R"(,"hash_function":"SHA512"})").status, 400U);
  EXPECT_EQ(officer("POST", "keys/j/import", "{" + text + R"(,"type":"rsa-2048"})").status, 400U);
  EXPECT_EQ(officer("POST", "keys/j/import", R"({"public_key":"x"})").error(),
            "provided type does not support public_key import");
  for (const std::string type : {"rsa-2048", "ed25519", "ecdsa-p256"}) {
    const auto refused = officer("POST", "keys/j/import", R"({"public_key":"x","type":")" + type + "\"}");
    EXPECT_EQ(refused.error(), "the imported key is not a public key in PEM") << type;
  }
  EXPECT_EQ(officer("POST", "keys/none/import_version", "{" + text + "}").error(), "encryption key not found");
}

TEST_F(Keys, CertificateRequests) {
  make("e", R"({"type":"ecdsa-p256"})");
  const auto signed_ = officer("POST", "keys/e/csr");
  ASSERT_EQ(signed_.status, 200U) << boost::json::serialize(signed_.json);
  EXPECT_THAT(signed_.text("csr"), HasSubstr("BEGIN CERTIFICATE REQUEST"));
  EXPECT_EQ(signed_.events.size(), 1U);
  EXPECT_EQ(officer("POST", "keys/e/csr", R"({"csr":"nonsense"})").status, 400U);
  EXPECT_EQ(officer("POST", "keys/e/csr", R"({"version":5})").error(), "no such key version");
  EXPECT_EQ(officer("POST", "keys/e/set-certificate", R"({"certificate_chain":"nonsense"})").status, 400U);
  EXPECT_EQ(officer("POST", "keys/e/set-certificate", "{}").status, 400U);
  make("k");
  EXPECT_EQ(officer("POST", "keys/k/csr").status, 400U);
}

TEST_F(Keys, SizeOfTheCache) {
  EXPECT_EQ(officer("GET", "cache-config").data().at("size"), 0);
  EXPECT_EQ(officer("POST", "cache-config", R"({"size":9})").error(),
            "size must be 0 or a value greater or equal to 10");
  EXPECT_EQ(officer("POST", "cache-config", R"({"size":-1})").status, 400U);
  EXPECT_EQ(officer("POST", "cache-config", R"({"size":"500"})").status, 200U);
  EXPECT_EQ(officer("GET", "cache-config").data().at("size"), 500);
  EXPECT_EQ(officer("POST", "cache-config", R"({"size":0})").status, 200U);
}

}  // namespace
}  // namespace sluis::gateway::transit::test
