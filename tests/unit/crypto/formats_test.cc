// docs/formats.md is read, and each worked example in it is made again. The examples were computed by an independent
// implementation, so the code does not only agree with itself.
#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>
#include <map>
#include <string>

#include "crypto/blind_index.h"
#include "crypto/envelope_nonce.h"
#include "crypto/wrap_context.h"

namespace sluis {
namespace {

constexpr std::string_view kMark = "<!-- example: ";

// A line's hexadecimal digits, without spaces and comment.
std::string digits_of(std::string line) {
  line.resize(std::min(line.size(), line.find('#')));
  std::erase(line, ' ');
  return line;
}

// Name to bytes: the hex block after each mark.
std::map<std::string, Bytes> read_examples(const std::string& path) {
  std::ifstream file(path);
  std::map<std::string, std::string> found;
  std::string name;
  bool inside = false;
  for (std::string line; std::getline(file, line);) {
    if (line.starts_with(kMark)) name = line.substr(kMark.size(), line.rfind(" -->") - kMark.size());
    if (inside && line != "```") found[name] += digits_of(line);
    inside = line == "```hex" || (inside && line != "```");
  }
  std::map<std::string, Bytes> examples;
  for (const auto& [key, hex] : found) {
    const auto bytes = from_hex(hex);
    EXPECT_TRUE(bytes) << key;
    if (bytes) examples[key] = *bytes;
  }
  return examples;
}

class FormatsDocument : public testing::Test {
 protected:
  void SetUp() override { ASSERT_EQ(examples_.size(), 10U) << "examples found in docs/formats.md"; }

  std::string hex(const std::string& name) const { return to_hex(examples_.at(name)); }
  EnvelopeContext context() const {
    KeyId id;
    std::copy_n(examples_.at("key id").begin(), id.size(), id.begin());
    return {kRecordDomain, "diplomas", "d-0001", id, 3};
  }
  SecretKey data_key() const { return *SecretKey::copy_of(examples_.at("data key")); }
  XaesKey sealing_key() const { return *XaesKey::make(*derive_sealing_key(data_key())); }

  std::map<std::string, Bytes> examples_ = read_examples(SLUIS_SOURCE_DIR "/docs/formats.md");
};

TEST_F(FormatsDocument, Keys) {
  EXPECT_EQ(to_hex(derive_sealing_key(data_key())->expose_secret()), hex("sealing key"));
  EXPECT_EQ(to_hex(derive_index_key(data_key(), "diplomas", "nrn")->expose_secret()), hex("index key"));
}

TEST_F(FormatsDocument, AssociatedData) {
  const Bytes ids = {0, 1, 0, 2};
  AssociatedData ad(context(), ids);
  EXPECT_NE(to_hex(ad.for_field("another")), hex("associated data"));
  EXPECT_EQ(to_hex(ad.for_field("name")), hex("associated data"));
}

TEST_F(FormatsDocument, Envelope) {
  XaesNonce nonce;
  std::copy_n(examples_.at("nonce").begin(), nonce.size(), nonce.begin());
  const PlainField fields[] = {{1, "name", bytes_of("Zoë Peeters")}, {2, "nrn", bytes_of("85.07.30-033.28")}};
  const auto sealed = seal_envelope_under_nonce(sealing_key(), nonce, context(), fields);
  ASSERT_TRUE(sealed);
  EXPECT_EQ(to_hex(*sealed), hex("envelope"));
}

TEST_F(FormatsDocument, EnvelopeOpens) {
  const auto view = parse_envelope(examples_.at("envelope"));
  ASSERT_TRUE(view);
  const XaesKey key = sealing_key();
  auto opener = EnvelopeOpener::make(key, context(), *view);
  ASSERT_TRUE(opener);
  SecretBuffer out;
  EXPECT_TRUE(opener->open(1, "name", out));
  EXPECT_EQ(out.expose_text(), "Zoë Peeters");
}

TEST_F(FormatsDocument, BlindIndex) {
  const auto value = normalise(Normaliser::digits, "85.07.30-033.28");
  const auto key = derive_index_key(data_key(), "diplomas", "nrn");
  EXPECT_EQ(to_hex(blind_index(*key, 64, value->expose_secret())), hex("blind index of 64 bits"));
  EXPECT_EQ(to_hex(blind_index(*key, 20, value->expose_secret())), hex("blind index of 20 bits"));
}

TEST_F(FormatsDocument, WrappingContext) {
  EXPECT_EQ(to_hex(encode(WrapContext{"diplomas", context().key_id, 3, 2})), hex("wrapping context"));
}

}  // namespace
}  // namespace sluis
