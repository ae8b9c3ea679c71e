// Login tokens: issued to a client certificate, good for a short time, renewed up to a limit, revoked at once. The
// store keeps a digest and a MACed row, so every gateway of one store issues, accepts and revokes the same tokens; a
// revocation by another gateway is seen after at most TokenConfig::cache. Thread-safe. look() never blocks; the others
// may, on the store.
#pragma once

#include <chrono>
#include <functional>
#include <optional>
#include <string_view>

#include "gateway/auth/token_cache.h"
#include "gateway/http/client_certificate.h"
#include "gateway/keys/governance.h"
#include "store/store.h"

namespace sluis::gateway::auth {

struct TokenConfig {
  std::chrono::seconds ttl{900};         // from login, and from each renewal
  std::chrono::seconds max_ttl{14'400};  // from login to the last moment that a renewal can reach
  std::size_t per_principal = 1000;      // live tokens; one more login ends the one that expires first
  std::chrono::seconds cache{5};         // how long a row that was read is believed
  std::size_t cache_tokens = 10'000;
};

// Whom a token must belong to.
struct Holder {
  std::string_view principal;
  const ClientCertificate& certificate;
};

class Tokens {
 public:
  using Clock = std::function<std::chrono::steady_clock::time_point()>;

  // `store` must outlive the object.
  Tokens(
      store::Store& store, Governance governance, TokenConfig config,
      Clock clock = [] { return std::chrono::steady_clock::now(); });
  Tokens(const Tokens&) = delete;
  Tokens& operator=(const Tokens&) = delete;

  struct Issued {
    SecretBuffer text;  // the token: nobody else has it
    store::LoginToken row;
    std::uint64_t evicted = 0;  // older tokens of the principal that made room for it
  };
  // A token ends with its certificate at the latest. Error denied if that has ended.
  Result<Issued> issue(const Holder& holder, std::uint64_t now_us);

  // The row of a token that is sound, of this holder, and not expired. Error denied if there is none, in words for the
  // log and not for the caller; unavailable.
  Result<store::LoginToken> find(std::string_view text, const Holder& holder, std::uint64_t now_us);
  // The same from memory; nothing if only find() can tell.
  std::optional<Result<store::LoginToken>> look(std::string_view text, const Holder& holder,
                                                std::uint64_t now_us) const;

  // Moves the end to `increment` from now (nothing: the usual time), but neither past the usual time nor the limit.
  // Errors as of find().
  Result<store::LoginToken> renew(std::string_view text, const Holder& holder,
                                  std::optional<std::chrono::seconds> increment, std::uint64_t now_us);
  // Errors as of find().
  Result<store::LoginToken> revoke(std::string_view text, const Holder& holder, std::uint64_t now_us);

  const TokenConfig& config() const noexcept { return config_; }
  std::size_t cached() const { return cache_.size(); }

 private:
  Result<store::LoginToken> load(const Digest& id);
  Result<store::LoginToken> read(std::string_view text, const Holder& holder, std::uint64_t now_us);

  store::Store& store_;
  const Governance governance_;
  const TokenConfig config_;
  const Clock clock_;
  TokenCache cache_;
};

}  // namespace sluis::gateway::auth
