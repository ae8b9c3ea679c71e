// The HSM behind one narrow interface. Master keys never leave it. Two implementations: the PKCS#11 module loaded in
// this process (hsm/pkcs11_token.h) and, later, an agent in another process. All methods are thread-safe and may block;
// none may be called on an I/O thread. Errors: unavailable when the token or its server is away (heals by itself),
// corrupt when a wrapped key does not authenticate, not_found for an unknown label, conflict for a label in use, denied
// for a PIN or a right that is missing.
#pragma once

#include <chrono>
#include <string>
#include <string_view>
#include <vector>

#include "crypto/bytes.h"
#include "crypto/secret.h"

namespace sluis::hsm {

enum class KeyKind : std::uint8_t {
  master,     // AES-256: wraps data keys, nothing else
  audit,      // Ed25519: signs checkpoints of the log
  pseudonym,  // HMAC-SHA-256: derives the pseudonym key of a period
};
std::string_view name(KeyKind kind) noexcept;

struct KeyInfo {
  std::string label;  // "sluis-master-m1", "sluis-audit-a1", "sluis-pseudonym-p1": see label_of
  KeyKind kind;
  std::uint32_t version;
  Bytes id;  // CKA_ID, 16 random bytes
};
std::string label_of(KeyKind kind, std::uint32_t version);

struct TokenInfo {
  std::string label, manufacturer, model, serial, firmware;
  std::string profile;  // name of the vendor profile in use
  bool software;        // a software token: certificates say so
  unsigned sessions_open, sessions_limit;
  std::vector<std::string> orphans;  // labels or ids of objects that are not whole keys of Sluis
};

class Token {
 public:
  Token() = default;
  Token(const Token&) = delete;
  Token& operator=(const Token&) = delete;
  virtual ~Token() = default;

  virtual Result<KeyInfo> make(KeyKind kind, std::uint32_t version) = 0;
  virtual Result<std::vector<KeyInfo>> list() = 0;
  virtual Status destroy(KeyKind kind, std::uint32_t version) = 0;

  // Data keys, 1 to 4000 bytes, under a master key: AES-GCM by C_Encrypt with `context` as associated data and a fresh
  // random nonce. Wrapped bytes: nonce (12) || ciphertext || tag (16).
  virtual Result<Bytes> wrap(std::uint32_t master_version, ByteView context, const SecretKey& key) = 0;
  virtual Result<SecretKey> unwrap(std::uint32_t master_version, ByteView context, ByteView wrapped) = 0;

  // HMAC-SHA-256 under a pseudonym key. The result is key material (a period's pseudonym key).
  virtual Result<SecretKey> mac(std::uint32_t pseudonym_version, ByteView data) = 0;
  // Ed25519 (RFC 8032), 64 bytes, and its 32-byte public key.
  virtual Result<Bytes> sign(std::uint32_t audit_version, ByteView message) = 0;
  virtual Result<Bytes> public_key(std::uint32_t audit_version) = 0;

  // From the HSM's random source, mixed (XOR) with the system's.
  virtual Result<SecretKey> random(std::size_t size) = 0;
  // A cheap call that proves that the token answers; also tries to reconnect when it was away.
  virtual Result<TokenInfo> probe() = 0;
};

}  // namespace sluis::hsm
