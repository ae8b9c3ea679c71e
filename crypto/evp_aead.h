// One AEAD message under an EVP context that holds the key already. Not for use outside crypto/.
#pragma once

#include "crypto/aead.h"
#include "crypto/evp.h"

namespace sluis::evp {

// Nothing, or what is wrong with the sizes of a call: seals where `out` has a tag more than `in`.
Status check_seal(ByteView ad, ByteView in, ByteView out);
Status check_open(ByteView ad, ByteView in, ByteView out);

// `key` is null to keep the context's. The sizes have been checked; false leaves `out` as it happens to be.
bool seal(EVP_CIPHER_CTX* context, const std::uint8_t* key, ByteView nonce, ByteView ad, ByteView plaintext,
          ByteSpan out);
bool open(EVP_CIPHER_CTX* context, const std::uint8_t* key, ByteView nonce, ByteView ad, ByteView sealed, ByteSpan out);

}  // namespace sluis::evp
