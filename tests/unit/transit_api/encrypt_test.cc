// encrypt, decrypt, rewrap and data keys: one item.
#include <gmock/gmock.h>

#include "tests/unit/transit_api/world.h"

namespace sluis::gateway::transit::test {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

class Encrypt : public TransitTest {
 protected:
  Answered decrypt(std::string_view key, std::string_view ciphertext, std::string_view more = {}) {
    return post("decrypt/" + std::string(key),
                R"({"ciphertext":")" + std::string(ciphertext) + '"' + std::string(more) + "}");
  }
};

TEST_F(Encrypt, ThereAndBack) {
  make("k");
  const std::string text = base64("Zoë Peeters");
  const auto encrypted = post("encrypt/k", R"({"plaintext":")" + text + "\"}");
  ASSERT_EQ(encrypted.status, 200U);
  EXPECT_TRUE(encrypted.text("ciphertext").starts_with("vault:v1:"));
  EXPECT_EQ(encrypted.data().at("key_version"), 1);
  EXPECT_TRUE(encrypted.json.at("warnings").is_null());
  EXPECT_THAT(encrypted.events, IsEmpty());
  const auto decrypted = decrypt("k", encrypted.text("ciphertext"));
  ASSERT_EQ(decrypted.status, 200U);
  EXPECT_EQ(decrypted.text("plaintext"), text);
  ASSERT_EQ(decrypted.events.size(), 1U);
  EXPECT_EQ(decrypted.hold, Hold::plaintext);
  EXPECT_EQ(decrypted.events[0].action, "transit.decrypt");
  EXPECT_EQ(decrypted.events[0].key, "transit/k");
  EXPECT_EQ(decrypted.events[0].key_version, 1U);
  EXPECT_EQ(decrypted.events[0].payload.detail.size(), 32U);
  EXPECT_NE(encrypt("k", text), encrypt("k", text));
}

TEST_F(Encrypt, EveryTypeThatEncrypts) {
  for (const char* const type :
       {"aes128-gcm96", "aes256-gcm96", "chacha20-poly1305", "xchacha20-poly1305", "rsa-2048"}) {
    make(type, std::string(R"({"type":")") + type + "\"}");
    for (const std::string& text : {std::string(), std::string("x"), std::string(100, 'y')}) {
      const auto back = decrypt(type, encrypt(type, base64(text)));
      ASSERT_EQ(back.status, 200U) << type;
      EXPECT_EQ(plain(back.text("plaintext")), text) << type;
    }
  }
}

TEST_F(Encrypt, AssociatedDataBelongsToTheCiphertext) {
  make("k");
  const std::string ad = R"(,"associated_data":")" + base64("row 7") + '"';
  const std::string ciphertext = encrypt("k", base64("x"), ad);
  EXPECT_EQ(decrypt("k", ciphertext, ad).status, 200U);
  const auto without = decrypt("k", ciphertext);
  EXPECT_EQ(without.status, 400U);
  EXPECT_EQ(without.error(), "cipher: message authentication failed");
  ASSERT_EQ(without.events.size(), 1U);
  EXPECT_EQ(without.events[0].outcome, audit::Outcome::failed);
  EXPECT_EQ(without.hold, Hold::write);
  make("rsa", R"({"type":"rsa-2048"})");
  EXPECT_EQ(post("encrypt/rsa", R"({"plaintext":"","associated_data":"YQ=="})").status, 400U);
}

TEST_F(Encrypt, DerivedKeysNeedTheirContext) {
  make("d", R"({"derived":true})");
  const std::string context = R"(,"context":")" + base64("user 1") + '"';
  const std::string ciphertext = encrypt("d", base64("x"), context);
  EXPECT_EQ(plain(decrypt("d", ciphertext, context).text("plaintext")), "x");
  EXPECT_EQ(decrypt("d", ciphertext, R"(,"context":")" + base64("user 2") + '"').error(),
            "cipher: message authentication failed");
  EXPECT_THAT(decrypt("d", ciphertext).error(), HasSubstr("missing 'context' for key derivation"));
  EXPECT_THAT(post("encrypt/d", R"({"plaintext":""})").error(), HasSubstr("missing 'context' for key derivation"));
  EXPECT_EQ(post("encrypt/d", R"({"plaintext":"","context":"*"})").error(), "failed to base64-decode context");
}

