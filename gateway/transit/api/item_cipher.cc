#include "gateway/transit/api/item_cipher.h"

#include <algorithm>
#include <charconv>

#include "crypto/aead.h"
#include "crypto/hash.h"
#include "gateway/records/json_text.h"

namespace sluis::gateway::transit {
namespace {

constexpr std::size_t kNonceKeySize = 32;

AeadKind aead_of(KeyType type) noexcept {
  switch (type) {
    case KeyType::aes128_gcm96:
      return AeadKind::aes128_gcm;
    case KeyType::chacha20_poly1305:
      return AeadKind::chacha20_poly1305;
    case KeyType::xchacha20_poly1305:
      return AeadKind::xchacha20_poly1305;
    default:
      return AeadKind::aes256_gcm;
  }
}

constexpr Error no_such_version() noexcept {
  return {Code::invalid, "no such key version"};
}
constexpr Error not_authentic() noexcept {
  return {Code::invalid, "cipher: message authentication failed"};
}

struct AskedWords {
  Literal negative, too_high, too_low;
};
constexpr AskedWords kEncryptWords{"requested version for encryption is negative",
                                   "requested version for encryption is higher than the latest key version",
                                   "requested version for encryption is less than the minimum encryption key version"};
constexpr AskedWords kSignWords{"requested version for signing is negative",
                                "requested version for signing is higher than the latest key version",
                                "requested version for signing is less than the minimum encryption key version"};

Result<std::uint32_t> version_to_use(const TransitKey& key, std::int64_t asked, const AskedWords& words) {
  if (asked < 0) return Error{Code::invalid, words.negative};
  if (asked > static_cast<std::int64_t>(key.latest())) return Error{Code::invalid, words.too_high};
  const auto version = asked == 0 ? key.latest() : static_cast<std::uint32_t>(asked);
  if (version < key.attributes.min_encryption_version) return Error{Code::invalid, words.too_low};
  if (key.find(version) == nullptr) return no_such_version();
  return version;
}

bool same_bytes(ByteView a, ByteView b) noexcept {
  return std::equal(a.begin(), a.end(), b.begin(), b.end());
}

}  // namespace

const VersionWords kCiphertextWords{"invalid ciphertext: no prefix", "invalid ciphertext: wrong number of fields",
                                    "invalid ciphertext: version number could not be decoded",
                                    "invalid ciphertext: version is too new",
                                    "ciphertext or signature version is disallowed by policy (too old)"};
const VersionWords kSignatureWords{"invalid signature: no prefix", "invalid signature: wrong number of fields",
                                   "invalid signature: version number could not be decoded",
                                   "invalid signature: version is too new",
                                   "ciphertext or signature version is disallowed by policy (too old)"};
const VersionWords kHmacWords{"invalid HMAC to verify: no prefix", "invalid HMAC: wrong number of fields",
                              "invalid HMAC: version number could not be decoded", "invalid HMAC: version is too new",
                              "cannot verify HMAC: version is too old (disallowed by policy)"};

Result<Versioned> split_versioned(std::string_view text, const VersionWords& words) {
  if (!text.starts_with(kPrefix)) return Error{Code::invalid, words.no_prefix};
  text.remove_prefix(kPrefix.size());
  const auto colon = text.find(':');
  if (colon == std::string_view::npos) return Error{Code::invalid, words.fields};
  Versioned out;
  const auto [end, error] = std::from_chars(text.data(), text.data() + colon, out.version);
  if (error == std::errc::result_out_of_range) return Error{Code::invalid, words.too_new};
  if (error != std::errc{} || end != text.data() + colon) return Error{Code::invalid, words.number};
  out.version = std::max(out.version, 1U);
  out.rest = text.substr(colon + 1);
  return out;
}

void append_prefix(SecretBuffer& out, std::uint32_t version) {
  out.append(kPrefix);
  append_number(out, version);
  out.push_back(':');
}

Result<std::uint32_t> version_to_encrypt(const TransitKey& key, std::int64_t asked) {
  return version_to_use(key, asked, kEncryptWords);
}
Result<std::uint32_t> version_to_sign(const TransitKey& key, std::int64_t asked) {
  return version_to_use(key, asked, kSignWords);
}

Result<const KeyVersion*> version_made_with(const TransitKey& key, std::uint32_t version, const VersionWords& words) {
  if (version > key.latest()) return Error{Code::invalid, words.too_new};
  if (version < key.attributes.min_decryption_version) return Error{Code::invalid, words.too_old};
  const KeyVersion* const found = key.find(version);
  if (found == nullptr) return no_such_version();
  return found;
}

Result<SecretKey> derive_key(const SecretKey& from, ByteView context, std::size_t size) {
  if (context.empty()) {
    return Error{
        Code::invalid,
        "missing 'context' for key derivation; the key was created using a derived key, which means additional, "
        "per-request information must be included in order to perform operations with the key"};
  }
  auto key = SecretKey::make(size);
  if (!key) return key.error();
  const Status derived = hkdf_sha256({}, from.expose_secret(), context, key->expose_secret_mutable());
  if (!derived) return derived.error();
  return key;
}

ItemCipher::ItemCipher(TransitKeys::Key key, std::size_t items) : key_(std::move(key)), items_left_(items) {}

void ItemCipher::replace(TransitKeys::Key key) {
  if (key == key_) return;
  key_ = std::move(key);
  slots_.clear();
  next_slot_ = 0;
}

Result<ItemCipher::Slot> ItemCipher::make_slot(const KeyVersion& version, ByteView context) const {
  const Attributes& attributes = key_->attributes;
  const AeadKind kind = aead_of(attributes.type);
  Slot slot;
  slot.version = version.number;
  SecretKey derived;
  ByteView material = version.key.expose_secret();
  if (attributes.derived) {
    const std::size_t more = attributes.convergent ? kNonceKeySize : 0;
    auto made = derive_key(version.key, context, key_size(kind) + more);
    if (!made) return made.error();
    derived = *std::move(made);
    material = derived.expose_secret().first(key_size(kind));
    slot.context.append(context);
    if (more != 0) {
      auto nonce_key = SecretKey::copy_of(derived.expose_secret().last(more));
      if (!nonce_key) return nonce_key.error();
      slot.nonce_key = *std::move(nonce_key);
    }
  }
  auto cipher = AeadCipher::make(kind, material);
  if (!cipher) return cipher.error();
  slot.cipher.emplace(*std::move(cipher));
  return slot;
}

// The cipher of a version and context: the few used last are kept, for items of a batch have much in common.
Result<ItemCipher::Slot*> ItemCipher::slot(const KeyVersion& version, ByteView context) {
  if (!key_->attributes.derived) context = {};
  for (Slot& known : slots_) {
    if (known.version == version.number && same_bytes(known.context.expose_secret(), context)) return &known;
  }
  auto made = make_slot(version, context);
  if (!made) return made.error();
  if (slots_.size() < kSlots) {
    slots_.push_back(*std::move(made));
    return &slots_.back();
  }
  Slot& place = slots_[next_slot_];
  next_slot_ = (next_slot_ + 1) % kSlots;
  place = *std::move(made);
  return &place;
}

Status ItemCipher::take_nonce(const Slot& slot, ByteView plaintext, ByteSpan nonce) {
  if (!slot.nonce_key.empty()) {
    const Digest mac = hmac_sha256(slot.nonce_key.expose_secret(), {plaintext});
    std::copy_n(mac.begin(), nonce.size(), nonce.begin());
    return {};
  }
  if (nonces_left_ < nonce.size()) {
    const std::size_t wanted = std::max<std::size_t>(items_left_, 1) * nonce.size();
    nonces_left_ = std::min(nonces_.size() / nonce.size() * nonce.size(), wanted);
    const Status drawn = random_bytes(ByteSpan(nonces_).last(nonces_left_));
    if (!drawn) {
      nonces_left_ = 0;
      return drawn;
    }
  }
  const ByteView fresh = ByteView(nonces_).last(nonces_left_).first(nonce.size());
  std::copy(fresh.begin(), fresh.end(), nonce.begin());
  nonces_left_ -= nonce.size();
  if (items_left_ > 0) --items_left_;
  return {};
}

Status ItemCipher::seal(const KeyVersion& version, const ItemContext& item, ByteView plaintext) {
  if (!is_aead(key_->attributes.type)) {
    const auto sealed = version.pair->encrypt_oaep(plaintext, DigestKind::sha2_256);
    if (!sealed) return sealed.error();
    work_.append(*sealed);
    return {};
  }
  const auto found = slot(version, item.context);
  if (!found) return found.error();
  Slot& slot = **found;
  const std::size_t nonce = nonce_size(aead_of(key_->attributes.type));
  work_.resize(nonce + plaintext.size() + kTagSize);
  const ByteSpan all = work_.expose_secret_mutable();
  if (const Status drawn = take_nonce(slot, plaintext, all.first(nonce)); !drawn) return drawn;
  return slot.cipher->seal(all.first(nonce), item.associated_data, plaintext, all.subspan(nonce));
}

Status ItemCipher::encrypt(std::uint32_t version, const ItemContext& item, ByteView plaintext, SecretBuffer& out) {
  const KeyVersion* const found = key_->find(version);
  if (found == nullptr) return no_such_version();
  work_.clear();
  if (const Status sealed = seal(*found, item, plaintext); !sealed) return sealed;
  append_prefix(out, version);
  append_base64(out, work_.expose_secret());
  return {};
}

Status ItemCipher::open(const KeyVersion& version, const ItemContext& item, SecretBuffer& out) {
  const ByteView all = work_.expose_secret();
  if (!is_aead(key_->attributes.type)) {
    if (!version.pair->has_private()) {
      return Error{Code::invalid, "requested version for decryption does not contain a private part"};
    }
    auto opened = version.pair->decrypt_oaep(all, DigestKind::sha2_256);
    if (!opened && opened.error().code == Code::unavailable) return opened.error();
    if (!opened) return Error{Code::invalid, "crypto/rsa: decryption error"};
    out = *std::move(opened);
    return {};
  }
  const std::size_t nonce = nonce_size(aead_of(key_->attributes.type));
  if (all.size() < nonce + kTagSize) return Error{Code::invalid, "invalid ciphertext length"};
  const auto found = slot(version, item.context);
  if (!found) return found.error();
  out.resize(all.size() - nonce - kTagSize);
  const Status opened =
      (*found)->cipher->open(all.first(nonce), item.associated_data, all.subspan(nonce), out.expose_secret_mutable());
  if (opened) return {};
  out.clear();
  return opened.error().code == Code::corrupt ? not_authentic() : opened.error();
}

Status ItemCipher::decrypt(const Versioned& ciphertext, const ItemContext& item, SecretBuffer& out) {
  out.clear();
  const auto version = version_made_with(*key_, ciphertext.version, kCiphertextWords);
  if (!version) return version.error();
  work_.clear();
  if (!append_from_base64(work_, ciphertext.rest)) {
    return Error{Code::invalid, "invalid ciphertext: could not decode base64"};
  }
  return open(**version, item, out);
}

}  // namespace sluis::gateway::transit
