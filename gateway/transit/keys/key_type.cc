#include "gateway/transit/keys/key_type.h"

namespace sluis::gateway::transit {
namespace {

constexpr std::string_view kNames[] = {
    "aes128-gcm96", "aes256-gcm96", "chacha20-poly1305", "xchacha20-poly1305", "ed25519",  "ecdsa-p256",
    "ecdsa-p384",   "ecdsa-p521",   "rsa-2048",          "rsa-3072",           "rsa-4096", "hmac",
};

bool is_rsa(KeyType type) noexcept {
  return type == KeyType::rsa_2048 || type == KeyType::rsa_3072 || type == KeyType::rsa_4096;
}

}  // namespace

std::string_view name(KeyType type) noexcept {
  return kNames[static_cast<std::size_t>(type)];
}

std::optional<KeyType> key_type_named(std::string_view name) noexcept {
  for (std::size_t i = 0; i < std::size(kNames); ++i) {
    if (kNames[i] == name) return static_cast<KeyType>(i);
  }
  return std::nullopt;
}

bool encrypts(KeyType type) noexcept {
  return is_aead(type) || is_rsa(type);
}

bool signs(KeyType type) noexcept {
  return is_asymmetric(type);
}

bool derives(KeyType type) noexcept {
  return is_aead(type) || type == KeyType::ed25519;
}

bool converges(KeyType type) noexcept {
  return is_aead(type);
}

bool is_aead(KeyType type) noexcept {
  return type <= KeyType::xchacha20_poly1305;
}

bool is_asymmetric(KeyType type) noexcept {
  return !is_aead(type) && type != KeyType::hmac;
}

}  // namespace sluis::gateway::transit
