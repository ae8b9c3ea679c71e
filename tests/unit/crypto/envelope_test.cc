#include "crypto/envelope.h"

#include "crypto/wrap_context.h"
#include "envelope_fixture.h"

namespace sluis {
namespace {

using test::EnvelopeTest;

TEST_F(EnvelopeTest, RoundTripsAndHasTheSizeItShould) {
  const Bytes envelope = seal(context(), values_);
  EXPECT_EQ(envelope.size(), 200U);
  const auto opened = open_all(envelope, context(), values_);
  ASSERT_TRUE(opened);
  EXPECT_EQ(*opened, "Peeters850730033281999-07-01");
}

TEST_F(EnvelopeTest, ParsesIntoViewsOfTheBytesGiven) {
  const Bytes envelope = seal(context(), values_);
  const auto view = parse_envelope(envelope);
  ASSERT_TRUE(view);
  EXPECT_EQ(view->key_id, key_id());
  EXPECT_EQ(view->key_version, 3U);
  ASSERT_EQ(view->fields.size(), 4U);
  EXPECT_EQ(view->fields[3].id, 300);
  EXPECT_EQ(view->fields[3].sealed.size(), 10 + kTagSize);
  EXPECT_EQ(view->fields[3].sealed.data() + view->fields[3].sealed.size(), envelope.data() + envelope.size());
}

TEST_F(EnvelopeTest, EverySealingDrawsANewNonce) {
  EXPECT_NE(parse_envelope(seal(context(), values_))->nonce, parse_envelope(seal(context(), values_))->nonce);
}

TEST_F(EnvelopeTest, OpensOneFieldAloneAndAppendsIt) {
  const Bytes envelope = seal(context(), values_);
  const auto view = parse_envelope(envelope);
  auto opener = EnvelopeOpener::make(key_, context(), *view);
  SecretBuffer out("before:");
  EXPECT_TRUE(opener->open(2, "nrn", out));
  EXPECT_EQ(out.expose_text(), "before:85073003328");
  EXPECT_TRUE(opener->open(7, "grade", out));
  EXPECT_EQ(out.expose_text(), "before:85073003328");
}

TEST_F(EnvelopeTest, AMissingFieldIsNotFoundAndAWrongNameDoesNotOpen) {
  const Bytes envelope = seal(context(), values_);
  const auto view = parse_envelope(envelope);
  auto opener = EnvelopeOpener::make(key_, context(), *view);
  SecretBuffer out("kept");
  for (const std::uint16_t id : std::initializer_list<std::uint16_t>{0, 3, 299, 301, 65535}) {
    EXPECT_EQ(opener->open(id, "name", out).error().code, Code::not_found);
  }
  EXPECT_EQ(opener->open(1, "nrn", out).error().code, Code::corrupt);
  EXPECT_EQ(opener->open(1, std::string(5000, 'n'), out).error().code, Code::corrupt);
  EXPECT_EQ(out.expose_text(), "kept");
  EXPECT_TRUE(opener->open(1, "name", out));
}

TEST_F(EnvelopeTest, RefusesFieldsOutOfOrderOrWithoutId) {
  const std::vector<std::vector<std::uint16_t>> wrong = {{}, {0}, {2, 1}, {1, 1}, {1, 2, 2}, {5, 0}};
  for (const auto& ids : wrong) {
    std::vector<PlainField> fields;
    for (const std::uint16_t id : ids) fields.push_back({id, "f", bytes_of("v")});
    EXPECT_EQ(seal_envelope(key_, context(), fields).error().code, Code::invalid);
  }
}

TEST_F(EnvelopeTest, RefusesTooManyFieldsAndTooManyBytes) {
  std::vector<PlainField> fields;
  for (std::uint16_t id = 1; id <= kEnvelopeMaxFields; ++id) fields.push_back({id, "f", bytes_of("v")});
  const auto most = seal_envelope(key_, context(), fields);
  ASSERT_TRUE(most);
  EXPECT_EQ(parse_envelope(*most)->fields.size(), kEnvelopeMaxFields);
  fields.push_back({2000, "f", {}});
  EXPECT_EQ(seal_envelope(key_, context(), fields).error().code, Code::too_large);

  const Bytes largest(kEnvelopeMaxSize - kEnvelopeHeaderSize - kEnvelopeFieldOverhead);
  const PlainField whole[] = {{1, "f", largest}};
  const auto full = seal_envelope(key_, context(), whole);
  ASSERT_TRUE(full);
  EXPECT_EQ(full->size(), kEnvelopeMaxSize);
  EXPECT_TRUE(parse_envelope(*full));
  const PlainField over[] = {{1, "f", largest}, {2, "g", {}}};
  EXPECT_EQ(seal_envelope(key_, context(), over).error().code, Code::too_large);
  EXPECT_EQ(parse_envelope(Bytes(kEnvelopeMaxSize + 1)).error().code, Code::corrupt);
}

TEST_F(EnvelopeTest, RefusesAContextThatCannotBe) {
  const PlainField fields[] = {{1, "f", bytes_of("v")}};
  const std::string long_text(kEnvelopeMaxName + 1, 'x');
  EnvelopeContext none = context();
  none.key_version = 0;
  EXPECT_EQ(seal_envelope(key_, none, fields).error().code, Code::invalid);
  EnvelopeContext too_long = context();
  too_long.record_id = long_text;
  EXPECT_EQ(seal_envelope(key_, too_long, fields).error().code, Code::invalid);
  const PlainField long_name[] = {{1, long_text, {}}};
  EXPECT_EQ(seal_envelope(key_, context(), long_name).error().code, Code::invalid);
}

TEST(WrapContext, EachPartChangesTheBytes) {
  const WrapContext base{"register", KeyId{}, 1, 2};
  WrapContext other = base;
  other.key_name = "registers";
  EXPECT_NE(encode(base), encode(other));
  other = base;
  other.key_id[15] = 1;
  EXPECT_NE(encode(base), encode(other));
  other = base;
  other.version = 2;
  EXPECT_NE(encode(base), encode(other));
  other = base;
  other.master_version = 1;
  EXPECT_NE(encode(base), encode(other));
  EXPECT_EQ(encode(base).size(), 4 + 12 + 4 + 8 + 16 + 4 + 4U);
}

}  // namespace
}  // namespace sluis
