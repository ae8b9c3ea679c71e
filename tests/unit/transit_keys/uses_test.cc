// Encryptions with random nonces are counted, across gateways and restarts, and end.
#include <thread>

#include "tests/unit/transit_keys/world.h"

namespace sluis::gateway::transit::test {
namespace {

class Uses : public KeysTest {};

TEST_P(Uses, AreWarnedOfAndThenRefused) {
  config.use_limit = 1000;
  const auto limited = new_keys();
  const auto key = must(limited->create("a", {})).key;
  EXPECT_EQ(must(limited->take_use(*key, 1, 500)), UseAnswer::ok);
  EXPECT_EQ(must(limited->take_use(*key, 1, 1)), UseAnswer::near_limit);
  EXPECT_EQ(must(limited->take_use(*key, 1, 500)), UseAnswer::refused) << "one too many";
  EXPECT_EQ(must(limited->take_use(*key, 1, 499)), UseAnswer::near_limit) << "to the last one";
  EXPECT_EQ(must(limited->take_use(*key, 1, 1)), UseAnswer::refused);
  const auto rotated = must(limited->rotate("a")).key;
  EXPECT_EQ(must(limited->take_use(*rotated, 2, 1)), UseAnswer::ok) << "a new version begins anew";
  EXPECT_EQ(must(limited->take_use(*rotated, 1, 1)), UseAnswer::refused) << "the old one does not";
}

TEST_P(Uses, AreNotForgottenOverARestart) {
  config.use_limit = 640;
  int taken = 0;
  for (bool refused = false; !refused;) {
    const auto restarted = new_keys();
    const auto key = must(restarted->create("a", {})).key;
    refused = must(restarted->take_use(*key, 1, 1)) == UseAnswer::refused;
    taken += refused ? 0 : 1;
    ASSERT_LE(taken, 640);
  }
  EXPECT_EQ(taken, 64) << "each gave up the rest of a block of ten";
}

TEST_P(Uses, AreCountedAcrossGateways) {
  config.use_limit = 4096;
  constexpr int kGateways = 3;
  std::vector<std::unique_ptr<TransitKeys>> gateways;
  for (int i = 0; i < kGateways; ++i) gateways.push_back(new_keys());
  must(gateways[0]->create("a", {}));
  std::atomic<std::uint64_t> taken{0};
  {
    std::vector<std::jthread> threads;
    for (const auto& gateway : gateways) {
      threads.emplace_back([&] {
        const auto key = must(gateway->open("a"));
        for (;;) {
          const auto answer = gateway->take_use(*key, 1, 3);
          if (!answer && answer.error().code == Code::busy) continue;
          if (must(answer) == UseAnswer::refused) return;
          taken += 3;
        }
      });
    }
  }
  EXPECT_LE(taken, 4096U);
  EXPECT_GE(taken, 4096U - 3 * kGateways) << "and nearly all were to be had";
}

TEST_P(Uses, AreOnlyCountedWhereNoncesCanMeet) {
  config.use_limit = 8;
  const auto limited = new_keys();
  CreateOptions options;
  options.type = KeyType::xchacha20_poly1305;
  const auto wide = must(limited->create("wide", options)).key;
  EXPECT_EQ(must(limited->take_use(*wide, 1, 1'000'000)), UseAnswer::ok);
  options.type = KeyType::aes256_gcm96;
  options.derived = options.convergent = true;
  const auto convergent = must(limited->create("convergent", options)).key;
  EXPECT_EQ(must(limited->take_use(*convergent, 1, 1'000'000)), UseAnswer::ok);
  options.type = KeyType::chacha20_poly1305;
  options.derived = options.convergent = false;
  const auto narrow = must(limited->create("narrow", options)).key;
  EXPECT_EQ(must(limited->take_use(*narrow, 1, 9)), UseAnswer::refused);
}

TEST_P(Uses, AskTheStoreOncePerBlock) {
  const auto key = make("a");
  EXPECT_FALSE(keys().use_ready(*key, 1, 1));
  ASSERT_TRUE(keys().take_use(*key, 1, 1));
  const std::uint64_t revision = must(store().get_key("transit/a")).revision;
  EXPECT_TRUE(keys().use_ready(*key, 1, 255));
  EXPECT_FALSE(keys().use_ready(*key, 1, 256));
  for (int i = 0; i < 255; ++i) ASSERT_TRUE(keys().take_use(*key, 1, 1));
  EXPECT_EQ(must(store().get_key("transit/a")).revision, revision);
  EXPECT_FALSE(keys().use_ready(*key, 1, 1));
  ASSERT_TRUE(keys().take_use(*key, 1, 5'000'000)) << "more than a block";
  EXPECT_GT(must(store().get_key("transit/a")).revision, revision);
  EXPECT_GE(must(new_keys()->open("a"))->attributes.uses.at(1), 5'000'256U);
}

TEST_P(Uses, ACountSetBackIsNoticed) {
  const auto key = make("a");
  ASSERT_TRUE(keys().take_use(*key, 1, 1));
  sql("update keys set attributes = replace(attributes, '\"uses\":{\"1\":256}', '\"uses\":{}')");
  EXPECT_TRUE(fails(new_keys()->open("a"), Code::corrupt));
}

TEST_P(Uses, OfAVersionThatIsGoneAreNone) {
  const auto key = make("a");
  EXPECT_TRUE(fails(keys().take_use(*key, 7, 1), Code::not_found));
}

INSTANTIATE_TEST_SUITE_P(Stores, Uses,
                         ::testing::Values(Kind{"sqlite", make_sqlite_place}, Kind{"postgresql", make_postgres_place}),
                         [](const auto& one) { return std::string(one.param.name); });

}  // namespace
}  // namespace sluis::gateway::transit::test
