#include "targets.h"

#include <algorithm>
#include <cstdlib>

#include "crypto/blind_index.h"
#include "crypto/envelope_nonce.h"
#include "crypto/utf8.h"

namespace sluis::fuzz {
namespace {

void require(bool holds) {
  if (!holds) std::abort();
}

Bytes encoded(const EnvelopeView& view) {
  Bytes out;
  for (const std::uint8_t byte : bytes_of("SLRE\x01\x01")) out.push_back(byte);
  out.insert(out.end(), view.key_id.begin(), view.key_id.end());
  append_u32(out, view.key_version);
  out.insert(out.end(), view.nonce.begin(), view.nonce.end());
  out.insert(out.end(), view.commitment.begin(), view.commitment.end());
  append_u16(out, static_cast<std::uint16_t>(view.fields.size()));
  for (const EnvelopeField& field : view.fields) {
    append_u16(out, field.id);
    append_u32(out, static_cast<std::uint32_t>(field.sealed.size() - kTagSize));
    out.insert(out.end(), field.sealed.begin(), field.sealed.end());
  }
  return out;
}

// One good envelope, with a fixed key and nonce.
struct Fixture {
  XaesKey key = *XaesKey::make(*SecretKey::copy_of(Bytes(32, 0x42)));
  EnvelopeContext context{kRecordDomain, "diplomas", "d-0001", KeyId{1, 2, 3}, 3};
  Bytes good;

  Fixture() {
    const PlainField fields[] = {{1, "name", bytes_of("Peeters")}, {2, "nrn", bytes_of("85073003328")}};
    XaesNonce nonce;
    nonce.fill(0x24);
    good = *seal_envelope_under_nonce(key, nonce, context, fields);
  }
};

void require_opens_only_if_good(const Fixture& fixture, ByteView bytes) {
  const auto view = parse_envelope(bytes);
  if (!view) return;
  require(std::ranges::equal(encoded(*view), bytes));
  EnvelopeContext context = fixture.context;
  context.key_id = view->key_id;
  context.key_version = view->key_version;
  auto opener = EnvelopeOpener::make(fixture.key, context, *view);
  if (!opener) return;
  SecretBuffer out;
  const bool opened = opener->open(1, "name", out) && opener->open(2, "nrn", out);
  require(opened == std::ranges::equal(fixture.good, bytes));
  require(!opened || out.expose_text() == "Peeters85073003328");
}

}  // namespace

// The input as it is; and, XORed over the good envelope's end, as a change to it.
void envelope(ByteView input) {
  static const Fixture fixture;
  require_opens_only_if_good(fixture, input);
  Bytes changed = fixture.good;
  const std::size_t count = std::min(input.size(), changed.size());
  for (std::size_t i = 0; i < count; ++i) changed[changed.size() - count + i] ^= input[i];
  require_opens_only_if_good(fixture, changed);
}

// The first half says which reads to make on the second.
void reader(ByteView input) {
  const ByteView steps = input.first(input.size() / 2);
  const ByteView data = input.subspan(steps.size());
  Reader reads(data);
  for (const std::uint8_t step : steps) {
    const std::size_t before = reads.left();
    const std::size_t limit = step >> 2U;
    const bool good = step % 4 == 0   ? static_cast<bool>(reads.u16())
                      : step % 4 == 1 ? static_cast<bool>(reads.u64())
                      : step % 4 == 2 ? static_cast<bool>(reads.bytes(limit))
                                      : static_cast<bool>(reads.prefixed(limit));
    require(reads.left() <= before);
    if (good) continue;
    require(!reads.done() && !reads.u8() && !reads.bytes(0));
    return;
  }
}

void base64(ByteView input) {
  const std::string_view text = text_of(input);
  if (const auto bytes = from_base64(text)) require(to_base64(*bytes) == text);
  if (const auto bytes = from_hex(text)) require(to_hex(*bytes) == text);
  SecretBuffer decoded;
  require(static_cast<bool>(append_from_base64(decoded, text)) == static_cast<bool>(from_base64(text)));
  SecretBuffer coded;
  append_base64(coded, input);
  SecretBuffer back;
  require(append_from_base64(back, coded.expose_text()) && back.expose_text() == text);
}

void normalise(ByteView input) {
  const std::string_view text = text_of(input);
  for (const Normaliser how : {Normaliser::exact, Normaliser::digits, Normaliser::text}) {
    const auto normal = sluis::normalise(how, text);
    if (!normal) continue;
    require(is_utf8(text) && is_utf8(normal->expose_text()) && normal->size() <= text.size());
    const auto again = sluis::normalise(how, normal->expose_text());
    require(again && again->expose_text() == normal->expose_text());
  }
}

}  // namespace sluis::fuzz
