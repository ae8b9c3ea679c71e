#include "gateway/backups/generation.h"

#include <gtest/gtest.h>

#include <boost/json.hpp>

namespace sluis::gateway {
namespace {

namespace json = boost::json;

Generation example() {
  Generation out;
  auto& manifest = out.manifest;
  manifest.created_us = 1'796'000'000'123'456;
  manifest.id = *new_generation_id(manifest.created_us);
  manifest.store = "postgresql";
  manifest.method = "pg_dump";
  manifest.gateway = "gateway-1";
  manifest.file = "store.dump";
  manifest.bytes = 12345;
  manifest.sha256.fill(7);
  manifest.schema = 4;
  manifest.census.records["diplomas"] = {{1, 10}, {2, 5}};
  manifest.census.keys["records/diplomas"] = {{1, store::KeyState::deactivated, 1}, {2, store::KeyState::active, 2}};
  manifest.census.keys["transit/old"] = {{1, store::KeyState::destroyed, 3}};
  manifest.census.digest.fill(9);
  manifest.log = {"sluis.example/gateway-1", 17, {}};
  out.state = Generation::State::made;
  out.trigger = "schedule";
  out.drill = DrillResult{true, 1'796'000'001'000'000, 15, 15, 3, ""};
  return out;
}

TEST(Generation, ComesBackFromItsJson) {
  const Generation before = example();
  const auto after = generation_of(to_json(before));
  ASSERT_TRUE(after);
  EXPECT_TRUE(same_backup(before.manifest, after->manifest));
  EXPECT_EQ(after->manifest.census, before.manifest.census);
  EXPECT_EQ(json::serialize(to_json(*after)), json::serialize(to_json(before)));
  EXPECT_TRUE(after->good());
}

TEST(Generation, NeedsTheMastersOfWhatIsNotDestroyed) {
  EXPECT_EQ(json::serialize(to_json(example()).at("masters")), "[1,2]");
}

TEST(Generation, OfVeryManyKeysStaysARow) {
  Generation many = example();
  for (int i = 0; i < 100'000; ++i) {
    many.manifest.census.keys["transit/key-" + std::to_string(i)] = {{1, store::KeyState::active, 5}};
  }
  const json::object row = to_json(many);
  EXPECT_LT(json::serialize(row).size(), store::kMaxDocumentBytes);
  EXPECT_FALSE(row.at("keys_complete").as_bool());
  EXPECT_TRUE(row.at("keys").as_object().contains("records/diplomas"));
  EXPECT_EQ(json::serialize(row.at("masters")), "[1,2,5]") << "what is needed is known all the same";
  const auto whole = manifest_of(to_json(many.manifest));
  ASSERT_TRUE(whole);
  EXPECT_EQ(whole->census, many.manifest.census);
  EXPECT_TRUE(same_backup(*whole, generation_of(row)->manifest));
}

TEST(Generation, RefusesWhatLacksOrBendsAMember) {
  const json::object good = to_json(example());
  for (const auto& member : good) {
    if (member.key() == "masters" || member.key() == "keys_complete") continue;  // for readers alone
    json::object lacking = good;
    lacking.erase(member.key());
    EXPECT_FALSE(generation_of(lacking)) << member.key();
    json::object bent = good;
    bent[member.key()] = json::array{1};
    EXPECT_FALSE(generation_of(bent)) << member.key();
  }
}

TEST(Generation, IdsAreNamesOfFoldersAndGrowWithTime) {
  const auto first = new_generation_id(1'796'000'000'123'456), second = new_generation_id(1'796'000'000'124'456);
  ASSERT_TRUE(first && second);
  EXPECT_LT(*first, *second);
  EXPECT_TRUE(is_generation_id(*first)) << *first;
  for (const char* const text : {"", "..", "20261124T170000123Z-1A2B3C4D", "20261124T170000123Z-1a2b3c4", "/etc/passwd",
                                 "20261124T170000123Z/1a2b3c4d"}) {
    EXPECT_FALSE(is_generation_id(text)) << text;
  }
}

}  // namespace
}  // namespace sluis::gateway
