#include "gateway/transit/keys/material.h"

#include <algorithm>

#include "gateway/transit/keys/attributes.h"

namespace sluis::gateway::transit {
namespace {

constexpr std::uint8_t kFormat = 1;
constexpr std::uint8_t kPublicFormat = 2;
constexpr std::size_t kHmacKeySize = 32;
constexpr std::size_t kHeaderSize = 6;  // format, type and two lengths
constexpr Error kMalformed{Code::corrupt, "the material of a key version is malformed"};

PairKind pair_kind(KeyType type) noexcept {
  switch (type) {
    case KeyType::ecdsa_p256:
      return PairKind::ecdsa_p256;
    case KeyType::ecdsa_p384:
      return PairKind::ecdsa_p384;
    case KeyType::ecdsa_p521:
      return PairKind::ecdsa_p521;
    case KeyType::rsa_2048:
      return PairKind::rsa_2048;
    case KeyType::rsa_3072:
      return PairKind::rsa_3072;
    case KeyType::rsa_4096:
      return PairKind::rsa_4096;
    default:
      return PairKind::ed25519;
  }
}

std::uint8_t number_of(KeyType type) noexcept {
  return static_cast<std::uint8_t>(static_cast<unsigned>(type) + 1);
}

bool is_key_size(KeyType type, std::size_t size) noexcept {
  if (type == KeyType::hmac) return size >= kMinHmacKeySize && size <= kMaxHmacKeySize;
  return size == (type == KeyType::aes128_gcm96 ? 16U : 32U);
}

Status add_hmac_key(hsm::Token& token, KeyType type, Material& material) {
  auto key = type == KeyType::hmac ? SecretKey::copy_of(material.key.expose_secret()) : token.random(kHmacKeySize);
  if (!key) return key.error();
  material.hmac_key = std::move(*key);
  return {};
}

Result<PrivateKey> import_pair(KeyType type, ByteView raw) {
  auto pair = PrivateKey::from_pkcs8(raw);
  if (!pair && type == KeyType::ed25519 && raw.size() == 32) pair = PrivateKey::from_ed25519(raw);
  if (!pair) return Error{Code::invalid, "the imported key is not a PKCS#8 private key"};
  if (pair->kind() != pair_kind(type)) return Error{Code::invalid, "the imported key is of another type"};
  return pair;
}

// Views into what the Reader reads; both lengths are bounded by the 16 bits they have.
Result<ByteView> take_part(Reader& reader) {
  const auto size = reader.u16();
  if (!size) return size.error();
  return reader.bytes(*size);
}

Status set_public(KeyType type, ByteView der, Material& material) {
  auto pair = is_asymmetric(type) ? PrivateKey::from_public(text_of(der)) : Result<PrivateKey>(kMalformed);
  if (!pair || pair->kind() != pair_kind(type)) return kMalformed;
  material.pair.emplace(std::move(*pair));
  return {};
}

// The bytes of the version's key, as they are kept.
Result<SecretKey> bytes_to_keep(const Material& material) {
  if (!material.pair || material.pair->has_private()) return bytes_for_export(material.key, material.pair);
  const auto der = material.pair->public_der();
  if (!der) return der.error();
  return SecretKey::copy_of(*der);
}

Status set_key(KeyType type, ByteView key, Origin origin, Material& material) {
  if (is_asymmetric(type)) {
    auto pair = origin == Origin::own ? PrivateKey::from_own_pkcs8(key) : PrivateKey::from_pkcs8(key);
    if (!pair || pair->kind() != pair_kind(type)) return kMalformed;
    material.pair.emplace(std::move(*pair));
    return {};
  }
  if (!is_key_size(type, key.size())) return kMalformed;
  auto copy = SecretKey::copy_of(key);
  if (!copy) return copy.error();
  material.key = std::move(*copy);
  return {};
}

}  // namespace

Result<Material> make_material(hsm::Token& token, KeyType type, std::uint32_t key_size) {
  Material material;
  if (is_asymmetric(type)) {
    auto pair = PrivateKey::generate(pair_kind(type));
    if (!pair) return pair.error();
    material.pair.emplace(std::move(*pair));
  } else {
    const std::size_t aead_size = type == KeyType::aes128_gcm96 ? 16 : 32;
    auto key = token.random(type == KeyType::hmac ? key_size : aead_size);
    if (!key) return key.error();
    material.key = std::move(*key);
  }
  if (const Status added = add_hmac_key(token, type, material); !added) return added.error();
  return material;
}

Result<Material> import_material(hsm::Token& token, KeyType type, ByteView raw) {
  Material material;
  if (is_asymmetric(type)) {
    auto pair = import_pair(type, raw);
    if (!pair) return pair.error();
    material.pair.emplace(std::move(*pair));
  } else {
    if (!is_key_size(type, raw.size())) return Error{Code::invalid, "the imported key has the wrong size for its type"};
    auto key = SecretKey::copy_of(raw);
    if (!key) return key.error();
    material.key = std::move(*key);
  }
  if (const Status added = add_hmac_key(token, type, material); !added) return added.error();
  return material;
}

Result<Material> import_public(hsm::Token& token, KeyType type, std::string_view pem) {
  if (!is_asymmetric(type)) return Error{Code::invalid, "provided type does not support public_key import"};
  auto pair = PrivateKey::from_public(pem);
  if (!pair) return Error{Code::invalid, "the imported key is not a public key in PEM"};
  if (pair->kind() != pair_kind(type)) return Error{Code::invalid, "the imported key is of another type"};
  Material material;
  material.pair.emplace(std::move(*pair));
  if (const Status added = add_hmac_key(token, type, material); !added) return added.error();
  return material;
}

Result<SecretKey> bytes_for_export(const SecretKey& key, const std::optional<PrivateKey>& pair) {
  if (pair) return pair->to_pkcs8();
  return SecretKey::copy_of(key.expose_secret());
}

Result<SecretKey> encode_material(KeyType type, const Material& material) {
  const auto key = bytes_to_keep(material);
  if (!key) return key.error();
  const bool public_alone = material.pair && !material.pair->has_private();
  const ByteView hmac_key = type == KeyType::hmac ? ByteView() : material.hmac_key.expose_secret();
  auto out = SecretKey::make(kHeaderSize + key->size() + hmac_key.size());
  if (!out) return out.error();
  const ByteSpan bytes = out->expose_secret_mutable();
  bytes[0] = public_alone ? kPublicFormat : kFormat;
  bytes[1] = number_of(type);
  std::size_t at = 2;
  for (const ByteView part : {key->expose_secret(), hmac_key}) {
    bytes[at++] = static_cast<std::uint8_t>(part.size() >> 8U);
    bytes[at++] = static_cast<std::uint8_t>(part.size() & 0xffU);
    std::copy(part.begin(), part.end(), bytes.begin() + static_cast<std::ptrdiff_t>(at));
    at += part.size();
  }
  return out;
}

Result<Material> decode_material(KeyType type, ByteView bytes, Origin origin) {
  Reader reader(bytes);
  const auto format = reader.u8();
  const auto number = reader.u8();
  const auto key = take_part(reader);
  const auto hmac_key = take_part(reader);
  if (!key || !hmac_key || !reader.done()) return kMalformed;
  if ((*format != kFormat && *format != kPublicFormat) || *number != number_of(type)) return kMalformed;
  if (hmac_key->size() != (type == KeyType::hmac ? 0U : kHmacKeySize)) return kMalformed;
  Material material;
  const Status set = *format == kFormat ? set_key(type, *key, origin, material) : set_public(type, *key, material);
  if (!set) return set.error();
  auto copy = SecretKey::copy_of(type == KeyType::hmac ? *key : *hmac_key);
  if (!copy) return copy.error();
  material.hmac_key = std::move(*copy);
  return material;
}

}  // namespace sluis::gateway::transit
