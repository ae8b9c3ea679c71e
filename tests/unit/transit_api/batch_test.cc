// Batches: order, references, statuses; and that no item changes another's answer.
#include <gmock/gmock.h>

#include <random>
#include <set>

#include "tests/unit/transit_api/world.h"

namespace sluis::gateway::transit::test {
namespace {

class Batch : public TransitTest {};

std::string list_of(const std::vector<std::string>& items) {
  std::string out = R"({"batch_input":[)";
  for (std::size_t i = 0; i < items.size(); ++i) out += (i == 0 ? "" : ",") + items[i];
  return out + "]}";
}

TEST_F(Batch, KeepsOrderAndReferences) {
  make("k");
  const auto made =
      post("encrypt/k", list_of({R"({"plaintext":"YQ==","reference":"first"})", R"({"plaintext":"Yg=="})"}));
  ASSERT_EQ(made.status, 200U);
  EXPECT_EQ(made.result(0).at("reference"), "first");
  EXPECT_FALSE(made.result(1).contains("reference"));
  const std::string one = std::string(made.result(0).at("ciphertext").as_string());
  const std::string two = std::string(made.result(1).at("ciphertext").as_string());
  const auto opened = post(
      "decrypt/k", list_of({R"({"ciphertext":")" + two + R"(","reference":"x"})", R"({"ciphertext":")" + one + "\"}"}));
  ASSERT_EQ(opened.status, 200U);
  EXPECT_EQ(opened.result(0).at("plaintext"), "Yg==");
  EXPECT_EQ(opened.result(0).at("reference"), "x");
  EXPECT_EQ(opened.result(1).at("plaintext"), "YQ==");
  ASSERT_EQ(opened.events.size(), 2U);
  EXPECT_EQ(opened.events[0].payload.record, "x");
  EXPECT_EQ(opened.hold, Hold::plaintext);
}

TEST_F(Batch, MistakesInTheStatus) {
  make("k");
  const std::string good = R"({"ciphertext":")" + encrypt("k", "YQ==") + "\"}";
  const std::string bad = R"({"ciphertext":"vault:v1:AAAA","reference":"r"})";
  const auto mixed = post("decrypt/k", list_of({bad, good}));
  EXPECT_EQ(mixed.status, 400U);
  EXPECT_EQ(mixed.result(0).at("plaintext"), "");
  EXPECT_EQ(mixed.result(0).at("error"), "invalid ciphertext length");
  EXPECT_EQ(mixed.result(0).at("reference"), "r");
  EXPECT_EQ(mixed.result(1).at("plaintext"), "YQ==");
  EXPECT_EQ(mixed.hold, Hold::plaintext);
  const auto with = [&](const std::vector<std::string>& items, const std::string& code) {
    std::string body = list_of(items);
    body.back() = ',';
    return post("decrypt/k", body + R"("partial_failure_response_code":)" + code + "}").status;
  };
  EXPECT_EQ(with({bad, good}, "207"), 207U);
  EXPECT_EQ(with({bad, good}, "\"299\""), 299U);
  EXPECT_EQ(with({bad, bad}, "207"), 400U);
  EXPECT_EQ(with({good, good}, "207"), 200U);
  EXPECT_EQ(with({good}, "600"), 400U);
  EXPECT_EQ(with({good}, "-1"), 400U);
  // Rewrap tells mistakes in the items alone.
  const auto rewrapped = post("rewrap/k", list_of({bad, good}));
  EXPECT_EQ(rewrapped.status, 200U);
  EXPECT_EQ(rewrapped.result(0).at("error"), "invalid ciphertext length");
  EXPECT_TRUE(rewrapped.result(1).contains("ciphertext"));
}

TEST_F(Batch, RefusedAsAWhole) {
  make("k");
  make("d", R"({"derived":true})");
  EXPECT_EQ(post("encrypt/k", R"({"batch_input":[]})").error(), "missing batch input to process");
  EXPECT_EQ(post("encrypt/k", R"({"batch_input":{}})").status, 400U);
  EXPECT_EQ(post("encrypt/k", R"({"batch_input":"x"})").status, 400U);
  for (const char* const path : {"encrypt/d", "decrypt/d", "rewrap/d"}) {
    EXPECT_EQ(post(path, list_of({R"({"plaintext":"","context":"YQ=="})", R"({"plaintext":""})"})).error(),
              "context should be set either in all the request blocks or in none");
  }
  Settings small;
  small.batch_items = 3;
  use(small);
  const std::string item = R"({"plaintext":""})";
  EXPECT_EQ(post("encrypt/k", list_of({item, item, item})).status, 200U);
  EXPECT_EQ(post("encrypt/k", list_of({item, item, item, item})).status, 413U);
}

