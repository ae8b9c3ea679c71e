// Digests, MACs and key derivation over OpenSSL's EVP. Stateless and thread-safe. A function that returns a Digest
// throws std::runtime_error if OpenSSL itself fails, which only a broken installation or exhausted memory brings about.
#pragma once

#include <array>
#include <initializer_list>
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

// HKDF-SHA-256 (RFC 5869), extract and expand; an empty salt stands for 32 zero bytes. `out` has 1 to 255*32 bytes
// (else invalid) and is key material: zeros after a failure.
Status hkdf_sha256(ByteView salt, ByteView key, ByteView info, ByteSpan out);
// The same without salt, into locked memory; `size` 1 to 4096 bytes.
Result<SecretKey> hkdf_sha256(const SecretKey& key, std::string_view info, std::size_t size);

// Random bytes; a failure is an error (internal) and leaves zeros, never weak bytes. Public bytes (nonces, salts,
// identifiers) come from the kernel (getrandom), key material from OpenSSL's private generator (RAND_priv_bytes), so
// that published bytes say nothing about a key. Both are safe over fork().
Status random_bytes(ByteSpan out);
Status random_secret(ByteSpan out);

}  // namespace sluis
