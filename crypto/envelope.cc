#include "crypto/envelope.h"

#include <algorithm>

#include "crypto/envelope_nonce.h"
#include "crypto/hash.h"

namespace sluis {
namespace {

constexpr std::string_view kMagic = "SLRE";
constexpr std::uint8_t kFormatVersion = 1;
constexpr std::uint8_t kAlgorithmKcXaes256Gcm = 1;

template <std::size_t Size>
void append(Bytes& out, const std::array<std::uint8_t, Size>& bytes) {
  out.insert(out.end(), bytes.begin(), bytes.end());
}

template <std::size_t Size>
Status read_into(Reader& reader, std::array<std::uint8_t, Size>& out) {
  const auto bytes = reader.bytes(Size);
  if (!bytes) return bytes.error();
  std::copy(bytes->begin(), bytes->end(), out.begin());
  return {};
}

Status check_context(const EnvelopeContext& context) {
  if (context.key_version == 0) return Error{Code::invalid, "key versions begin at 1"};
  const std::size_t longest = std::max({context.domain.size(), context.collection.size(), context.record_id.size()});
  if (longest > kEnvelopeMaxName) return Error{Code::invalid, "a text of the envelope's context is too long"};
  return {};
}

// The envelope's size.
Result<std::size_t> check_fields(std::span<const PlainField> fields) {
  if (fields.empty()) return Error{Code::invalid, "an envelope has at least one field"};
  if (fields.size() > kEnvelopeMaxFields) return Error{Code::too_large, "too many fields for one envelope"};
  std::size_t size = kEnvelopeHeaderSize + fields.size() * kEnvelopeFieldOverhead;
  unsigned last_id = 0;
  for (const PlainField& field : fields) {
    if (field.id <= last_id) return Error{Code::invalid, "field ids of an envelope must ascend from 1"};
    if (field.name.size() > kEnvelopeMaxName) return Error{Code::invalid, "a field's name is too long"};
    if (field.value.size() > kEnvelopeMaxSize - size) return Error{Code::too_large, "the envelope is too large"};
    last_id = field.id;
    size += field.value.size();
  }
  return size;
}

template <typename Fields>
Bytes ids_of(const Fields& fields) {
  Bytes ids;
  ids.reserve(fields.size() * 2);
  for (const auto& field : fields) append_u16(ids, field.id);
  return ids;
}

void append_header(Bytes& out, const EnvelopeContext& context, const XaesNonce& nonce, const Commitment& commitment,
                   std::size_t fields) {
  out.insert(out.end(), kMagic.begin(), kMagic.end());
  out.push_back(kFormatVersion);
  out.push_back(kAlgorithmKcXaes256Gcm);
  append(out, context.key_id);
  append_u32(out, context.key_version);
  append(out, nonce);
  append(out, commitment);
  append_u16(out, static_cast<std::uint16_t>(fields));
}

constexpr Error not_an_envelope() noexcept {
  return {Code::corrupt, "not a record envelope"};
}

Status parse_header(Reader& reader, EnvelopeView& view) {
  const auto magic = reader.bytes(kMagic.size());
  if (!magic || text_of(*magic) != kMagic) return not_an_envelope();
  const auto format = reader.u8();
  const auto algorithm = reader.u8();
  if (!format || *format != kFormatVersion) return Error{Code::corrupt, "unknown envelope format"};
  if (!algorithm || *algorithm != kAlgorithmKcXaes256Gcm) return Error{Code::corrupt, "unknown envelope algorithm"};
  if (!read_into(reader, view.key_id)) return not_an_envelope();
  const auto version = reader.u32();
  if (!version || *version == 0) return not_an_envelope();
  view.key_version = *version;
  if (!read_into(reader, view.nonce) || !read_into(reader, view.commitment)) return not_an_envelope();
  return {};
}

Status parse_fields(Reader& reader, std::vector<EnvelopeField>& fields) {
  const auto count = reader.u16();
  if (!count || *count == 0 || *count > kEnvelopeMaxFields) return not_an_envelope();
  if (*count > reader.left() / kEnvelopeFieldOverhead) return not_an_envelope();  // before anything is allocated
  fields.reserve(*count);
  unsigned last_id = 0;
  for (unsigned i = 0; i < *count; ++i) {
    const auto id = reader.u16();
    const auto length = reader.u32();
    if (!id || !length || *id <= last_id || *length > kEnvelopeMaxSize) return not_an_envelope();
    const auto sealed = reader.bytes(std::size_t{*length} + kTagSize);
    if (!sealed) return not_an_envelope();
    fields.push_back({*id, *sealed});
    last_id = *id;
  }
  if (!reader.done()) return not_an_envelope();
  return {};
}

}  // namespace

AssociatedData::AssociatedData(const EnvelopeContext& context, ByteView ids) {
  constexpr std::size_t name_expected = 64;
  constexpr std::size_t tail_size = sizeof(KeyId) + 4 + 1 + 4;
  tail_.reserve(tail_size + ids.size());
  bytes_.reserve(context.domain.size() + context.collection.size() + context.record_id.size() + 4 * 4 + name_expected +
                 tail_size + ids.size());
  for (const std::string_view text : {context.domain, context.collection, context.record_id}) {
    append_prefixed(bytes_, bytes_of(text));
  }
  head_ = bytes_.size();
  append(tail_, context.key_id);
  append_u32(tail_, context.key_version);
  tail_.push_back(kFormatVersion);
  append_prefixed(tail_, ids);
}

ByteView AssociatedData::for_field(std::string_view name) {
  bytes_.resize(head_);
  append_prefixed(bytes_, bytes_of(name));
  bytes_.insert(bytes_.end(), tail_.begin(), tail_.end());
  return bytes_;
}

Result<Bytes> seal_envelope_under_nonce(const XaesKey& key, const XaesNonce& nonce, const EnvelopeContext& context,
                                        std::span<const PlainField> fields) {
  if (const Status checked = check_context(context); !checked) return checked.error();
  const auto size = check_fields(fields);
  if (!size) return size.error();
  auto nonce_key = XaesNonceKey::derive(key, nonce);
  if (!nonce_key) return nonce_key.error();

  AssociatedData ad(context, ids_of(fields));
  Bytes out;
  out.reserve(*size);
  append_header(out, context, nonce, nonce_key->commitment(), fields.size());
  for (const PlainField& field : fields) {
    append_u16(out, field.id);
    append_u32(out, static_cast<std::uint32_t>(field.value.size()));
    const std::size_t at = out.size();
    out.resize(at + field.value.size() + kTagSize);
    const Status sealed = nonce_key->seal(field.id, ad.for_field(field.name), field.value, ByteSpan(out).subspan(at));
    if (!sealed) return sealed.error();
  }
  return out;
}

Result<Bytes> seal_envelope(const XaesKey& key, const EnvelopeContext& context, std::span<const PlainField> fields) {
  XaesNonce nonce;
  if (const Status drawn = random_bytes(nonce); !drawn) return drawn.error();
  return seal_envelope_under_nonce(key, nonce, context, fields);
}

Result<EnvelopeView> parse_envelope(ByteView bytes) {
  if (bytes.size() > kEnvelopeMaxSize) return not_an_envelope();
  EnvelopeView view{};
  Reader reader(bytes);
  if (const Status header = parse_header(reader, view); !header) return header.error();
  if (const Status fields = parse_fields(reader, view.fields); !fields) return fields.error();
  return view;
}

EnvelopeOpener::EnvelopeOpener(XaesNonceKey key, AssociatedData ad, const EnvelopeView& view) noexcept
    : key_(std::move(key)), ad_(std::move(ad)), view_(&view) {}

Result<EnvelopeOpener> EnvelopeOpener::make(const XaesKey& key, const EnvelopeContext& context,
                                            const EnvelopeView& view) {
  if (const Status checked = check_context(context); !checked) return checked.error();
  if (context.key_id != view.key_id || context.key_version != view.key_version) {
    return Error{Code::corrupt, "the envelope is under another key"};
  }
  auto nonce_key = XaesNonceKey::derive(key, view.nonce);
  if (!nonce_key) return nonce_key.error();
  if (!equal_constant_time(nonce_key->commitment(), view.commitment)) {
    return Error{Code::corrupt, "the envelope's key commitment does not match"};
  }
  return EnvelopeOpener(std::move(*nonce_key), AssociatedData(context, ids_of(view.fields)), view);
}

Status EnvelopeOpener::open(std::uint16_t id, std::string_view name, SecretBuffer& out) {
  const auto& fields = view_->fields;
  const auto found =
      std::lower_bound(fields.begin(), fields.end(), id,
                       [](const EnvelopeField& field, std::uint16_t wanted) { return field.id < wanted; });
  if (found == fields.end() || found->id != id) return Error{Code::not_found, "the envelope lacks the field"};
  if (name.size() > kEnvelopeMaxName || found->sealed.size() < kTagSize) {
    return Error{Code::corrupt, "the field does not open"};
  }
  const std::size_t start = out.size();
  out.resize(start + found->sealed.size() - kTagSize);
  const Status opened = key_.open(id, ad_.for_field(name), found->sealed, out.expose_secret_mutable().subspan(start));
  if (!opened) out.resize(start);
  return opened;
}

}  // namespace sluis
