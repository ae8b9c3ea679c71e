#include <openssl/encoder.h>
#include <openssl/pem.h>

#include "crypto/evp_pair.h"
#include "crypto/private_key.h"

namespace sluis {
namespace {

using Pkcs8 = std::unique_ptr<PKCS8_PRIV_KEY_INFO, evp::Freer<PKCS8_PRIV_KEY_INFO_free>>;
using Encoder = std::unique_ptr<OSSL_ENCODER_CTX, evp::Freer<OSSL_ENCODER_CTX_free>>;

constexpr std::size_t kEd25519Size = 32;

constexpr Error not_encoded() noexcept {
  return {Code::internal, "the key could not be encoded"};
}

std::string_view written(const evp::Bio& bio) {
  char* data = nullptr;
  const long size = BIO_get_mem_data(bio.get(), &data);
  return {data, static_cast<std::size_t>(size)};
}

}  // namespace

Result<SecretKey> PrivateKey::to_pkcs8() const {
  const evp::QuietErrors quiet;
  if (!state_->whole) return evp::no_private_half();
  const Pkcs8 info(EVP_PKEY2PKCS8(state_->key.get()));
  const int size = info == nullptr ? -1 : i2d_PKCS8_PRIV_KEY_INFO(info.get(), nullptr);
  if (size <= 0) return not_encoded();
  auto der = SecretKey::make(static_cast<std::size_t>(size));
  if (!der) return der;
  std::uint8_t* at = der->expose_secret_mutable().data();
  if (i2d_PKCS8_PRIV_KEY_INFO(info.get(), &at) != size) return not_encoded();
  return der;
}

Result<SecretBuffer> PrivateKey::export_pem() const {
  const evp::QuietErrors quiet;
  if (!state_->whole) return evp::no_private_half();
  const char* const structure = kind() == PairKind::ed25519 ? "PrivateKeyInfo" : "type-specific";
  const Encoder encoder(OSSL_ENCODER_CTX_new_for_pkey(state_->key.get(), EVP_PKEY_KEYPAIR, "PEM", structure, nullptr));
  const evp::Bio bio(BIO_new(BIO_s_secmem()));
  const bool made = encoder != nullptr && bio != nullptr && OSSL_ENCODER_CTX_get_num_encoders(encoder.get()) > 0 &&
                    OSSL_ENCODER_to_bio(encoder.get(), bio.get()) == 1;
  if (!made) return not_encoded();
  return SecretBuffer(written(bio));
}

Result<SecretBuffer> PrivateKey::export_ed25519() const {
  const evp::QuietErrors quiet;
  if (!state_->whole) return evp::no_private_half();
  if (kind() != PairKind::ed25519) return Error{Code::invalid, "not an Ed25519 key"};
  SecretBuffer out;
  out.resize(2 * kEd25519Size);
  const ByteSpan bytes = out.expose_secret_mutable();
  std::size_t seed = kEd25519Size;
  std::size_t open = kEd25519Size;
  const EVP_PKEY* const key = state_->key.get();
  if (EVP_PKEY_get_raw_private_key(key, bytes.data(), &seed) != 1 ||
      EVP_PKEY_get_raw_public_key(key, bytes.data() + kEd25519Size, &open) != 1) {
    return not_encoded();
  }
  return out;
}

Result<std::string> PrivateKey::public_pem() const {
  const evp::QuietErrors quiet;
  const evp::Bio bio(BIO_new(BIO_s_mem()));
  if (bio == nullptr || PEM_write_bio_PUBKEY(bio.get(), state_->key.get()) != 1) return not_encoded();
  return std::string(written(bio));
}

Result<Bytes> PrivateKey::public_der() const {
  const evp::QuietErrors quiet;
  const int size = i2d_PUBKEY(state_->key.get(), nullptr);
  if (size <= 0) return not_encoded();
  Bytes der(static_cast<std::size_t>(size));
  std::uint8_t* at = der.data();
  if (i2d_PUBKEY(state_->key.get(), &at) != size) return not_encoded();
  return der;
}

Result<Bytes> PrivateKey::public_raw() const {
  const evp::QuietErrors quiet;
  if (kind() != PairKind::ed25519) return Error{Code::invalid, "not an Ed25519 key"};
  Bytes raw(kEd25519Size);
  std::size_t size = raw.size();
  if (EVP_PKEY_get_raw_public_key(state_->key.get(), raw.data(), &size) != 1) return not_encoded();
  return raw;
}

}  // namespace sluis
