// AES-256-GCM (NIST SP 800-38D) and KC-XAES-256-GCM (C2SP XAES-256-GCM with the key commitment of ePrint 2025/758).
// A call that fails leaves zeros in its output and no partial plaintext. The output may begin exactly where the input
// begins (a failed opening then destroys the ciphertext too); any other overlap of input and output, a wrong size of
// key, nonce or output is invalid, and more than 2^31-17 bytes is too_large. Free functions are thread-safe. Key
// schedules exist in OpenSSL's heap only while a call, or a XaesNonceKey, lives; they are cleansed after.
#pragma once

#include <array>
#include <cstddef>
#include <memory>

#include "crypto/bytes.h"
#include "crypto/secret.h"

namespace sluis {

inline constexpr std::size_t kAeadKeySize = 32;
inline constexpr std::size_t kGcmNonceSize = 12;
inline constexpr std::size_t kTagSize = 16;
inline constexpr std::size_t kXaesNonceSize = 24;
inline constexpr std::size_t kCommitmentSize = 32;

using XaesNonce = std::array<std::uint8_t, kXaesNonceSize>;
using Commitment = std::array<std::uint8_t, kCommitmentSize>;

// out = ciphertext || tag; out.size() must be plaintext.size() + kTagSize.
Status gcm_seal(const SecretKey& key, ByteView nonce, ByteView ad, ByteView plaintext, ByteSpan out);
// out.size() must be sealed.size() - kTagSize. Error corrupt if the tag does not match.
Status gcm_open(const SecretKey& key, ByteView nonce, ByteView ad, ByteView sealed, ByteSpan out);

// A long-lived XAES key: the key and its CMAC subkey K1, both in locked memory. Thread-safe, move-only.
class XaesKey {
 public:
  static Result<XaesKey> make(const SecretKey& key);  // 32 bytes
  XaesKey(XaesKey&&) noexcept;
  XaesKey& operator=(XaesKey&&) noexcept;
  ~XaesKey();
  struct Impl;
  const Impl& impl() const noexcept { return *impl_; }

 private:
  explicit XaesKey(std::unique_ptr<Impl> impl) noexcept;
  std::unique_ptr<Impl> impl_;
};

// One nonce's derived key: seals or opens many fields under N with its last four bytes XORed with the field id, and
// gives the commitment for N: CMAC_K("XCMT" || N || 00 01 00 01) || CMAC_K("XCMT" || N || 00 01 00 02). For one thread
// at a time; wiped when destroyed. The caller sees to it that one field id seals once under a nonce.
class XaesNonceKey {
 public:
  static Result<XaesNonceKey> derive(const XaesKey& key, const XaesNonce& nonce);
  XaesNonceKey(XaesNonceKey&&) noexcept;
  XaesNonceKey& operator=(XaesNonceKey&&) noexcept;
  ~XaesNonceKey();

  const Commitment& commitment() const noexcept;
  // out.size() = plaintext.size() + kTagSize. field_id 0 is plain XAES under N.
  Status seal(std::uint32_t field_id, ByteView ad, ByteView plaintext, ByteSpan out);
  // out.size() = sealed.size() - kTagSize. Error corrupt if the tag does not match.
  Status open(std::uint32_t field_id, ByteView ad, ByteView sealed, ByteSpan out);

 private:
  struct Impl;
  explicit XaesNonceKey(std::unique_ptr<Impl> impl) noexcept;
  std::unique_ptr<Impl> impl_;
};

}  // namespace sluis
