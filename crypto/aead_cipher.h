// The AEADs of the Transit interface over EVP: AES-GCM (NIST SP 800-38D), ChaCha20-Poly1305 (RFC 8439),
// XChaCha20-Poly1305 (draft-irtf-cfrg-xchacha-03). One key for any number of messages; for one thread at a time.
#pragma once

#include <memory>

#include "crypto/bytes.h"
#include "crypto/result.h"

namespace sluis {

enum class AeadKind : std::uint8_t { aes128_gcm, aes256_gcm, chacha20_poly1305, xchacha20_poly1305 };

std::size_t key_size(AeadKind kind) noexcept;    // bytes: 16 or 32
std::size_t nonce_size(AeadKind kind) noexcept;  // bytes: 12 or 24

class AeadCipher {
 public:
  // `key` has key_size(kind) bytes, else invalid. It is not kept but in OpenSSL's context.
  static Result<AeadCipher> make(AeadKind kind, ByteView key);
  AeadCipher(AeadCipher&&) noexcept;
  AeadCipher& operator=(AeadCipher&&) noexcept;
  ~AeadCipher();

  // As in crypto/aead.h: `out` may begin where the input does and is all zeros after a failure; other overlaps and
  // wrong sizes are invalid, more than 2^31-17 bytes too_large. No allocation.
  // `out` has plaintext.size() + 16 bytes: ciphertext, tag.
  Status seal(ByteView nonce, ByteView ad, ByteView plaintext, ByteSpan out);
  // `out` has sealed.size() - 16 bytes; corrupt where the tag does not match.
  Status open(ByteView nonce, ByteView ad, ByteView sealed, ByteSpan out);

 private:
  struct State;
  explicit AeadCipher(std::unique_ptr<State> state) noexcept;
  std::unique_ptr<State> state_;
};

}  // namespace sluis
