#include "gateway/records/document.h"

#include <gtest/gtest.h>

namespace sluis::gateway {
namespace {

using Kind = FieldSchema::Kind;
using Form = DocumentReader::Form;

const Collection& diplomas() {
  static const Collection collection({"diplomas",
                                      {{1, "degree", Kind::open, Normaliser::exact, 0, false, 20},
                                       {2, "name", Kind::sealed, Normaliser::exact, 0, true, 50},
                                       {3, "nrn", Kind::indexed, Normaliser::digits, 64, false, 50},
                                       {4, "extra", Kind::sealed, Normaliser::exact, 0, false, 200}},
                                      300,
                                      "nrn"});
  return collection;
}

std::string refusal(std::string_view text, Form form = Form::record) {
  DocumentReader reader(diplomas());
  const auto fault = reader.read(text, form);
  return fault ? std::string(fault->code.view()) + (fault->field.empty() ? "" : ":" + fault->field) : "";
}

TEST(Document, KeepsTheTextOfEachValue) {
  DocumentReader reader(diplomas());
  const std::string text =
      R"({"nrn": 85073003328, "name":"Zo\u00eb" , "extra":{"amount": 1.10, "big":12345678901234567890}})";
  ASSERT_FALSE(reader.read(text, Form::record));
  EXPECT_TRUE(reader.values()[0].text.empty());
  EXPECT_EQ(reader.values()[1].text, R"("Zo\u00eb")");
  EXPECT_EQ(reader.values()[2].text, "85073003328");
  EXPECT_EQ(reader.values()[3].text, R"({"amount": 1.10, "big":12345678901234567890})");
}

TEST(Document, RefusesWhatTheSchemaDoesNotHave) {
  EXPECT_EQ(refusal(R"({"name":"A"})"), "");
  EXPECT_EQ(refusal(R"({"name":"A","nick":"B"})"), "unknown_field:nick");
  EXPECT_EQ(refusal(R"({"name":"A","id":"d-1"})"), "unknown_field:id");
  EXPECT_EQ(refusal(R"({"n\u0061me":"A"})"), "");
  EXPECT_EQ(refusal(R"({"n\u0061me":"A","name":"B"})"), "duplicate");
  EXPECT_EQ(refusal(R"({"Name":"A"})"), "unknown_field:Name");
}

TEST(Document, NamesOfStrangersAreCutBetweenCharacters) {
  const std::string name(63, 'x');
  EXPECT_EQ(refusal("{\"" + name + "\xC3\xA9\":1}"), "unknown_field:" + name);
  EXPECT_EQ(refusal("{\"" + std::string(200, 'y') + "\":1}").size(), sizeof("unknown_field:") - 1 + 64);
}

TEST(Document, ChecksRequiredFields) {
  EXPECT_EQ(refusal("{}"), "required:name");
  EXPECT_EQ(refusal(R"({"name":null})"), "required:name");
  EXPECT_EQ(refusal("{}", Form::patch), "");
  EXPECT_EQ(refusal(R"({"name":null})", Form::patch), "required:name");
  EXPECT_EQ(refusal(R"({"extra":null})", Form::patch), "");
}

TEST(Document, ChecksSizes) {
  EXPECT_EQ(refusal(R"({"name":"A","degree":")" + std::string(18, 'd') + "\"}"), "");
  EXPECT_EQ(refusal(R"({"name":"A","degree":")" + std::string(19, 'd') + "\"}"), "field_too_long:degree");
  EXPECT_EQ(refusal(R"({"name":"A"})" + std::string(300, ' ')), "record_too_long");
}

TEST(Document, IndexedFieldsAreScalars) {
  EXPECT_EQ(refusal(R"({"name":"A","nrn":null})"), "");
  EXPECT_EQ(refusal(R"({"name":"A","nrn":["1"]})"), "not_indexable:nrn");
  EXPECT_EQ(refusal(R"({"name":"A","nrn":{"a":1}})"), "not_indexable:nrn");
  EXPECT_EQ(refusal(R"({"name":"A","nrn":true})"), "not_indexable:nrn");
}

TEST(Document, SaysWhatIsWrongWithTheJson) {
  EXPECT_EQ(refusal(""), "json");
  EXPECT_EQ(refusal("{"), "json");
  EXPECT_EQ(refusal("[]"), "kind");
  EXPECT_EQ(refusal("\"name\""), "kind");
  EXPECT_EQ(refusal("{\"name\":\"\xFF\"}"), "utf8");
  EXPECT_EQ(refusal(R"({"name":"\u0000"})"), "nul");
  EXPECT_EQ(refusal(R"({"name":"A","name":"B"})"), "duplicate");
  EXPECT_EQ(refusal(R"({"name":)" + std::string(40, '[') + std::string(40, ']') + "}"), "depth");
}

TEST(Document, LinesCarryTheirId) {
  DocumentReader reader(diplomas());
  ASSERT_FALSE(reader.read(R"({"id":"d-1","name":"A"})", Form::line));
  EXPECT_EQ(reader.id(), "d-1");
  ASSERT_FALSE(reader.read(R"({"name":"A","id":"d-2"})", Form::line));
  EXPECT_EQ(reader.id(), "d-2");
  EXPECT_EQ(refusal(R"({"name":"A"})", Form::line), "id");
  EXPECT_EQ(refusal(R"({"id":"","name":"A"})", Form::line), "id");
  EXPECT_EQ(refusal(R"({"id":1,"name":"A"})", Form::line), "id");
  EXPECT_EQ(refusal(R"({"id":"a/b","name":"A"})", Form::line), "id");
  EXPECT_EQ(refusal(R"({"id":"..","name":"A"})", Form::line), "id");
}

TEST(Document, AReaderForgetsTheDocumentBefore) {
  DocumentReader reader(diplomas());
  ASSERT_FALSE(reader.read(R"({"id":"d-1","name":"A","extra":1})", Form::line));
  EXPECT_TRUE(reader.read(R"({"name":"B"})", Form::line));
  EXPECT_TRUE(reader.id().empty());
  EXPECT_TRUE(reader.values()[3].text.empty());
}

}  // namespace
}  // namespace sluis::gateway
