// What the interface tells of a key. Stateless; thread-safe.
#pragma once

#include "gateway/transit/api/envelope.h"
#include "gateway/transit/keys/transit_key.h"

namespace sluis::gateway::transit {

// The data of GET keys/:key, as JSON. `context`: of derived Ed25519 keys, whose public keys depend on it; empty: they
// are left out. Error invalid where the context does not serve.
Result<SecretBuffer> key_info(const TransitKey& key, ByteView context);

// The public key as the interface shows it: PEM, or for Ed25519 the Base64 of its 32 bytes.
Result<std::string> public_text(const PrivateKey& pair);
// DER certificates as PEM, one after another.
std::string pem_of(const std::vector<Bytes>& chain);
// "2026-11-23T20:36:17Z"
std::string rfc3339(std::uint64_t time_us);

}  // namespace sluis::gateway::transit
