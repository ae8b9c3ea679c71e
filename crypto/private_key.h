// Key pairs of the Transit interface over EVP: Ed25519 (RFC 8032), ECDSA on the NIST curves (FIPS 186-5), RSA (RFC
// 8017). Immutable and thread-safe; move-only. Private bytes leave only through to_pkcs8 and export_*, into wiped
// memory; while a key lives its numbers are in OpenSSL's heap, which wipes them (crypto/wiping_heap.h).
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "crypto/bytes.h"
#include "crypto/digests.h"
#include "crypto/secret.h"

namespace sluis {

enum class PairKind : std::uint8_t { ed25519, ecdsa_p256, ecdsa_p384, ecdsa_p521, rsa_2048, rsa_3072, rsa_4096 };

struct SignOptions {
  DigestKind digest = DigestKind::sha2_256;  // Ed25519 ignores it
  enum class Input : std::uint8_t { message, prehashed } input = Input::message;
  enum class Padding : std::uint8_t { pss, pkcs1v15 } padding = Padding::pss;             // RSA
  enum class Form : std::uint8_t { asn1, jws } form = Form::asn1;                         // ECDSA: DER, or r || s
  enum class Salt : std::uint8_t { automatic, as_digest, fixed } salt = Salt::automatic;  // PSS
  std::size_t salt_bytes = 0;                                                             // of Salt::fixed
};

class PrivateKey {
 public:
  static Result<PrivateKey> generate(PairKind kind);
  // PKCS#8 DER, of one of the kinds; invalid for anything else, also for a pair that does not fit together. Checking
  // the primes of RSA-4096 takes about half a second.
  static Result<PrivateKey> from_pkcs8(ByteView der);
  // The same without that check of the numbers: for what to_pkcs8 gave and was kept authenticated since.
  static Result<PrivateKey> from_own_pkcs8(ByteView der);
  // Ed25519 from its 32-byte seed, or from 64 bytes seed || public key, which must belong together.
  static Result<PrivateKey> from_ed25519(ByteView raw);
  // The public half alone, PEM or DER of a SubjectPublicKeyInfo, of one of the kinds: it verifies and encrypts. What
  // needs the private half is invalid. invalid for anything else, also for a point that is not on its curve.
  static Result<PrivateKey> from_public(std::string_view pem_or_der);
  PrivateKey(PrivateKey&&) noexcept;
  PrivateKey& operator=(PrivateKey&&) noexcept;
  ~PrivateKey();

  PairKind kind() const noexcept;
  bool has_private() const noexcept;
  Result<SecretKey> to_pkcs8() const;           // DER, at most 4096 bytes
  Result<SecretBuffer> export_pem() const;      // "RSA PRIVATE KEY" (PKCS#1), "EC PRIVATE KEY" (SEC1); Ed25519: PKCS#8
  Result<SecretBuffer> export_ed25519() const;  // 64 bytes seed || public key, raw
  Result<std::string> public_pem() const;       // SubjectPublicKeyInfo
  Result<Bytes> public_der() const;             // the same
  Result<Bytes> public_raw() const;             // Ed25519: 32 bytes

  // invalid where the options do not fit the kind (SHA-1, a salt that is too long, JWS but for ECDSA) or a prehashed
  // input does not have the digest's length. Ed25519 signs the input as it is, whatever `input` says. An automatic salt
  // is the longest one possible; verifying with it takes any.
  Result<Bytes> sign(ByteView input, const SignOptions& options) const;
  Result<bool> verify(ByteView input, ByteView signature, const SignOptions& options) const;  // malformed: false

  // RSA-OAEP, MGF1 with the same digest, optional label. invalid for other kinds and for a plaintext of more than the
  // modulus less two digests and two bytes; corrupt where a ciphertext does not open.
  Result<Bytes> encrypt_oaep(ByteView plaintext, DigestKind digest, ByteView label = {}) const;
  Result<SecretBuffer> decrypt_oaep(ByteView ciphertext, DigestKind digest, ByteView label = {}) const;

  // PKCS#10: the template's subject and extensions (PEM; empty: an empty subject), this key, its signature. PEM.
  Result<std::string> sign_csr(std::string_view template_pem) const;
  // Whether the certificate (DER) is for this key.
  bool owns_certificate(ByteView der) const;

 private:
  struct State;
  explicit PrivateKey(std::unique_ptr<State> state) noexcept;
  std::unique_ptr<State> state_;
};

// To another's RSA key of one of the kinds, a SubjectPublicKeyInfo: for BYOK export. invalid where it is none.
Result<Bytes> encrypt_oaep_to(std::string_view public_pem_or_der, ByteView plaintext, DigestKind digest);
// PEM certificates, leaf first, as DER; invalid where one does not parse, more than 16, anything but certificates, or
// one that is not signed by the next. Dates and trust are not looked at.
Result<std::vector<Bytes>> parse_chain(std::string_view pem);

// AES-256 key wrap with padding (RFC 5649, NIST SP 800-38F KWP); keys of 1 to 4088 bytes. invalid for other sizes,
// corrupt for what does not open.
Result<Bytes> kwp_wrap(ByteView kek, ByteView key);
Result<SecretKey> kwp_unwrap(ByteView kek, ByteView wrapped);

}  // namespace sluis
