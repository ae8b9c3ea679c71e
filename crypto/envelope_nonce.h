// Sealing under a nonce given from outside, for fixed examples and known answers alone: a nonce that repeats under one
// key gives the plaintext away. Programs call seal_envelope (crypto/envelope.h), which draws its own.
#pragma once

#include "crypto/envelope.h"

namespace sluis {

Result<Bytes> seal_envelope_under_nonce(const XaesKey& key, const XaesNonce& nonce, const EnvelopeContext& context,
                                        std::span<const PlainField> fields);

}  // namespace sluis
