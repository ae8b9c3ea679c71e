// Every option of a new key with every operation on it: an answer, or a clear 400; never anything else.
#include <gmock/gmock.h>

#include "tests/unit/transit_api/world.h"

namespace sluis::gateway::transit::test {
namespace {

class Options : public TransitTest {
 protected:
  // 200, 204, or 400 with words for people.
  void expect_clear(const std::string& what, const Answered& answer) {
    if (answer.status == 200 || answer.status == 204) return;
    EXPECT_EQ(answer.status, 400U) << what;
    if (answer.status != 400) return;
    if (answer.json.as_object().contains("errors")) {
      EXPECT_FALSE(answer.error().empty()) << what;
      EXPECT_NE(answer.error(), "internal error") << what;
    }
  }

  void try_all(const std::string& name) {
    const std::vector<std::string> bodies = {
        "",
        "{}",
        R"({"input":"YQ==","plaintext":"YQ==","ciphertext":"vault:v1:YQ=="})",
        R"({"input":"YQ==","plaintext":"YQ==","context":"YQ==","ciphertext":"vault:v1:YQ=="})",
        R"({"input":"YQ==","plaintext":"YQ==","associated_data":"YQ==","context":"YQ=="})",
        R"({"input":"YQ==","hmac":"vault:v1:YQ==","prehashed":true})",
        R"({"input":"YQ==","signature":"vault:v1:YQ==","marshaling_algorithm":"jws"})",
        R"({"batch_input":[{"plaintext":"YQ==","ciphertext":"vault:v1:YQ==","input":"YQ=="},{}]})",
        R"({"key_version":1,"plaintext":"","input":"","bits":512})"};
    for (const char* const operation : {"encrypt/", "decrypt/", "rewrap/", "datakey/plaintext/", "datakey/wrapped/",
                                        "hmac/", "sign/", "verify/", "keys/%/csr", "keys/%/rotate", "keys/%/config"}) {
      std::string path = operation;
      const auto hole = path.find('%');
      const bool manages = hole != std::string::npos;
      path = manages ? path.replace(hole, 1, name) : path + name;
      for (const std::string& body : bodies) {
        expect_clear(path + " " + body, manages ? officer("POST", path, body) : post(path, body));
      }
    }
    for (const char* const read : {"keys/", "backup/", "export/encryption-key/", "export/signing-key/",
                                   "export/hmac-key/", "export/public-key/", "export/certificate-chain/"}) {
      expect_clear(read + name, officer("GET", read + name));
    }
    expect_clear("byok " + name, officer("GET", "byok-export/" + name + "/" + name));
  }
};

TEST_F(Options, TimesOperations) {
  Settings open;
  open.exports = Settings::Export::allowed;
  use(open);
  int made = 0, refused = 0;
  for (const char* const type : {"aes128-gcm96", "aes256-gcm96", "chacha20-poly1305", "xchacha20-poly1305", "ed25519",
                                 "ecdsa-p256", "ecdsa-p384", "ecdsa-p521", "rsa-2048", "hmac"}) {
    for (int flags = 0; flags < 16; ++flags) {
      const auto flag = [&](int bit) { return (flags >> bit & 1) != 0 ? "true" : "false"; };
      if (std::string_view(type) == "rsa-2048" && flags >= 4) continue;  // slow to make
      const std::string name = std::string(type) + "_" + std::to_string(flags);
      const auto answer =
          officer("POST", "keys/" + name,
                  std::string(R"({"type":")") + type + R"(","derived":)" + flag(0) + R"(,"convergent_encryption":)" +
                      flag(1) + R"(,"exportable":)" + flag(2) + R"(,"allow_plaintext_backup":)" + flag(3) + "}");
      expect_clear("create " + name, answer);
      ++(answer.status == 200 ? made : refused);
      if (answer.status == 200) try_all(name);
    }
  }
  EXPECT_GT(made, 50);
  EXPECT_GT(refused, 30);
}

}  // namespace
}  // namespace sluis::gateway::transit::test
