// sign, verify, hmac, hash and random.
#include <gmock/gmock.h>

#include "tests/unit/transit_api/world.h"

namespace sluis::gateway::transit::test {
namespace {

using testing::HasSubstr;

class Sign : public TransitTest {
 protected:
  Answered sign(std::string_view key, std::string_view more = {}) {
    return post("sign/" + std::string(key), R"({"input":"YQ==")" + std::string(more) + "}");
  }
  Answered verify(std::string_view key, std::string_view signature, std::string_view more = {},
                  std::string_view input = "YQ==") {
    return post("verify/" + std::string(key), R"({"input":")" + std::string(input) + R"(","signature":")" +
                                                  std::string(signature) + '"' + std::string(more) + "}");
  }
};

TEST_F(Sign, EveryTypeThatSigns) {
  for (const char* const type : {"ed25519", "ecdsa-p256", "ecdsa-p384", "ecdsa-p521", "rsa-2048"}) {
    make(type, std::string(R"({"type":")") + type + "\"}");
    for (const char* const more :
         {"", R"(,"hash_algorithm":"sha2-512")", R"(,"algorithm":"sha3-256")", R"(,"marshaling_algorithm":"jws")",
          R"(,"signature_algorithm":"pkcs1v15")", R"(,"salt_length":"hash")", R"(,"salt_length":"20")"}) {
      const auto made = sign(type, more);
      ASSERT_EQ(made.status, 200U) << type << more << boost::json::serialize(made.json);
      EXPECT_EQ(made.data().at("key_version"), 1);
      ASSERT_EQ(made.events.size(), 1U);
      EXPECT_EQ(made.events[0].action, "transit.sign");
      EXPECT_EQ(made.hold, Hold::write);
      EXPECT_EQ(verify(type, made.text("signature"), more).data().at("valid"), true) << type << more;
      EXPECT_EQ(verify(type, made.text("signature"), more, "Yg==").data().at("valid"), false) << type << more;
    }
  }
}

TEST_F(Sign, DigestsMadeBefore) {
  make("e", R"({"type":"ecdsa-p256"})");
  const std::string digest = to_base64(*digest_of(DigestKind::sha2_256, bytes_of("a")));
  const auto made = post("sign/e", R"({"input":")" + digest + R"(","prehashed":true})");
  ASSERT_EQ(made.status, 200U);
  EXPECT_EQ(verify("e", made.text("signature")).data().at("valid"), true);
  EXPECT_EQ(post("sign/e", R"({"input":"YQ==","prehashed":true})").status, 400U);
}

TEST_F(Sign, AlgorithmsOfThePath) {
  make("e", R"({"type":"ecdsa-p256"})");
  const auto made = post("sign/e/sha2-384", R"({"input":"YQ=="})");
  ASSERT_EQ(made.status, 200U);
  EXPECT_EQ(verify("e", made.text("signature")).data().at("valid"), false);
  const auto body = R"({"input":"YQ==","signature":")" + made.text("signature") + "\"}";
  EXPECT_EQ(post("verify/e/sha2-384", body).data().at("valid"), true);
  EXPECT_EQ(post("sign/e/md5", R"({"input":"YQ=="})").error(), "invalid hash algorithm \"md5\"");
}

TEST_F(Sign, WrongOptions) {
  make("r", R"({"type":"rsa-2048"})");
  make("aes");
  EXPECT_EQ(sign("r", R"(,"hash_algorithm":"sha1")").error(), "invalid hash algorithm \"sha1\"");
  EXPECT_THAT(sign("r", R"(,"signature_algorithm":"x")").error(), HasSubstr("unsupported rsa signature algorithm"));
  EXPECT_THAT(sign("r", R"(,"marshaling_algorithm":"x")").error(), HasSubstr("invalid marshaling type"));
  EXPECT_THAT(sign("r", R"(,"salt_length":"x")").error(), HasSubstr("salt length neither"));
  EXPECT_THAT(sign("r", R"(,"salt_length":"-3")").error(), HasSubstr("salt length is invalid"));
  EXPECT_EQ(sign("r", R"(,"salt_length":"4000")").status, 400U);
  EXPECT_EQ(sign("r", R"(,"key_version":2)").error(),
            "requested version for signing is higher than the latest key version");
  EXPECT_EQ(sign("aes").error(), "key type aes256-gcm96 does not support signing");
  EXPECT_EQ(verify("aes", "vault:v1:AAAA").error(), "key type aes256-gcm96 does not support verification");
  EXPECT_EQ(verify("r", "x").error(), "invalid signature: no prefix");
  EXPECT_EQ(verify("r", "vault:v1").error(), "invalid signature: wrong number of fields");
  EXPECT_EQ(verify("r", "vault:v7:AAAA").error(), "invalid signature: version is too new");
  EXPECT_EQ(verify("r", "vault:v1:*").error(), "invalid base64 signature value");
  EXPECT_EQ(verify("r", "vault:v1:AAAA").data().at("valid"), false);
  EXPECT_EQ(post("verify/r", R"({"input":""})").error(), "neither a 'signature' nor an 'hmac' was given to verify");
  EXPECT_EQ(post("verify/r", R"({"input":"","hmac":"","signature":""})").error(),
            "provide one of 'signature' or 'hmac'");
}

