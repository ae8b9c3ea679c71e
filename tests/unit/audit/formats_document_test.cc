// The worked example of docs/formats.md, section Audit log, against what the code makes.
#include <gtest/gtest.h>

#include <algorithm>
#include <cctype>
#include <fstream>
#include <sstream>

#include "audit/leaf.h"
#include "audit/merkle.h"
#include "audit/payload.h"
#include "audit/segment.h"
#include "audit/sidecar.h"

namespace sluis::audit {
namespace {

// The lines of the block after "<!-- example: NAME -->".
std::string block(const std::string& name_of_example) {
  std::ifstream in(SLUIS_SOURCE_DIR "/docs/formats.md");
  std::string line;
  while (std::getline(in, line) && line != "<!-- audit example: " + name_of_example + " -->") continue;
  std::getline(in, line);  // the fence
  std::string text;
  while (std::getline(in, line) && line != "```") text.append(line).append("\n");
  EXPECT_FALSE(text.empty()) << "docs/formats.md has no example named " << name_of_example;
  return text;
}

std::string text_block(const std::string& name_of_example) {
  std::string text = block(name_of_example);
  return text.substr(0, text.find('\n'));
}

std::string hex_block(const std::string& name_of_example) {
  std::istringstream in(block(name_of_example));
  std::string line;
  std::string hex;
  while (std::getline(in, line)) hex.append(line.substr(0, line.find('#')));
  std::erase_if(hex, [](char c) { return std::isspace(static_cast<unsigned char>(c)) != 0; });
  return hex;
}

SecretKey rising_key(std::uint8_t from) {
  Bytes bytes(32);
  for (std::size_t i = 0; i < bytes.size(); ++i) bytes[i] = static_cast<std::uint8_t>(from + i);
  return std::move(*SecretKey::copy_of(bytes));
}

class ExampleKeys final : public PeriodKeys {
 public:
  Result<SecretKey> sidecar_key(std::string_view) override { return rising_key(0x00); }
  Result<SecretKey> pseudonym_key(std::string_view) override { return rising_key(0x20); }
};

TEST(FormatsDocument, HasTheBytesOfAnEntry) {
  RunId run{};
  run.fill(0xA0);
  const SegmentId segment = {0xB0, 0xB0, 0xB0, 0xB0, 0xB0, 0xB0, 0xB0, 0xB0,
                             0xB0, 0xB0, 0xB0, 0xB0, 0xB0, 0xB0, 0xB0, 0xB0};
  Event event;
  event.time_us = 1'793'882'096'123'456;
  event.principal = "employment-service";
  event.action = "records.read";
  event.key = "records/diplomas";
  event.key_version = 3;
  event.collection = "diplomas";
  event.purpose = "application";
  event.request = "01JC8Y";
  event.payload = {"d-0000000042", "85073003328", {"grade"}, "C-17", "192.0.2.17", "", {}};

  ExampleKeys keys;
  const auto sealer = *PeriodSealer::make(keys, period_of(event.time_us), run);
  auto lease = *sealer->lease();
  Pen plain;
  plain.append(std::string(16, '\x11'));
  append_payload(plain, event.payload, to_hex(*lease.pseudonym(event.payload.subject)));
  EXPECT_EQ(plain.expose_text().substr(16), text_block("payload"));
  const Digest commitment = sha256(plain.expose_secret());

  std::string leaf;
  append_leaf(leaf, event, "gateway-1", commitment);
  EXPECT_EQ(leaf, text_block("leaf"));
  EXPECT_EQ(to_hex(leaf_hash(bytes_of(leaf))), hex_block("leaf hash"));

  Bytes frame;
  const ByteSpan sidecar = append_frame(frame, leaf, plain.size() + kSidecarOverhead);
  ASSERT_TRUE(lease.seal(1, commitment, plain.expose_secret(), sidecar));
  EXPECT_EQ(to_hex(sidecar), hex_block("sidecar"));

  number_frames(frame, 7);
  const auto length = static_cast<std::uint32_t>(frame.size());
  const auto start = encode(BatchHeader{4096, 7, 1, length}, segment);
  EXPECT_EQ(to_hex(start), hex_block("batch header"));
  EXPECT_EQ(to_hex(ByteView(frame).first(16)) + to_hex(ByteView(frame).last(4)), hex_block("frame around"));
}

}  // namespace
}  // namespace sluis::audit