TEST_F(Encrypt, ConvergentKeysRepeatThemselves) {
  for (const char* const type : {"aes128-gcm96", "aes256-gcm96", "chacha20-poly1305", "xchacha20-poly1305"}) {
    const std::string name = std::string("c-") + type;
    make(name, std::string(R"({"derived":true,"convergent_encryption":true,"type":")") + type + "\"}");
    const std::string context = R"(,"context":"YQ==")";
    const std::string once = encrypt(name, base64("x"), context);
    EXPECT_EQ(encrypt(name, base64("x"), context), once);
    EXPECT_NE(encrypt(name, base64("y"), context), once);
    EXPECT_NE(encrypt(name, base64("x"), R"(,"context":"Yg==")"), once);
    EXPECT_EQ(plain(decrypt(name, once, context).text("plaintext")), "x");
  }
}

TEST_F(Encrypt, VersionsAreAskedForAndBounded) {
  make("k");
  const std::string old = encrypt("k", base64("old"));
  ASSERT_EQ(officer("POST", "keys/k/rotate").status, 200U);
  EXPECT_TRUE(encrypt("k", "").starts_with("vault:v2:"));
  EXPECT_TRUE(encrypt("k", "", R"(,"key_version":1)").starts_with("vault:v1:"));
  EXPECT_TRUE(encrypt("k", "", R"(,"key_version":"1")").starts_with("vault:v1:"));
  EXPECT_EQ(post("encrypt/k", R"({"plaintext":"","key_version":-1})").error(),
            "requested version for encryption is negative");
  EXPECT_EQ(post("encrypt/k", R"({"plaintext":"","key_version":3})").error(),
            "requested version for encryption is higher than the latest key version");
  ASSERT_EQ(officer("POST", "keys/k/config", R"({"min_encryption_version":2})").status, 200U);
  EXPECT_EQ(post("encrypt/k", R"({"plaintext":"","key_version":1})").error(),
            "requested version for encryption is less than the minimum encryption key version");
  EXPECT_EQ(plain(decrypt("k", old).text("plaintext")), "old");
  const auto moved = post("rewrap/k", R"({"ciphertext":")" + old + "\"}");
  EXPECT_TRUE(moved.text("ciphertext").starts_with("vault:v2:"));
  ASSERT_EQ(officer("POST", "keys/k/config", R"({"min_decryption_version":2})").status, 200U);
  EXPECT_EQ(decrypt("k", old).error(), "ciphertext or signature version is disallowed by policy (too old)");
  EXPECT_EQ(plain(decrypt("k", moved.text("ciphertext")).text("plaintext")), "old");
}

