#include "crypto/evp_pair.h"

#include <openssl/bn.h>
#include <openssl/core_names.h>

#include <array>
#include <cstring>

namespace sluis::evp {
namespace {

using Number = std::unique_ptr<BIGNUM, Freer<BN_free>>;

constexpr int kMaxExponentBits = 32;

Number number(const EVP_PKEY* key, const char* name) {
  BIGNUM* value = nullptr;
  EVP_PKEY_get_bn_param(key, name, &value);
  return Number(value);
}

bool exponent_is_fair(const EVP_PKEY* key) {
  const Number e = number(key, OSSL_PKEY_PARAM_RSA_E);
  return e != nullptr && BN_is_odd(e.get()) == 1 && BN_is_one(e.get()) == 0 && BN_num_bits(e.get()) <= kMaxExponentBits;
}

std::optional<PairKind> rsa_kind(const EVP_PKEY* key) {
  if (!exponent_is_fair(key)) return std::nullopt;
  switch (EVP_PKEY_get_bits(key)) {
    case 2048:
      return PairKind::rsa_2048;
    case 3072:
      return PairKind::rsa_3072;
    case 4096:
      return PairKind::rsa_4096;
    default:
      return std::nullopt;
  }
}

std::optional<PairKind> curve_kind(const EVP_PKEY* key) {
  int by_parameters = 1;
  if (EVP_PKEY_get_int_param(key, OSSL_PKEY_PARAM_EC_DECODED_FROM_EXPLICIT_PARAMS, &by_parameters) != 1) return {};
  std::array<char, 64> group{};
  std::size_t size = 0;
  if (by_parameters != 0 || EVP_PKEY_get_group_name(key, group.data(), group.size(), &size) != 1) return std::nullopt;
  const std::string_view name(group.data(), size);
  if (name == "prime256v1") return PairKind::ecdsa_p256;
  if (name == "secp384r1") return PairKind::ecdsa_p384;
  if (name == "secp521r1") return PairKind::ecdsa_p521;
  return std::nullopt;
}

}  // namespace

Bio reader(ByteView bytes) {
  if (bytes.size() > kMaxText) return nullptr;
  return Bio(BIO_new_mem_buf(bytes.data(), static_cast<int>(bytes.size())));
}

int no_password(char*, int, int, void*) noexcept {
  return -1;
}

bool is_rsa(PairKind kind) noexcept {
  return rsa_size(kind) != 0;
}

std::size_t rsa_size(PairKind kind) noexcept {
  switch (kind) {
    case PairKind::rsa_2048:
      return 256;
    case PairKind::rsa_3072:
      return 384;
    case PairKind::rsa_4096:
      return 512;
    default:
      return 0;
  }
}

std::size_t ecdsa_width(PairKind kind) noexcept {
  switch (kind) {
    case PairKind::ecdsa_p256:
      return 32;
    case PairKind::ecdsa_p384:
      return 48;
    case PairKind::ecdsa_p521:
      return 66;
    default:
      return 0;
  }
}

std::optional<PairKind> kind_of(const EVP_PKEY* key) {
  if (EVP_PKEY_is_a(key, "ED25519") == 1) return PairKind::ed25519;
  if (EVP_PKEY_is_a(key, "EC") == 1) return curve_kind(key);
  if (EVP_PKEY_is_a(key, "RSA") == 1) return rsa_kind(key);
  return std::nullopt;
}

}  // namespace sluis::evp
