// The material of one version: how it is made, imported, and written into the bytes that the HSM wraps. Thread-safe.
#pragma once

#include <optional>
#include <string_view>

#include "crypto/private_key.h"
#include "crypto/secret.h"
#include "gateway/transit/keys/key_type.h"
#include "hsm/token.h"

namespace sluis::gateway::transit {

struct Material {
  SecretKey key;                   // symmetric types and hmac
  std::optional<PrivateKey> pair;  // asymmetric types
  SecretKey hmac_key;
};

// Symmetric keys come from the token's random source, pairs from OpenSSL. `key_size` is for hmac, in bytes. Slow for
// RSA.
Result<Material> make_material(hsm::Token& token, KeyType type, std::uint32_t key_size);

// Symmetric keys raw, of exactly their size (hmac: 32 to 512 bytes); pairs as PKCS#8 DER of the type; Ed25519 also as
// its 32-byte seed. The HMAC key is drawn. Error invalid, with the text for the client.
Result<Material> import_material(hsm::Token& token, KeyType type, ByteView raw);

// The public half alone, as PEM; the HMAC key is drawn. Error invalid, with the text for the client.
Result<Material> import_public(hsm::Token& token, KeyType type, std::string_view pem);

// What goes out when the version's key is given to somebody else: the bytes that import_material takes.
Result<SecretKey> bytes_for_export(const SecretKey& key, const std::optional<PrivateKey>& pair);

// Format (1 byte, 1), type (1 byte: its place in KeyType, from 1), key (2-byte length before it; raw or PKCS#8 DER),
// HMAC key (2-byte length before it; none for type hmac, whose key it is). Format 2: a pair without its private half,
// whose key is a SubjectPublicKeyInfo.
Result<SecretKey> encode_material(KeyType type, const Material& material);
// Whose bytes they are: our own, authenticated since, or somebody's, so that the numbers of a pair are checked too.
enum class Origin : std::uint8_t { own, given };
// Error corrupt for anything else, or for another type.
Result<Material> decode_material(KeyType type, ByteView bytes, Origin origin);

}  // namespace sluis::gateway::transit