TEST_F(Encrypt, MalformedCiphertextsInTheContractsWords) {
  make("k");
  const std::vector<std::pair<std::string, std::string>> rows = {
      {"", "missing ciphertext to decrypt"},
      {"x", "invalid ciphertext: no prefix"},
      {"vault:1:AAAA", "invalid ciphertext: no prefix"},
      {"vault:v", "invalid ciphertext: wrong number of fields"},
      {"vault:v1", "invalid ciphertext: wrong number of fields"},
      {"vault:v:AAAA", "invalid ciphertext: version number could not be decoded"},
      {"vault:vx:AAAA", "invalid ciphertext: version number could not be decoded"},
      {"vault:v1x:AAAA", "invalid ciphertext: version number could not be decoded"},
      {"vault:v-1:AAAA", "invalid ciphertext: version number could not be decoded"},
      {"vault:v2:AAAA", "invalid ciphertext: version is too new"},
      {"vault:v99999999999999999999:AAAA", "invalid ciphertext: version is too new"},
      {"vault:v1:****", "invalid ciphertext: could not decode base64"},
      {"vault:v1:AAA", "invalid ciphertext: could not decode base64"},
      {"vault:v1:AAAA:AAAA", "invalid ciphertext: could not decode base64"},
      {"vault:v1:", "invalid ciphertext length"},
      {"vault:v1:AAAA", "invalid ciphertext length"},
      {"vault:v1:" + std::string(40, 'A'), "cipher: message authentication failed"},
      {"vault:v0:" + std::string(40, 'A'), "cipher: message authentication failed"}};
  for (const auto& [text, error] : rows) {
    const auto answer = decrypt("k", text);
    EXPECT_EQ(answer.status, 400U) << text;
    EXPECT_EQ(answer.error(), error) << text;
    EXPECT_EQ(post("rewrap/k", R"({"ciphertext":")" + text + "\"}").error(), error) << text;
  }
}

TEST_F(Encrypt, VersionZeroReadsAsOne) {
  make("k");
  std::string ciphertext = encrypt("k", base64("x"));
  ciphertext.replace(7, 1, "0");
  EXPECT_EQ(plain(decrypt("k", ciphertext).text("plaintext")), "x");
}

TEST_F(Encrypt, EveryFlippedByteIsRefused) {
  make("k");
  const std::string ciphertext = encrypt("k", base64("some text"));
  const std::string head = "vault:v1:";
  Bytes bytes = *from_base64(ciphertext.substr(head.size()));
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    bytes[i] ^= 1U;
    EXPECT_EQ(decrypt("k", head + to_base64(bytes)).error(), "cipher: message authentication failed") << i;
    bytes[i] ^= 1U;
  }
}

TEST_F(Encrypt, MissingThings) {
  make("k");
  EXPECT_EQ(post("encrypt/k", "{}").error(), "missing plaintext to encrypt");
  EXPECT_EQ(post("decrypt/k", "").error(), "missing ciphertext to decrypt");
  EXPECT_EQ(post("encrypt/k", R"({"plaintext":"*"})").error(), "illegal base64 data");
  EXPECT_EQ(post("decrypt/none", R"({"ciphertext":"vault:v1:AAAA"})").error(), "encryption key not found");
  EXPECT_EQ(post("rewrap/none", R"({"ciphertext":"vault:v1:AAAA"})").error(), "encryption key not found");
  EXPECT_EQ(post("datakey/wrapped/none").error(), "encryption key not found");
  EXPECT_EQ(post("hmac/none", R"({"input":""})").error(), "encryption key not found");
  EXPECT_EQ(post("sign/none", R"({"input":""})").error(), "signing key not found");
  EXPECT_EQ(post("decrypt/..%20x", R"({"ciphertext":"vault:v1:AAAA"})").error(), "encryption key not found");
}

TEST_F(Encrypt, UnknownParametersAreAWarning) {
  make("k");
  const auto answer = post("encrypt/k", R"({"plaintext":"","zoo":1,"ape":2})");
  EXPECT_EQ(answer.status, 200U);
  EXPECT_THAT(answer.warnings(), ElementsAre("Endpoint ignored these unrecognized parameters: [ape zoo]"));
}

TEST_F(Encrypt, MakesTheKeyWhereItIsMissing) {
  EXPECT_EQ(post("encrypt/plain", R"({"plaintext":""})").status, 200U);
  const auto derived = post("encrypt/derived", R"({"plaintext":"","context":"YQ==","type":"chacha20-poly1305"})");
  ASSERT_EQ(derived.status, 200U);
  ASSERT_EQ(derived.events.size(), 1U);  // the key that was made
  EXPECT_EQ(derived.hold, Hold::write);
  const auto info = officer("GET", "keys/derived");
  EXPECT_EQ(info.data().at("derived"), true);
  EXPECT_EQ(info.text("type"), "chacha20-poly1305");
  EXPECT_EQ(officer("GET", "keys/plain").data().at("derived"), false);
  EXPECT_EQ(post("encrypt/c", R"({"plaintext":"","convergent_encryption":true})").error(),
            "convergent encryption requires derivation to be enabled, so context is required");
  EXPECT_EQ(post("encrypt/c", R"({"plaintext":"","type":"ed25519"})").error(),
            "key type ed25519 not supported for this operation");
  EXPECT_EQ(post("encrypt/c", R"({"plaintext":"","type":"rot13"})").error(), "unknown key type rot13");
}

