// The key types of the Transit interface and what each can do. Constants; thread-safe.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace sluis::gateway::transit {

enum class KeyType : std::uint8_t {
  aes128_gcm96,
  aes256_gcm96,
  chacha20_poly1305,
  xchacha20_poly1305,
  ed25519,
  ecdsa_p256,
  ecdsa_p384,
  ecdsa_p521,
  rsa_2048,
  rsa_3072,
  rsa_4096,
  hmac,
};

std::string_view name(KeyType type) noexcept;  // "aes256-gcm96"
std::optional<KeyType> key_type_named(std::string_view name) noexcept;

bool encrypts(KeyType type) noexcept;  // and decrypts
bool signs(KeyType type) noexcept;
bool derives(KeyType type) noexcept;        // may be made with derived = true
bool converges(KeyType type) noexcept;      // may be made with convergent_encryption = true
bool is_aead(KeyType type) noexcept;        // the first four
bool is_asymmetric(KeyType type) noexcept;  // has a public key

}  // namespace sluis::gateway::transit
