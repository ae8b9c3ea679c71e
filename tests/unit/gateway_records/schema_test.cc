#include "gateway/records/schema.h"

#include <gtest/gtest.h>

namespace sluis::gateway {
namespace {

using Kind = FieldSchema::Kind;

CollectionSchema sound() {
  return {"diplomas",
          {{1, "degree", Kind::open, Normaliser::exact, 0, false, 100},
           {2, "name", Kind::sealed, Normaliser::exact, 0, true, 100},
           {3, "nrn", Kind::indexed, Normaliser::digits, 64, true, 40}},
          1000,
          "nrn"};
}

testing::AssertionResult complains(const CollectionSchema& schema, std::string_view about) {
  for (const std::string& error : validate(schema)) {
    if (error.find(about) != std::string::npos) return testing::AssertionSuccess();
  }
  return testing::AssertionFailure() << "no complaint about " << about;
}

TEST(Schema, SoundOneHasNoErrors) {
  EXPECT_TRUE(validate(sound()).empty());
}

TEST(Schema, NamesEverythingThatIsWrong) {
  const auto broken = [](auto change) {
    CollectionSchema schema = sound();
    change(schema);
    return schema;
  };
  EXPECT_TRUE(complains(broken([](auto& s) { s.name = "a b"; }), "a name has"));
  EXPECT_TRUE(complains(broken([](auto& s) { s.name = std::string(65, 'a'); }), "a name has"));
  EXPECT_TRUE(complains(broken([](auto& s) { s.fields[0].name = "1a"; }), "a name has"));
  EXPECT_TRUE(complains(broken([](auto& s) { s.fields[0].name = ""; }), "a name has"));
  EXPECT_TRUE(complains(broken([](auto& s) { s.fields[0].name = "id"; }), "'id' is"));
  EXPECT_TRUE(complains(broken([](auto& s) { s.fields[0].name = "name"; }), "declared twice"));
  EXPECT_TRUE(complains(broken([](auto& s) { s.fields[0].id = 2; }), "used twice"));
  EXPECT_TRUE(complains(broken([](auto& s) { s.fields[0].id = 0; }), "1 to 65535"));
  EXPECT_TRUE(complains(broken([](auto& s) { s.fields[2].bits = 7; }), "bits must be"));
  EXPECT_TRUE(complains(broken([](auto& s) { s.fields[2].bits = 257; }), "bits must be"));
  EXPECT_TRUE(complains(broken([](auto& s) { s.fields[1].bits = 8; }), "indexed fields only"));
  EXPECT_TRUE(complains(broken([](auto& s) { s.fields[1].max_bytes = 0; }), "max_bytes"));
  EXPECT_TRUE(complains(broken([](auto& s) { s.fields[1].max_bytes = 1001; }), "max_bytes"));
  EXPECT_TRUE(complains(broken([](auto& s) { s.max_record_bytes = 0; }), "max_record_bytes"));
  EXPECT_TRUE(complains(broken([](auto& s) { s.max_record_bytes = (4U << 20U) + 1; }), "max_record_bytes"));
  EXPECT_TRUE(complains(broken([](auto& s) { s.subject_field = "who"; }), "subject field"));
  EXPECT_TRUE(complains(broken([](auto& s) { s.fields.clear(); }), "no fields"));
}

TEST(Collection, OrdersFieldsByIdAndFindsThem) {
  CollectionSchema schema = sound();
  std::swap(schema.fields[0], schema.fields[2]);
  const Collection collection(schema);
  EXPECT_EQ(collection.find("degree"), 0U);
  EXPECT_EQ(collection.find("nrn"), 2U);
  EXPECT_EQ(collection.find("nothing"), Collection::kNone);
  EXPECT_EQ(collection.subject(), 2U);
  EXPECT_EQ(collection.key_name(), "records/diplomas");
}

TEST(RecordId, IsShortAndPlain) {
  for (const char* id : {"a", "0", "d-1", "A.b_c~d", "...", "a~b"}) EXPECT_TRUE(valid_record_id(id)) << id;
  EXPECT_TRUE(valid_record_id(std::string(200, 'x')));
  EXPECT_FALSE(valid_record_id(std::string(201, 'x')));
  for (const char* id : {"", ".", "..", "a/b", "a b", "a:b", "é", "a\n", "%41", "a\\b"}) {
    EXPECT_FALSE(valid_record_id(id)) << id;
  }
  EXPECT_FALSE(valid_record_id(std::string_view("a\0", 2)));
}

}  // namespace
}  // namespace sluis::gateway