TEST_F(Encrypt, MakesNoKeyWhereItMayNot) {
  const auto narrow = call("POST", "encrypt/mine", R"({"plaintext":""})", {"narrow"});
  EXPECT_EQ(narrow.error(), "encryption key not found");
  ASSERT_EQ(officer("POST", "config/keys", R"({"disable_upsert":true})").status, 200U);
  EXPECT_EQ(officer("GET", "config/keys").data().at("disable_upsert"), true);
  EXPECT_EQ(post("encrypt/new", R"({"plaintext":""})").error(), "encryption key not found");
  ASSERT_EQ(officer("POST", "config/keys", R"({"disable_upsert":"false"})").status, 200U);
  EXPECT_EQ(post("encrypt/new", R"({"plaintext":""})").status, 200U);
}

TEST_F(Encrypt, KeysThatDemandAPurposeOpenOnlyWithOne) {
  make("k");
  const std::string ciphertext = encrypt("k", base64("x"));
  ASSERT_EQ(officer("POST", "keys/k/config", R"({"purpose_required":true,"case_required":true})").status, 200U);
  const std::string body = R"({"ciphertext":")" + ciphertext + "\"}";
  for (const char* const path : {"decrypt/k", "rewrap/k"}) {
    EXPECT_THAT(post(path, body).error(), HasSubstr("Sluis-Purpose")) << path;
    EXPECT_THAT(call("POST", path, body, {"backend", "care"}).error(), HasSubstr("Sluis-Case")) << path;
    EXPECT_EQ(call("POST", path, body, {"backend", "care", "C-1"}).status, 200U) << path;
  }
  EXPECT_THAT(post("datakey/plaintext/k").error(), HasSubstr("Sluis-Purpose"));
  EXPECT_EQ(post("datakey/wrapped/k").status, 200U);
  EXPECT_EQ(post("encrypt/k", R"({"plaintext":""})").status, 200U);
}

TEST_F(Encrypt, UsesAreCountedWarnedOfAndRefused) {
  TransitKeysConfig config;
  config.use_limit = 8;
  use({}, config);
  make("k");
  bool warned = false;
  unsigned made = 0;
  for (int i = 0; i < 20; ++i) {
    const auto answer = post("encrypt/k", R"({"plaintext":""})");
    if (answer.status != 200) {
      EXPECT_EQ(answer.error(), "the key version has reached its limit of encryptions: rotate the key");
      break;
    }
    ++made;
    for (const auto& warning : answer.warnings())
      warned = warned || warning.find("rotate the key") != std::string::npos;
  }
  EXPECT_TRUE(warned);
  EXPECT_LE(made, 8U);
  EXPECT_EQ(post("datakey/wrapped/k").status, 400U);
  ASSERT_EQ(officer("POST", "keys/k/rotate").status, 200U);
  EXPECT_EQ(post("encrypt/k", R"({"plaintext":""})").status, 200U);
}