TEST_F(Sign, DerivedEd25519) {
  make("d", R"({"type":"ed25519","derived":true})");
  EXPECT_THAT(sign("d").error(), HasSubstr("missing 'context'"));
  const auto made = sign("d", R"(,"context":"YQ==")");
  ASSERT_EQ(made.status, 200U);
  EXPECT_EQ(verify("d", made.text("signature"), R"(,"context":"YQ==")").data().at("valid"), true);
  EXPECT_EQ(verify("d", made.text("signature"), R"(,"context":"Yg==")").data().at("valid"), false);
  const auto info = officer("GET", "keys/d?context=YQ==");
  EXPECT_EQ(info.data().at("keys").at("1").at("public_key"), boost::json::value(made.text("public_key")));
  EXPECT_EQ(officer("GET", "keys/d").data().at("keys").at("1").at("public_key"), "");
}

TEST_F(Sign, Batches) {
  make("e", R"({"type":"ed25519"})");
  const auto made = post("sign/e", R"({"batch_input":[{"input":"YQ==","reference":"r"},{"input":"*"},{}]})");
  EXPECT_EQ(made.status, 200U);
  EXPECT_EQ(made.result(0).at("reference"), "r");
  EXPECT_EQ(made.result(1).at("error"), "unable to decode input as base64");
  EXPECT_EQ(made.result(2).at("error"), "missing input");
  ASSERT_EQ(made.events.size(), 1U);
  EXPECT_EQ(made.events[0].count, 1U);
  const std::string signature(made.result(0).at("signature").as_string());
  const auto checked = post("verify/e", R"({"batch_input":[{"input":"YQ==","signature":")" + signature +
                                            R"("},{"input":"YQ==","signature":"x"},{"input":"YQ=="}]})");
  EXPECT_EQ(checked.status, 200U);
  EXPECT_EQ(checked.result(0).at("valid"), true);
  EXPECT_EQ(checked.result(1).at("valid"), false);
  EXPECT_EQ(checked.result(1).at("error"), "invalid signature: no prefix");
  EXPECT_EQ(checked.result(2).at("error"), "missing signature");
}

TEST_F(Sign, Macs) {
  make("k");
  make("h", R"({"type":"hmac","key_size":64})");
  for (const char* const key : {"k", "h"}) {
    const auto path = "hmac/" + std::string(key);
    const auto made = post(path, R"({"input":"YQ=="})");
    ASSERT_EQ(made.status, 200U);
    EXPECT_EQ(post(path, R"({"input":"YQ=="})").text("hmac"), made.text("hmac"));
    EXPECT_NE(post(path + "/sha2-512", R"({"input":"YQ=="})").text("hmac"), made.text("hmac"));
    const auto body = R"({"input":"YQ==","hmac":")" + made.text("hmac") + "\"}";
    EXPECT_EQ(post("verify/" + std::string(key), body).data().at("valid"), true);
    EXPECT_EQ(post("verify/" + std::string(key) + "/sha2-512", body).data().at("valid"), false);
  }
  EXPECT_EQ(post("hmac/k", "{}").error(), "missing input for HMAC");
  EXPECT_EQ(post("hmac/k/md5", R"({"input":""})").error(), "unsupported algorithm \"md5\"");
  EXPECT_EQ(post("hmac/k", R"({"input":"","key_version":4})").error(), "no such key version");
  EXPECT_EQ(post("hmac/k", R"({"input":"","key_version":-1})").error(), "no such key version");
  EXPECT_EQ(post("verify/k", R"({"input":"","hmac":"x"})").error(), "invalid HMAC to verify: no prefix");
  const auto batch = post("hmac/k", R"({"batch_input":[{"input":"","reference":"r"},{}]})");
  EXPECT_EQ(batch.status, 200U);
  EXPECT_EQ(batch.result(0).at("reference"), "r");
  EXPECT_EQ(batch.result(1).at("error"), "missing input for HMAC");
}

TEST_F(Sign, DigestsAndRandomBytes) {
  EXPECT_EQ(post("hash", R"({"input":"YWJj"})").text("sum"),
            "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  EXPECT_EQ(plain(post("hash/sha2-512", R"({"input":"YWJj","format":"base64"})").text("sum")).size(), 64U);
  EXPECT_THAT(post("hash/md5", R"({"input":""})").error(), HasSubstr("unsupported algorithm"));
  EXPECT_THAT(post("hash", R"({"input":"*"})").error(), HasSubstr("base64"));
  EXPECT_THAT(post("hash", R"({"input":"","format":"roman"})").error(), HasSubstr("unsupported encoding format"));
  EXPECT_EQ(plain(post("random").text("random_bytes")).size(), 32U);
  EXPECT_EQ(plain(post("random/7").text("random_bytes")).size(), 7U);
  EXPECT_EQ(plain(post("random/platform/9").text("random_bytes")).size(), 9U);
  EXPECT_EQ(post("random", R"({"bytes":4,"format":"hex"})").text("random_bytes").size(), 8U);
  EXPECT_EQ(plain(post("random/131072").text("random_bytes")).size(), 131'072U);
  EXPECT_NE(post("random").text("random_bytes"), post("random").text("random_bytes"));
  for (const char* const path : {"random/0", "random/-1", "random/131073", "random/dice", "random/platform/x"}) {
    EXPECT_EQ(post(path).status, 400U) << path;
  }
}

}  // namespace
}  // namespace sluis::gateway::transit::test
