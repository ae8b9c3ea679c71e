#include "gateway/auth/token_text.h"

#include <array>

namespace sluis::gateway::auth {
namespace {

// Without a table or a branch, since the digits are a secret.
char digit(unsigned nibble) noexcept {
  const unsigned beyond_nine = (9U - nibble) >> 8U & 1U;
  return static_cast<char>('0' + nibble + beyond_nine * ('a' - '0' - 10));
}

// 1 if low <= c <= high.
unsigned within(unsigned c, unsigned low, unsigned high) noexcept {
  return ((low - 1U - c) & (c - high - 1U)) >> 31U;
}

}  // namespace

Result<SecretBuffer> make_token() {
  auto bits = SecretKey::random(32);
  if (!bits) return bits.error();
  SecretBuffer token;
  token.reserve(kTokenSize);
  token.append(kTokenPrefix);
  for (const std::uint8_t byte : bits->expose_secret()) {
    token.push_back(digit(byte >> 4U));
    token.push_back(digit(byte & 15U));
  }
  return token;
}

bool looks_like_token(std::string_view text) noexcept {
  if (text.size() != kTokenSize || !text.starts_with(kTokenPrefix)) return false;
  unsigned sound = 1;
  for (const char c : text.substr(kTokenPrefix.size())) {
    const auto code = static_cast<unsigned char>(c);
    sound &= within(code, '0', '9') | within(code, 'a', 'f');
  }
  return sound == 1;
}

Digest token_id(std::string_view token) {
  return sha256(bytes_of(token));
}

Result<std::string> make_accessor() {
  std::array<std::uint8_t, 16> bits{};
  if (const Status drawn = random_bytes(bits); !drawn) return drawn.error();
  return to_hex(bits);
}

}  // namespace sluis::gateway::auth
