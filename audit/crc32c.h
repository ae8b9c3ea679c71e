// CRC-32C (RFC 3720 appendix B.4, Castagnoli): finds bytes that changed by accident. It is no protection against
// intent; the Merkle tree is. Stateless and thread-safe.
#pragma once

#include <cstdint>

#include "crypto/bytes.h"

namespace sluis::audit {

// Of `bytes`, going on from the CRC of what stands before them.
std::uint32_t crc32c(ByteView bytes, std::uint32_t before = 0) noexcept;

// The same without the processor's instruction, for processors that lack it.
std::uint32_t crc32c_by_table(ByteView bytes, std::uint32_t before = 0) noexcept;

}  // namespace sluis::audit
