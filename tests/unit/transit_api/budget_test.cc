// Decrypts counted against budgets: per principal and key, whole calls or nothing, with an entry for each refusal.
#include <gmock/gmock.h>

#include "tests/unit/transit_api/world.h"

namespace sluis::gateway::transit::test {
namespace {

constexpr std::string_view kPolicy = R"(
[[principal]]
name = "backend"
uri = "urn:sluis:backend"
roles = ["backend"]
[[principal]]
name = "other"
uri = "urn:sluis:other"
roles = ["backend"]
[[principal]]
name = "officer"
uri = "urn:sluis:officer"
roles = ["security-officer"]
[[grant]]
name = "uses"
to = ["role:backend"]
actions = ["transit.*"]
keys = ["*"]
[[grant]]
name = "management"
to = ["officer"]
actions = ["transit.*"]
keys = ["*"]
[[budget]]
principal = "backend"
key = "few"
per_day = 3
# Collections and keys are apart: this is for neither key.
[[budget]]
principal = "*"
collection = "*"
per_minute = 1
per_day = 1
)";

class KeyBudget : public TransitTest {
 protected:
  void SetUp() override {
    TransitTest::SetUp();
    if (IsSkipped()) return;
    use_policy(kPolicy);
    make("few");
    make("many");
    sealed_ = encrypt("few", "YQ==");
  }
  std::string one() const { return R"({"ciphertext":")" + sealed_ + "\"}"; }
  std::string batch(std::initializer_list<std::string> items) const {
    std::string out = R"({"batch_input":[)";
    for (const auto& item : items) out += (out.back() == '[' ? "" : ",") + item;
    return out + "]}";
  }
  std::string sealed_;
};

TEST_F(KeyBudget, IsSpentByDecryptsAndThenRefuses) {
  for (int i = 0; i < 3; ++i) EXPECT_EQ(post("decrypt/few", one()).status, 200U) << i;
  const auto refused = post("decrypt/few", one());
  EXPECT_EQ(refused.status, 429U);
  EXPECT_EQ(refused.error(), "the budget of decrypts for this key is spent");
  EXPECT_GE(std::stoul(refused.header("Retry-After")), 1UL);
  ASSERT_EQ(refused.events.size(), 1U);
  const auto& event = refused.events.front();
  EXPECT_EQ(event.action, "transit.decrypt");
  EXPECT_EQ(event.key, "transit/few");
  EXPECT_EQ(event.outcome, audit::Outcome::refused);
  EXPECT_EQ(event.count, 1U);
  EXPECT_EQ(refused.hold, Hold::write);
}

TEST_F(KeyBudget, IsOfOnePrincipalAndOneKey) {
  for (int i = 0; i < 4; ++i) static_cast<void>(post("decrypt/few", one()));
  EXPECT_EQ(post("decrypt/few", one()).status, 429U);
  EXPECT_EQ(call("POST", "decrypt/few", one(), {"other"}).status, 200U);
  const std::string many = R"({"ciphertext":")" + encrypt("many", "YQ==") + "\"}";
  for (int i = 0; i < 5; ++i) EXPECT_EQ(post("decrypt/many", many).status, 200U);
}

TEST_F(KeyBudget, ABatchTakesItsWholeCountOrNothing) {
  EXPECT_EQ(post("decrypt/few", batch({one(), one()})).status, 200U);
  const auto refused = post("decrypt/few", batch({one(), one()}));
  EXPECT_EQ(refused.status, 429U);
  EXPECT_EQ(refused.events.at(0).count, 2U);
  EXPECT_EQ(post("decrypt/few", one()).status, 200U) << "the refused call took nothing";
  EXPECT_EQ(post("decrypt/few", batch({one(), one(), one(), one()})).error(),
            "the call asks for more decrypts than the budget ever allows");
}

TEST_F(KeyBudget, WhatIsNoCiphertextCostsNothingAndAForgedOneCosts) {
  for (const char* const bad :
       {R"({"ciphertext":"x"})", R"({"ciphertext":""})", R"({})", R"({"ciphertext":"vault:vx:AA=="})"}) {
    for (int i = 0; i < 4; ++i) EXPECT_EQ(post("decrypt/few", bad).status, 400U) << bad;
    EXPECT_EQ(post("decrypt/few", batch({bad})).status, 400U) << bad;
  }
  std::string forged = one();
  forged.replace(forged.find("v1:") + 3, 4, "AAAA");
  for (int i = 0; i < 3; ++i) EXPECT_EQ(post("decrypt/few", forged).status, 400U);
  EXPECT_EQ(post("decrypt/few", forged).status, 429U) << "trying out ciphertexts is limited too";
}

TEST_F(KeyBudget, CountsDataKeysThatAreSeenAndNothingElse) {
  EXPECT_EQ(post("datakey/plaintext/few").status, 200U);
  for (int i = 0; i < 5; ++i) {
    EXPECT_EQ(post("datakey/wrapped/few").status, 200U);
    EXPECT_EQ(post("encrypt/few", R"({"plaintext":"YQ=="})").status, 200U);
    EXPECT_EQ(post("rewrap/few", one()).status, 200U);
    EXPECT_EQ(post("rewrap/many?from=few", one()).status, 200U) << "a rewrap shows nothing";
  }
  EXPECT_EQ(post("datakey/plaintext/few").status, 200U);
  EXPECT_EQ(post("datakey/plaintext/few").status, 200U);
  const auto refused = post("datakey/plaintext/few");
  EXPECT_EQ(refused.status, 429U);
  EXPECT_EQ(refused.events.at(0).action, "transit.datakey_plaintext");
  EXPECT_EQ(post("decrypt/few", one()).status, 429U) << "both are of one budget";
}

TEST_F(KeyBudget, LinesOfAStreamAreRefusedOneByOne) {
  std::string body = "{\"ciphertext\":\"no\"}\n";
  for (int i = 0; i < 5; ++i) body += one() + "\n";
  std::vector<audit::Event> events;
  const std::string out = stream("decrypt/few", body, body.size(), &events);
  const std::string spent = R"({"plaintext":"","error":"the budget of decrypts for this key is spent"})";
  EXPECT_THAT(out, testing::EndsWith(R"({"plaintext":"YQ=="})"
                                     "\n" +
                                     spent + "\n" + spent + "\n"));
  ASSERT_EQ(events.size(), 4U);
  EXPECT_EQ(events.back().outcome, audit::Outcome::refused);
  EXPECT_EQ(events.back().count, 2U);
}

}  // namespace
}  // namespace sluis::gateway::transit::test