TEST_F(Batch, ItemsOfOtherKinds) {
  make("k");
  const auto made =
      post("encrypt/k", list_of({"1", "null", "[]", R"({"plaintext":1})", R"({"plaintext":null})", "{}",
                                 R"({"plaintext":"","key_version":"x"})", R"({"plaintext":"","reference":5})",
                                 R"({"plaintext":"Y\u0051=\u003d"})", R"({"plaintext":"YQ==","other":{"deep":[1]}})"}));
  EXPECT_EQ(made.status, 400U);
  for (std::size_t i = 0; i < 8; ++i) EXPECT_TRUE(made.result(i).contains("error")) << i;
  EXPECT_EQ(made.result(4).at("error"), "missing plaintext to encrypt");
  EXPECT_TRUE(made.result(8).contains("ciphertext"));
  EXPECT_TRUE(made.result(9).contains("ciphertext"));
}

TEST_F(Batch, NoLimitOfAThousandStrings) {
  make("k");
  const std::vector<std::string> items(5000, R"({"plaintext":"YQ==","reference":"r"})");
  const auto made = post("encrypt/k", list_of(items));
  ASSERT_EQ(made.status, 200U);
  EXPECT_EQ(made.data().at("batch_results").as_array().size(), 5000U);
  std::set<std::string> distinct;
  for (const auto& result : made.data().at("batch_results").as_array()) {
    distinct.emplace(result.at("ciphertext").as_string());
  }
  EXPECT_EQ(distinct.size(), 5000U);
}

// Each item's answer in a batch is what it is alone, whatever stands around it.
TEST_F(Batch, NoItemChangesAnothersAnswer) {
  make("c", R"({"derived":true,"convergent_encryption":true})");
  const std::string good_ad = R"(,"associated_data":"YQ==")";
  std::vector<std::string> pool;
  for (const char* const text : {"", "YQ==", "YWI=", "YWJj"}) {
    const std::string ciphertext = encrypt("c", text, R"(,"context":"YQ==")");
    pool.push_back(R"({"context":"YQ==","ciphertext":")" + ciphertext + "\"}");
    pool.push_back(R"({"context":"Yg==","ciphertext":")" + ciphertext + "\"}");
    pool.push_back(R"({"context":"YQ==","associated_data":"YQ==","ciphertext":")" + ciphertext + "\"}");
    pool.push_back(R"({"context":"YQ==","ciphertext":")" + ciphertext.substr(0, ciphertext.size() - 4) + "\"}");
    pool.push_back(R"({"context":"YQ==","ciphertext":")" + encrypt("c", text, R"(,"context":"YQ==")" + good_ad) +
                   R"(","associated_data":"YQ=="})");
  }
  for (const char* const bad :
       {R"({"context":"YQ=="})", R"({"context":"*","ciphertext":"vault:v1:AAAA"})",
        R"({"context":"YQ==","ciphertext":7})", R"({"context":"YQ==","ciphertext":"vault:v9:AAAA"})",
        R"({"context":"YQ==","ciphertext":"vault:v1:*"})"}) {
    pool.emplace_back(bad);
  }
  std::vector<boost::json::value> alone;
  for (const std::string& item : pool) alone.emplace_back(post("decrypt/c", list_of({item})).result(0));
  std::mt19937 random(1);
  for (int round = 0; round < 60; ++round) {
    std::vector<std::size_t> chosen(1 + random() % 40);
    std::vector<std::string> items;
    for (auto& index : chosen) items.push_back(pool[index = random() % pool.size()]);
    const auto together = post("decrypt/c", list_of(items));
    for (std::size_t i = 0; i < chosen.size(); ++i) {
      EXPECT_EQ(boost::json::value(together.result(i)), alone[chosen[i]]) << items[i];
    }
  }
}

TEST_F(Batch, EachVersionsLimitIsItsOwn) {
  TransitKeysConfig config;
  config.use_limit = 4;
  use({}, config);
  make("k");
  ASSERT_EQ(officer("POST", "keys/k/rotate").status, 200U);
  const std::string one = R"({"plaintext":"","key_version":1})";
  const std::string two = R"({"plaintext":"","key_version":2})";
  const auto made = post("encrypt/k", list_of({one, one, one, one, one, two}));
  EXPECT_EQ(made.status, 400U);
  for (std::size_t i = 0; i < 5; ++i) EXPECT_TRUE(made.result(i).contains("error"));
  EXPECT_TRUE(made.result(5).contains("ciphertext"));
}

}  // namespace
}  // namespace sluis::gateway::transit::test
