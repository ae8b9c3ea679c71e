// Digests, MACs and key derivation over OpenSSL's EVP. Stateless and thread-safe.
#pragma once

#include <array>
#include <string_view>

#include "crypto/bytes.h"
#include "crypto/secret.h"

namespace sluis {

using Digest = std::array<std::uint8_t, 32>;

// SHA-256 (FIPS 180-4) over one or more pieces.
Digest sha256(ByteView data);
Digest sha256(std::initializer_list<ByteView> pieces);

// HMAC-SHA-256 (RFC 2104, FIPS 198-1).
Digest hmac_sha256(ByteView key, std::initializer_list<ByteView> pieces);

// HKDF-SHA-256 (RFC 5869) without salt; `size` 1 to 255*32 bytes. The result is key material.
Result<SecretKey> hkdf_sha256(const SecretKey& key, std::string_view info, std::size_t size);

// The system's random source (RAND_bytes); a failure is an error, never weak bytes.
Status random_bytes(ByteSpan out);

}  // namespace sluis
