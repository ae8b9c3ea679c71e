// Login tokens as texts: "sluis_" and 64 hexadecimal digits, 256 random bits. The prefix is there for the scanners that
// look for secrets in places where none should be. Stateless and thread-safe.
#pragma once

#include <string>
#include <string_view>

#include "crypto/hash.h"
#include "crypto/secret.h"

namespace sluis::gateway::auth {

inline constexpr std::string_view kTokenPrefix = "sluis_";
inline constexpr std::size_t kTokenSize = kTokenPrefix.size() + 64;

// Errors are those of the random source.
Result<SecretBuffer> make_token();
// Whether a text can be a token at all; anything else need not be looked up.
bool looks_like_token(std::string_view text) noexcept;
// SHA-256 of the text: what a token is stored and found under.
Digest token_id(std::string_view token);

// 128 random bits in hexadecimal: names a token in the log and to its owner, and opens nothing.
Result<std::string> make_accessor();

}  // namespace sluis::gateway::auth
