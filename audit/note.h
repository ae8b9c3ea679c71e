// Checkpoints as C2SP tlog-checkpoint, signed as C2SP signed-note with Ed25519 (RFC 8032). Stateless and thread-safe.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "crypto/bytes.h"
#include "crypto/hash.h"
#include "crypto/result.h"

namespace sluis::audit {

// Signs checkpoints with the HSM's Ed25519 key. Called at most once a second; may block. Thread-safe.
class Signer {
 public:
  Signer() = default;
  Signer(const Signer&) = delete;
  Signer& operator=(const Signer&) = delete;
  virtual ~Signer() = default;
  virtual Result<Bytes> sign(ByteView message) = 0;  // 64 bytes
  virtual Result<Bytes> public_key() = 0;            // 32 bytes
};

inline constexpr std::size_t kPublicKeySize = 32;
inline constexpr std::size_t kSignatureSize = 64;
inline constexpr std::size_t kNoteLimit = 64U << 10U;

struct Checkpoint {
  std::string origin;
  std::uint64_t size = 0;
  Digest root{};
};

// Origins and key names: printable ASCII without space or plus, at most 255 bytes.
bool is_origin(std::string_view text) noexcept;

// The note's text: origin, size and root, a line each.
std::string checkpoint_text(const Checkpoint& checkpoint);
// Strict about the three lines; further non-empty lines are let through, as the specification asks.
Result<Checkpoint> parse_checkpoint_text(std::string_view text);

// The first four bytes of SHA-256(name || 0x0A || 0x01 || public key).
std::array<std::uint8_t, 4> key_id(std::string_view key_name, ByteView public_key);
// What auditors put into their tools: "name+hex(key id)+base64(0x01 || public key)".
std::string verifier_key(std::string_view key_name, ByteView public_key);

// Text and signature line. The signature is checked before it is given out: corrupt if the signer's does not verify.
Result<std::string> sign_note(std::string_view text, std::string_view key_name, ByteView public_key, Signer& signer);
// The same note with one more signature line, by another key of that name. Errors as above.
Result<std::string> add_signature(std::string note, std::string_view key_name, ByteView public_key, Signer& signer);
// The text of a note, whoever signed it. Nothing in it may be trusted.
Result<std::string_view> unverified_text(std::string_view note);
// The text of a note that has a good signature by this key; signatures by other keys are ignored. Error corrupt for a
// malformed note, a bad signature, or none by this key.
Result<std::string_view> open_note(std::string_view note, std::string_view key_name, ByteView public_key);
// open_note and parse_checkpoint_text; the key's name and the checkpoint's origin are `origin`.
Result<Checkpoint> open_checkpoint(std::string_view note, std::string_view origin, ByteView public_key);
// The same where any of the log's keys will do: one must have signed, and none that is given may have signed badly.
Result<Checkpoint> open_checkpoint(std::string_view note, std::string_view origin, std::span<const Bytes> public_keys);

}  // namespace sluis::audit
