// A record with four fields whose envelope has 200 bytes, for the envelope's suites.
#pragma once

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "crypto/envelope.h"

namespace sluis::test {

struct NamedValue {
  std::uint16_t id;
  std::string name;
  std::string value;
};

class EnvelopeTest : public testing::Test {
 protected:
  static KeyId key_id() {
    KeyId id;
    for (std::size_t i = 0; i < id.size(); ++i) id[i] = static_cast<std::uint8_t>(0x10 + i);
    return id;
  }
  static EnvelopeContext context() { return {kRecordDomain, "diplomas", "record-0001", key_id(), 3}; }

  Bytes seal(const EnvelopeContext& where, const std::vector<NamedValue>& values) const {
    std::vector<PlainField> fields;
    for (const NamedValue& v : values) fields.push_back({v.id, v.name, bytes_of(v.value)});
    auto sealed = seal_envelope(key_, where, fields);
    EXPECT_TRUE(sealed);
    return sealed ? std::move(*sealed) : Bytes{};
  }

  // Every field's plaintext one after the other, or the first error.
  Result<std::string> open_all(ByteView bytes, const EnvelopeContext& where,
                               const std::vector<NamedValue>& values) const {
    const auto view = parse_envelope(bytes);
    if (!view) return view.error();
    auto opener = EnvelopeOpener::make(key_, where, *view);
    if (!opener) return opener.error();
    SecretBuffer out;
    for (const NamedValue& v : values) {
      if (const Status opened = opener->open(v.id, v.name, out); !opened) return opened.error();
    }
    return std::string(out.expose_text());
  }

  XaesKey key_ = *XaesKey::make(*SecretKey::copy_of(Bytes(32, 0x42)));
  // 84 + 4 * 22 + 28 bytes of values = 200
  std::vector<NamedValue> values_ = {
      {1, "name", "Peeters"}, {2, "nrn", "85073003328"}, {7, "grade", ""}, {300, "issued", "1999-07-01"}};
};

}  // namespace sluis::test
