#include "crypto/gcm.h"

#include "crypto/evp_aead.h"

namespace sluis {
namespace {

Status check_nonce(ByteView nonce) {
  if (nonce.size() != kGcmNonceSize) return Error{Code::invalid, "an AES-GCM nonce has 12 bytes"};
  return {};
}

}  // namespace

Result<GcmKey> GcmKey::make(ByteView key) {
  if (key.size() != kAeadKeySize) return Error{Code::invalid, "an AES-256-GCM key has 32 bytes"};
  evp::CipherContext context(EVP_CIPHER_CTX_new());
  const bool keyed = context != nullptr && EVP_EncryptInit_ex2(context.get(), evp::algorithms().aes_256_gcm, key.data(),
                                                               nullptr, nullptr) == 1;
  if (!keyed) return Error{Code::internal, "AES-256-GCM is not available"};
  return GcmKey(std::move(context));
}

Status GcmKey::seal(ByteView nonce, ByteView ad, ByteView plaintext, ByteSpan out) {
  Status checked = check_nonce(nonce);
  if (checked) checked = evp::check_seal(ad, plaintext, out);
  if (checked && evp::seal(context_.get(), nullptr, nonce, ad, plaintext, out)) return {};
  wipe(out.data(), out.size());
  return checked ? Error{Code::internal, "AES-GCM sealing failed"} : checked.error();
}

Status GcmKey::open(ByteView nonce, ByteView ad, ByteView sealed, ByteSpan out) {
  Status checked = check_nonce(nonce);
  if (checked) checked = evp::check_open(ad, sealed, out);
  if (checked && evp::open(context_.get(), nullptr, nonce, ad, sealed, out)) return {};
  wipe(out.data(), out.size());
  return checked ? Error{Code::corrupt, "authentication failed"} : checked.error();
}

Status gcm_seal(const SecretKey& key, ByteView nonce, ByteView ad, ByteView plaintext, ByteSpan out) {
  auto keyed = GcmKey::make(key.expose_secret());
  if (keyed) return keyed->seal(nonce, ad, plaintext, out);
  wipe(out.data(), out.size());
  return keyed.error();
}

Status gcm_open(const SecretKey& key, ByteView nonce, ByteView ad, ByteView sealed, ByteSpan out) {
  auto keyed = GcmKey::make(key.expose_secret());
  if (keyed) return keyed->open(nonce, ad, sealed, out);
  wipe(out.data(), out.size());
  return keyed.error();
}

}  // namespace sluis
