// The record envelope: a record's sealed fields under one nonce, each openable alone. docs/formats.md has every byte.
// Stateless and thread-safe.
#pragma once

#include <array>
#include <string_view>
#include <vector>

#include "crypto/aead.h"
#include "crypto/bytes.h"
#include "crypto/secret.h"

namespace sluis {

using KeyId = std::array<std::uint8_t, 16>;

inline constexpr std::string_view kRecordDomain = "sluis/record/1";
inline constexpr std::size_t kEnvelopeMaxFields = 1024;
inline constexpr std::size_t kEnvelopeMaxSize = 16U << 20U;
inline constexpr std::size_t kEnvelopeHeaderSize = 84;
inline constexpr std::size_t kEnvelopeFieldOverhead = 6 + kTagSize;  // id, length and tag of each field
inline constexpr std::size_t kEnvelopeMaxName = 4096;                // bytes of each text in the associated data

// What the associated data of every field binds: a cell copied to another row, field or collection does not open. The
// ids of all fields of the envelope are bound too, so a field that is removed or added closes all the others.
struct EnvelopeContext {
  std::string_view domain;  // kRecordDomain
  std::string_view collection;
  std::string_view record_id;
  KeyId key_id;
  std::uint32_t key_version;  // 1 and up
};

struct PlainField {
  std::uint16_t id;       // 1 to 65535, unique and ascending within an envelope
  std::string_view name;  // bound by the associated data, not stored
  ByteView value;
};

// Seals all fields under a fresh random nonce. Error invalid for no field at all, ids that do not ascend, key version 0
// or a text over kEnvelopeMaxName; too_large over kEnvelopeMaxFields or kEnvelopeMaxSize.
Result<Bytes> seal_envelope(const XaesKey& key, const EnvelopeContext& context, std::span<const PlainField> fields);

struct EnvelopeField {
  std::uint16_t id;
  ByteView sealed;  // ciphertext || tag, a view into the parsed bytes
};

// A parsed, not yet authenticated envelope: views into the bytes given.
struct EnvelopeView {
  KeyId key_id;
  std::uint32_t key_version;
  XaesNonce nonce;
  Commitment commitment;
  std::vector<EnvelopeField> fields;
};

// Strict: wrong magic, version, algorithm, order, length or trailing bytes are errors (corrupt).
Result<EnvelopeView> parse_envelope(ByteView bytes);

// The associated data of an envelope's fields: one buffer, of which only the field's name changes.
class AssociatedData {
 public:
  // `ids`: every field id, big-endian, in the envelope's order.
  AssociatedData(const EnvelopeContext& context, ByteView ids);
  // Valid until the next call.
  ByteView for_field(std::string_view name);

 private:
  Bytes bytes_;
  std::size_t head_;  // bytes before the field's name
  Bytes tail_;        // bytes after it
};

// Opens fields of one envelope. The commitment is checked first, in constant time: error corrupt if it is not this
// key's for this nonce. `context.key_id` and `key_version` must be those of the view, else corrupt. The view, and the
// bytes it points into, must outlive the opener. For one thread at a time.
class EnvelopeOpener {
 public:
  static Result<EnvelopeOpener> make(const XaesKey& key, const EnvelopeContext& context, const EnvelopeView& view);
  // The plaintext appended to `out`; on failure nothing is appended. Error not_found if the envelope lacks the field,
  // corrupt if it does not open.
  Status open(std::uint16_t id, std::string_view name, SecretBuffer& out);

 private:
  EnvelopeOpener(XaesNonceKey key, AssociatedData ad, const EnvelopeView& view) noexcept;
  XaesNonceKey key_;
  AssociatedData ad_;
  const EnvelopeView* view_;
};

}  // namespace sluis
