// Keys that come from elsewhere or go there, wrapped: RSA-OAEP of an ephemeral AES key, and the key under it (KWP).
#include <algorithm>

#include "crypto/hash.h"
#include "gateway/transit/keys/attributes.h"
#include "gateway/transit/keys/events.h"
#include "gateway/transit/keys/shelf.h"
#include "gateway/transit/keys/transit_keys.h"

namespace sluis::gateway::transit {
namespace {

constexpr std::string_view kWrappingRow = "transit-import/wrapping-key";
constexpr std::size_t kWrappedAesKeySize = 512;  // RSA-4096
constexpr std::size_t kAesKeySize = 32;
constexpr std::size_t kMaxImportBytes = 16'384;  // of the base64 text
constexpr Error kNotDerived{Code::invalid, "a public key alone cannot be derived from"};
constexpr Error kNotUnwrapped{Code::invalid, "the imported key could not be unwrapped"};

Status check_hash(DigestKind hash) {
  constexpr DigestKind allowed[] = {DigestKind::sha1, DigestKind::sha2_224, DigestKind::sha2_256, DigestKind::sha2_384,
                                    DigestKind::sha2_512};
  if (std::find(std::begin(allowed), std::end(allowed), hash) != std::end(allowed)) return {};
  return Error{Code::invalid, "unsupported hash function for OAEP"};
}

bool is_rsa(KeyType type) noexcept {
  return is_asymmetric(type) && encrypts(type);
}

Status may_import(const Attributes& attributes, const WrappedMaterial& wrapped, std::uint32_t version) {
  if (!attributes.imported) return Error{Code::invalid, "import_version is for imported keys alone"};
  const bool public_alone = wrapped.ciphertext.empty();
  if (public_alone && attributes.derived) return kNotDerived;
  if (version == 0) return {};
  if (public_alone) return Error{Code::invalid, "a version is completed by its private key alone"};
  if (is_asymmetric(attributes.type)) return {};
  return Error{Code::invalid, "private key imported, key version cannot be updated"};
}

Attributes attributes_for(const ImportOptions& options) {
  Attributes attributes;
  attributes.type = options.type;
  attributes.derived = options.derived;
  attributes.exportable = options.exportable;
  attributes.allow_plaintext_backup = options.allow_plaintext_backup;
  attributes.auto_rotate_period_s = options.auto_rotate_period_s;
  attributes.imported = true;
  attributes.allow_rotation = options.allow_rotation;
  if (options.type == KeyType::hmac) attributes.key_size = kMinHmacKeySize;
  return attributes;
}

}  // namespace

// Kept like any key, under a name that no client can have.
Result<TransitKeys::Key> TransitKeys::open_wrapping_key() {
  const std::string row_name(kWrappingRow);
  auto key = shelf_->open(row_name);
  if (key || key.error().code != Code::not_found) return key;
  const auto material = make_material(shelf_->token(), KeyType::rsa_4096, 0);
  if (!material) return material.error();
  Attributes attributes;
  attributes.type = KeyType::rsa_4096;
  auto row = shelf_->new_row(row_name);
  const auto bytes = encode_material(attributes.type, *material);
  if (!row || !bytes) return row ? bytes.error() : row.error();
  auto version = shelf_->wrap(*row, 1, row->created_us, *bytes);
  if (!version) return version.error();
  Draft draft{std::move(*row), attributes};
  draft.put_version(std::move(*version));
  auto made = shelf_->add(draft);
  if (!made && made.error().code == Code::conflict) return shelf_->open(row_name);
  return made;
}

Result<std::string> TransitKeys::wrapping_key() {
  const auto key = open_wrapping_key();
  if (!key) return key.error();
  return (*key)->newest().pair->public_pem();
}

// A wrong padding goes on with a key that nobody knows, so that it cannot be told from a wrong wrapping.
Result<SecretKey> TransitKeys::unwrap_import(const WrappedMaterial& material) {
  if (const Status allowed = check_hash(material.hash); !allowed) return allowed.error();
  if (material.ciphertext.size() > kMaxImportBytes) return Error{Code::invalid, "the wrapped key is too long"};
  const auto blob = from_base64(material.ciphertext);
  if (!blob) return Error{Code::invalid, "the wrapped key is not base64"};
  if (blob->size() <= kWrappedAesKeySize) return Error{Code::invalid, "the wrapped key is too short"};
  const auto key = open_wrapping_key();
  if (!key) return key.error();
  auto aes_key = SecretKey::random(kAesKeySize);
  if (!aes_key) return aes_key.error();
  const auto opened = (*key)->newest().pair->decrypt_oaep(ByteView(*blob).first(kWrappedAesKeySize), material.hash);
  if (opened && opened->size() == kAesKeySize) {
    const ByteView bytes = opened->expose_secret();
    std::copy(bytes.begin(), bytes.end(), aes_key->expose_secret_mutable().begin());
  }
  auto unwrapped = kwp_unwrap(aes_key->expose_secret(), ByteView(*blob).subspan(kWrappedAesKeySize));
  if (!unwrapped) return kNotUnwrapped;
  return unwrapped;
}

Result<Material> TransitKeys::material_of(KeyType type, const WrappedMaterial& wrapped) {
  if (wrapped.ciphertext.empty()) return import_public(shelf_->token(), type, wrapped.public_key);
  const auto raw = unwrap_import(wrapped);
  if (!raw) return raw.error();
  return import_material(shelf_->token(), type, raw->expose_secret());
}

Result<TransitKeys::Change> TransitKeys::import(std::string_view name, const ImportOptions& options,
                                                const WrappedMaterial& wrapped) {
  constexpr Error exists{Code::invalid, "the key exists already: import_version adds to an imported key"};
  if (!is_key_name(name)) return Error{Code::invalid, "invalid key name"};
  Attributes attributes = attributes_for(options);
  if (const Status allowed = check_new(attributes); !allowed) return allowed.error();
  const auto there = shelf_->open(row_of_name(name));
  if (there) return exists;
  if (there.error().code != Code::not_found) return there.error();
  if (options.derived && wrapped.ciphertext.empty()) return kNotDerived;
  const auto material = material_of(options.type, wrapped);
  if (!material) return material.error();
  if (options.type == KeyType::hmac) attributes.key_size = static_cast<std::uint32_t>(material->key.size());
  auto made = make(name, attributes, "keys.import", *material);
  if (!made && made.error().code == Code::conflict) return exists;
  return made;
}

Result<Material> TransitKeys::kept_material(const Draft& draft, std::uint32_t number) {
  const auto row = std::find_if(draft.row.versions.begin(), draft.row.versions.end(),
                                [&](const store::KeyVersion& version) { return version.version == number; });
  if (row == draft.row.versions.end() || row->state == store::KeyState::destroyed) {
    return Error{Code::invalid, "no such key version"};
  }
  const auto bytes = shelf_->unwrap(draft.row, *row);
  if (!bytes) return bytes.error();
  return decode_material(draft.attributes.type, bytes->expose_secret(), Origin::own);
}

// A version that has its public half alone gets the private half of the same pair; its HMAC key stays.
Status TransitKeys::complete(Draft& draft, std::uint32_t number, Material kept, const Material& given) {
  if (!kept.pair || kept.pair->has_private()) {
    return Error{Code::invalid, "private key imported, key version cannot be updated"};
  }
  const auto before = kept.pair->public_der();
  const auto after = given.pair->public_der();
  const auto whole = given.pair->to_pkcs8();
  if (!before || !after || !whole) return Error{Code::internal, "the key could not be encoded"};
  if (*before != *after) return Error{Code::invalid, "the private key is not of this version's public key"};
  auto pair = PrivateKey::from_own_pkcs8(whole->expose_secret());
  if (!pair) return pair.error();
  kept.pair.emplace(*std::move(pair));
  return put_material(draft, number, draft.version(number)->created_us, kept, "the private half of a version");
}

Status TransitKeys::put_material(Draft& draft, std::uint32_t number, std::uint64_t created_us, const Material& material,
                                 std::string detail) {
  const auto bytes = encode_material(draft.attributes.type, material);
  if (!bytes) return bytes.error();
  auto version = shelf_->wrap(draft.row, number, created_us, *bytes);
  if (!version) return version.error();
  draft.put_version(std::move(*version));
  draft.event = key_event("keys.import", draft.row.name, number, std::move(detail));
  return {};
}

Status TransitKeys::put_import(Draft& draft, std::uint32_t version, const Material& material) {
  const std::uint32_t latest = draft.latest();
  if (material.pair && material.pair->has_private()) {
    auto kept = kept_material(draft, version == 0 ? latest : version);
    if (!kept) return kept.error();
    if (version != 0 || !kept->pair->has_private()) {
      return complete(draft, version == 0 ? latest : version, *std::move(kept), material);
    }
  }
  draft.attributes.uses.erase(latest + 1);
  return put_material(draft, latest + 1, shelf_->now_us(), material, "a version");
}

Result<TransitKeys::Change> TransitKeys::import_version(std::string_view name, const WrappedMaterial& wrapped,
                                                        std::uint32_t version) {
  const std::string row_name = row_of_name(name);
  const auto found = shelf_->read(row_name);
  if (!found) return found.error();
  const KeyType type = found->attributes.type;
  if (const Status fits = may_import(found->attributes, wrapped, version); !fits) return fits.error();
  const auto material = material_of(type, wrapped);
  if (!material) return material.error();
  return shelf_->change(row_name, [&](Draft& draft) -> Status {
    if (draft.attributes.soft_deleted) return Error{Code::invalid, "the key is soft-deleted"};
    if (const Status fits = may_import(draft.attributes, wrapped, version); !fits) return fits;
    if (draft.attributes.type != type) return Error{Code::conflict, "the key was replaced meanwhile"};
    return put_import(draft, version, *material);
  });
}

Result<std::string> TransitKeys::wrap_for(const TransitKey& destination, const TransitKey& source,
                                          std::uint32_t version, DigestKind hash) {
  if (const Status allowed = check_hash(hash); !allowed) return allowed.error();
  if (!is_rsa(destination.attributes.type)) return Error{Code::invalid, "the destination is not an RSA key"};
  const KeyVersion* from = source.find(version);
  if (from == nullptr) return Error{Code::invalid, "no such key version"};
  const auto bytes = bytes_for_export(from->key, from->pair);
  if (!bytes) return bytes.error();
  const auto aes_key = SecretKey::random(kAesKeySize);
  if (!aes_key) return aes_key.error();
  auto blob = destination.newest().pair->encrypt_oaep(aes_key->expose_secret(), hash);
  if (!blob) return blob.error();
  const auto wrapped = kwp_wrap(aes_key->expose_secret(), bytes->expose_secret());
  if (!wrapped) return wrapped.error();
  blob->insert(blob->end(), wrapped->begin(), wrapped->end());
  return to_base64(*blob);
}

}  // namespace sluis::gateway::transit
