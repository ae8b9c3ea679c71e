// Encrypts and decrypts under one key in the form of the Transit engines: "vault:v<N>:" and Base64 of nonce ||
// ciphertext || tag (RSA: the OAEP ciphertext). Derived keys: HKDF-SHA-256 without salt, info = context; convergent
// ones: the last 32 derived bytes key an HMAC-SHA-256 whose first 12 bytes over the plaintext are the nonce. Ciphers
// and random nonces are kept from item to item. For one call and one thread at a time.
#pragma once

#include <array>
#include <string_view>
#include <vector>

#include "crypto/aead_cipher.h"
#include "gateway/transit/keys/transit_keys.h"

namespace sluis::gateway::transit {

inline constexpr std::string_view kPrefix = "vault:v";

// What a malformed text is told, by what it should be.
struct VersionWords {
  Literal no_prefix, fields, number, too_new, too_old;
};
extern const VersionWords kCiphertextWords, kSignatureWords, kHmacWords;

// "vault:v<N>:<rest>", taken apart; version 0 reads as 1. Errors are invalid.
struct Versioned {
  std::uint32_t version = 0;
  std::string_view rest;
};
Result<Versioned> split_versioned(std::string_view text, const VersionWords& words);
void append_prefix(SecretBuffer& out, std::uint32_t version);

// The version that a new ciphertext is made with: 0 stands for the latest. Errors are invalid, in the contract's words.
Result<std::uint32_t> version_to_encrypt(const TransitKey& key, std::int64_t asked);
// The same of a signature.
Result<std::uint32_t> version_to_sign(const TransitKey& key, std::int64_t asked);
// The version that a ciphertext, signature or MAC was made with.
Result<const KeyVersion*> version_made_with(const TransitKey& key, std::uint32_t version, const VersionWords& words);

struct ItemContext {
  ByteView context;          // of derived keys
  ByteView associated_data;  // of AEADs
};

class ItemCipher {
 public:
  // `items`: how many are expected, so that nonces are drawn together.
  ItemCipher(TransitKeys::Key key, std::size_t items);

  const TransitKey& key() const noexcept { return *key_; }
  // Another state of the same key: what was kept is dropped.
  void replace(TransitKeys::Key key);

  // Appends the ciphertext's text. `version` comes from version_to_encrypt().
  Status encrypt(std::uint32_t version, const ItemContext& item, ByteView plaintext, SecretBuffer& out);
  // Replaces `out` by the plaintext's bytes; on failure it is empty.
  Status decrypt(const Versioned& ciphertext, const ItemContext& item, SecretBuffer& out);

 private:
  struct Slot {
    std::uint32_t version = 0;
    SecretBuffer context;
    std::optional<AeadCipher> cipher;
    SecretKey nonce_key;  // of convergent keys
  };
  Result<Slot*> slot(const KeyVersion& version, ByteView context);
  Result<Slot> make_slot(const KeyVersion& version, ByteView context) const;
  Status take_nonce(const Slot& slot, ByteView plaintext, ByteSpan nonce);
  Status seal(const KeyVersion& version, const ItemContext& item, ByteView plaintext);
  Status open(const KeyVersion& version, const ItemContext& item, SecretBuffer& out);

  static constexpr std::size_t kSlots = 8;
  static constexpr std::size_t kNoncePool = 1536;

  TransitKeys::Key key_;
  std::size_t items_left_;
  std::vector<Slot> slots_;
  std::size_t next_slot_ = 0;
  SecretBuffer work_;  // nonce || ciphertext || tag of the item at hand
  std::array<std::uint8_t, kNoncePool> nonces_;
  std::size_t nonces_left_ = 0;  // bytes, at the pool's end
};

// Key material under a version's key for a context: HKDF as above. Error invalid where the context is missing.
Result<SecretKey> derive_key(const SecretKey& from, ByteView context, std::size_t size);

}  // namespace sluis::gateway::transit
