// Single cryptographic operations in the HSM. Buffers are always given, with room to spare: a size query with a NULL
// output leaves the operation active on some modules and ends it on others.
#pragma once

#include <array>

#include "crypto/aead.h"
#include "crypto/bytes.h"
#include "hsm/object.h"
#include "hsm/profile.h"

namespace sluis::hsm {

inline constexpr std::size_t kSlack = 64;  // room beyond the input that every output buffer has

using Nonce = std::array<std::uint8_t, kGcmNonceSize>;

// A key to be used in a session.
struct KeyUse {
  Place place;
  ck_object_handle_t key;
  const Profile& profile;
};

// AES-256-GCM (NIST SP 800-38D) by CKM_AES_GCM with a 96-bit nonce and a 128-bit tag. `nonce` is used, or overwritten
// by the HSM's own where the profile says so. out = ciphertext || tag.
ck_rv_t gcm_encrypt(const KeyUse& use, Nonce& nonce, ByteView context, ByteView plaintext, Bytes& out);
// `out` holds at least sealed.size() + kSlack bytes; `size` becomes the plaintext's. On failure `out` is wiped.
ck_rv_t gcm_decrypt(const KeyUse& use, const Nonce& nonce, ByteView context, ByteView sealed, ByteSpan out,
                    std::size_t& size);

// C_Sign in one call: HMAC-SHA-256 or Ed25519. `out` has room for kSlack bytes more than the result.
ck_rv_t sign_once(const KeyUse& use, unsigned long mechanism, ByteView message, ByteSpan out, std::size_t& size);

// A fixed block encrypted and decrypted again under a master key: tells a wrapped key that was tampered with from an
// HSM that is ill.
ck_rv_t known_answer_round_trip(const KeyUse& use);

}  // namespace sluis::hsm