TEST_F(Encrypt, DataKeysOpenAgain) {
  make("k");
  for (const int bits : {128, 256, 512}) {
    const auto body = R"({"bits":)" + std::to_string(bits) + R"(,"associated_data":"YQ=="})";
    const auto made = post("datakey/plaintext/k", body);
    ASSERT_EQ(made.status, 200U);
    EXPECT_EQ(made.hold, Hold::plaintext);
    ASSERT_EQ(made.events.size(), 1U);
    EXPECT_EQ(made.events[0].action, "transit.datakey_plaintext");
    EXPECT_EQ(plain(made.text("plaintext")).size(), static_cast<std::size_t>(bits) / 8);
    EXPECT_EQ(decrypt("k", made.text("ciphertext"), R"(,"associated_data":"YQ==")").text("plaintext"),
              made.text("plaintext"));
  }
  const auto wrapped = post("datakey/wrapped/k");
  EXPECT_FALSE(wrapped.data().contains("plaintext"));
  EXPECT_EQ(wrapped.hold, Hold::write);
  EXPECT_EQ(wrapped.data().at("key_version"), 1);
  EXPECT_EQ(post("datakey/wrapped/k", R"({"bits":100})").error(), "invalid bit length");
  EXPECT_EQ(post("datakey/wrapped/k", R"({"key_version":9})").status, 400U);
}

TEST_F(Encrypt, RewrapBetweenTwoKeysTakesTwoMoreGrants) {
  make("mine");
  make("other");
  const std::string secret = base64("x");
  const std::string body = R"({"ciphertext":")" + encrypt("other", secret) + "\"}";
  const auto moved = post("rewrap/mine?from=other", body);
  ASSERT_EQ(moved.status, 200U);
  EXPECT_EQ(decrypt("mine", moved.text("ciphertext")).text("plaintext"), secret);
  ASSERT_EQ(moved.events.size(), 1U);
  EXPECT_EQ(moved.events[0].payload.detail, "from transit/other");
  EXPECT_EQ(moved.hold, Hold::write);
  // "narrow" may do all of it on "mine" alone.
  const auto denied = call("POST", "rewrap/mine?from=other", body, {"narrow"});
  EXPECT_EQ(denied.status, 403U);
  EXPECT_EQ(denied.error(), "permission denied");
  ASSERT_EQ(denied.events.size(), 1U);
  EXPECT_EQ(denied.events[0].outcome, audit::Outcome::denied);
  EXPECT_EQ(denied.events[0].key, "transit/other");
  EXPECT_EQ(call("POST", "rewrap/other?from=mine", body, {"narrow"}).status, 403U);
}

TEST_F(Encrypt, RewrapKeepsAssociatedData) {
  make("k");
  const std::string ad = R"(,"associated_data":"YQ==")";
  const std::string old = encrypt("k", base64("x"), ad);
  ASSERT_EQ(officer("POST", "keys/k/rotate").status, 200U);
  EXPECT_EQ(post("rewrap/k", R"({"ciphertext":")" + old + "\"}").status, 400U);
  const auto moved = post("rewrap/k", R"({"ciphertext":")" + old + '"' + ad + "}");
  ASSERT_EQ(moved.status, 200U);
  EXPECT_EQ(moved.data().at("key_version"), 2);
  EXPECT_EQ(decrypt("k", moved.text("ciphertext"), ad).status, 200U);
  EXPECT_EQ(decrypt("k", moved.text("ciphertext")).status, 400U);
}

TEST_F(Encrypt, WhatOpensNothingIsCountedIntoASummary) {
  make("k");
  encrypt("k", "");
  encrypt("k", "");
  post("hmac/k", R"({"input":""})");
  post("hash", R"({"input":""})");
  ASSERT_TRUE(officer("GET", "keys/k").events.empty());
  Settings each;
  each.log_encrypts = Settings::Log::each;
  use(each);
  const auto answer = post("encrypt/k", R"({"batch_input":[{"plaintext":""},{"plaintext":""},{"plaintext":"*"}]})");
  ASSERT_EQ(answer.events.size(), 1U);
  EXPECT_EQ(answer.events[0].count, 2U);
  EXPECT_EQ(answer.events[0].action, "transit.encrypt");
  EXPECT_EQ(answer.hold, Hold::write);
}

}  // namespace
}  // namespace sluis::gateway::transit::test
