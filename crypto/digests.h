// The digests of the Transit interface: SHA-2 (FIPS 180-4), SHA-3 (FIPS 202), and SHA-1 for OAEP alone. Stateless,
// thread-safe.
#pragma once

#include <optional>
#include <string_view>

#include "crypto/bytes.h"
#include "crypto/result.h"

namespace sluis {

enum class DigestKind : std::uint8_t {
  sha1,
  sha2_224,
  sha2_256,
  sha2_384,
  sha2_512,
  sha3_224,
  sha3_256,
  sha3_384,
  sha3_512
};

std::string_view name(DigestKind kind) noexcept;                         // "sha2-256"
std::optional<DigestKind> digest_named(std::string_view name) noexcept;  // those names; not sha1
std::size_t digest_size(DigestKind kind) noexcept;

// invalid for SHA-1, which collides.
Result<Bytes> digest_of(DigestKind kind, ByteView data);
Result<Bytes> hmac_of(DigestKind kind, ByteView key, ByteView data);  // RFC 2104; key of 1 byte and more

}  // namespace sluis
