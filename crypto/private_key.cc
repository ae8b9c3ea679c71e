#include "crypto/private_key.h"

#include <openssl/bn.h>
#include <openssl/core_names.h>

#include <algorithm>
#include <array>

#include "crypto/evp_pair.h"

namespace sluis {
namespace {

using Pkcs8 = std::unique_ptr<PKCS8_PRIV_KEY_INFO, evp::Freer<PKCS8_PRIV_KEY_INFO_free>>;
using SecretNumber = std::unique_ptr<BIGNUM, evp::Freer<BN_clear_free>>;

constexpr std::size_t kMaxPkcs8 = 4096;  // a SecretKey; RSA-4096 takes 2.4 kB
constexpr std::size_t kSeedSize = 32;
constexpr std::size_t kSeedAndPublicSize = 64;

constexpr Error not_a_pair() noexcept {
  return {Code::invalid, "not a private key of a type that is known here"};
}

evp::Key make_key(PairKind kind) {
  switch (kind) {
    case PairKind::ed25519:
      return evp::Key(EVP_PKEY_Q_keygen(nullptr, nullptr, "ED25519"));
    case PairKind::ecdsa_p256:
      return evp::Key(EVP_PKEY_Q_keygen(nullptr, nullptr, "EC", "P-256"));
    case PairKind::ecdsa_p384:
      return evp::Key(EVP_PKEY_Q_keygen(nullptr, nullptr, "EC", "P-384"));
    case PairKind::ecdsa_p521:
      return evp::Key(EVP_PKEY_Q_keygen(nullptr, nullptr, "EC", "P-521"));
    case PairKind::rsa_2048:
    case PairKind::rsa_3072:
    case PairKind::rsa_4096:
      return evp::Key(EVP_PKEY_Q_keygen(nullptr, nullptr, "RSA", evp::rsa_size(kind) * 8));
  }
  return nullptr;
}

// Null unless `der` is one whole PrivateKeyInfo (RFC 5208) of an algorithm that OpenSSL knows.
evp::Key parse_pkcs8(ByteView der) {
  if (der.empty() || der.size() > kMaxPkcs8) return nullptr;
  const std::uint8_t* at = der.data();
  const Pkcs8 info(d2i_PKCS8_PRIV_KEY_INFO(nullptr, &at, static_cast<long>(der.size())));
  if (info == nullptr || at != der.data() + der.size()) return nullptr;
  return evp::Key(EVP_PKCS82PKEY(info.get()));
}

bool has_bits(const EVP_PKEY* key, const char* name, int least, int most) {
  BIGNUM* value = nullptr;
  EVP_PKEY_get_bn_param(key, name, &value);
  const SecretNumber held(value);
  return held != nullptr && BN_num_bits(value) >= least && BN_num_bits(value) <= most;
}

// FIPS 186-5 appendix A.1.1: two primes of half the modulus' length each, d over 2^(half). It also bounds what the
// checks of a hostile key cost.
bool rsa_sizes_are_fair(const EVP_PKEY* key, PairKind kind) {
  const int bits = static_cast<int>(evp::rsa_size(kind) * 8);
  return has_bits(key, OSSL_PKEY_PARAM_RSA_FACTOR1, bits / 2, bits / 2) &&
         has_bits(key, OSSL_PKEY_PARAM_RSA_FACTOR2, bits / 2, bits / 2) &&
         has_bits(key, OSSL_PKEY_PARAM_RSA_D, bits / 2 + 1, bits) &&
         has_bits(key, OSSL_PKEY_PARAM_RSA_EXPONENT1, 1, bits / 2) &&
         has_bits(key, OSSL_PKEY_PARAM_RSA_EXPONENT2, 1, bits / 2) &&
         has_bits(key, OSSL_PKEY_PARAM_RSA_COEFFICIENT1, 1, bits / 2);
}

bool fits_together(EVP_PKEY* key) {
  const evp::KeyContext context(EVP_PKEY_CTX_new_from_pkey(nullptr, key, nullptr));
  return context != nullptr && EVP_PKEY_check(context.get()) == 1;
}

bool public_is_sound(EVP_PKEY* key, PairKind kind) {
  if (kind == PairKind::ed25519) return true;  // 32 bytes of any value
  const evp::KeyContext context(EVP_PKEY_CTX_new_from_pkey(nullptr, key, nullptr));
  return context != nullptr && EVP_PKEY_public_check(context.get()) == 1;
}

}  // namespace

PrivateKey::PrivateKey(std::unique_ptr<State> state) noexcept : state_(std::move(state)) {}
PrivateKey::PrivateKey(PrivateKey&&) noexcept = default;
PrivateKey& PrivateKey::operator=(PrivateKey&&) noexcept = default;
PrivateKey::~PrivateKey() = default;

PairKind PrivateKey::kind() const noexcept {
  return state_->kind;
}

bool PrivateKey::has_private() const noexcept {
  return state_->whole;
}

Result<PrivateKey> PrivateKey::from_public(std::string_view pem_or_der) {
  const evp::QuietErrors quiet;
  evp::Key key = evp::parse_public(pem_or_der);
  const auto kind = key == nullptr ? std::nullopt : evp::kind_of(key.get());
  if (!kind || !public_is_sound(key.get(), *kind)) {
    return Error{Code::invalid, "not a public key of a type that is known here"};
  }
  return PrivateKey(std::make_unique<State>(State{*kind, std::move(key), false}));
}

Result<PrivateKey> PrivateKey::generate(PairKind kind) {
  const evp::QuietErrors quiet;
  evp::Key key = make_key(kind);
  if (key == nullptr) return Error{Code::internal, "the key pair could not be generated"};
  return PrivateKey(std::make_unique<State>(State{kind, std::move(key), true}));
}

Result<PrivateKey> PrivateKey::from_own_pkcs8(ByteView der) {
  const evp::QuietErrors quiet;
  evp::Key key = parse_pkcs8(der);
  const auto kind = key == nullptr ? std::nullopt : evp::kind_of(key.get());
  if (!kind || (evp::is_rsa(*kind) && !rsa_sizes_are_fair(key.get(), *kind))) return not_a_pair();
  return PrivateKey(std::make_unique<State>(State{*kind, std::move(key), true}));
}

Result<PrivateKey> PrivateKey::from_pkcs8(ByteView der) {
  const evp::QuietErrors quiet;
  auto pair = from_own_pkcs8(der);
  if (pair && !fits_together(pair->state_->key.get())) return Error{Code::invalid, "the parts of the key do not fit"};
  return pair;
}

Result<PrivateKey> PrivateKey::from_ed25519(ByteView raw) {
  const evp::QuietErrors quiet;
  if (raw.size() != kSeedSize && raw.size() != kSeedAndPublicSize) return not_a_pair();
  evp::Key key(EVP_PKEY_new_raw_private_key_ex(nullptr, "ED25519", nullptr, raw.data(), kSeedSize));
  if (key == nullptr) return Error{Code::internal, "Ed25519 is not available"};
  PrivateKey pair(std::make_unique<State>(State{PairKind::ed25519, std::move(key), true}));
  const auto own = pair.public_raw();
  if (!own) return own.error();
  const ByteView given = raw.subspan(kSeedSize);
  if (!given.empty() && !std::ranges::equal(given, *own))
    return Error{Code::invalid, "the parts of the key do not fit"};
  return pair;
}

}  // namespace sluis
