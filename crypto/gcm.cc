#include "crypto/gcm.h"

#include <openssl/core_names.h>
#include <openssl/params.h>

#include <climits>
#include <functional>

namespace sluis {
namespace {

// True where the two share bytes without beginning at the same one.
bool overlap_partly(ByteView in, ByteView out) noexcept {
  const std::less<> before;
  if (in.empty() || out.empty() || in.data() == out.data()) return false;
  return before(in.data(), out.data() + out.size()) && before(out.data(), in.data() + in.size());
}

Status check(ByteView nonce, ByteView ad, ByteView in, ByteView out) {
  if (nonce.size() != kGcmNonceSize) return Error{Code::invalid, "an AES-GCM nonce has 12 bytes"};
  constexpr std::size_t most = INT_MAX - kTagSize;
  if (in.size() > most || ad.size() > most) return Error{Code::too_large, "too many bytes for one AES-GCM message"};
  if (overlap_partly(in, out)) return Error{Code::invalid, "AES-GCM input and output overlap in part"};
  return {};
}

int length(ByteView bytes) noexcept {
  return static_cast<int>(bytes.size());
}

// EVP takes a null input for "nothing more", so an empty piece is left out.
bool update(EVP_CIPHER_CTX* context, std::uint8_t* out, ByteView in) noexcept {
  int written = 0;
  return in.empty() || EVP_CipherUpdate(context, out, &written, in.data(), length(in)) == 1;
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

bool GcmKey::encrypt(ByteView nonce, ByteView ad, ByteView plaintext, ByteSpan out) {
  EVP_CIPHER_CTX* const context = context_.get();
  OSSL_PARAM tag[] = {
      OSSL_PARAM_construct_octet_string(OSSL_CIPHER_PARAM_AEAD_TAG, out.data() + plaintext.size(), kTagSize),
      OSSL_PARAM_construct_end()};
  std::uint8_t nothing[kTagSize];
  int none = 0;
  return EVP_EncryptInit_ex2(context, nullptr, nullptr, nonce.data(), nullptr) == 1 && update(context, nullptr, ad) &&
         update(context, out.data(), plaintext) && EVP_EncryptFinal_ex(context, nothing, &none) == 1 &&
         EVP_CIPHER_CTX_get_params(context, tag) == 1;
}

bool GcmKey::decrypt(ByteView nonce, ByteView ad, ByteView sealed, ByteSpan out) {
  EVP_CIPHER_CTX* const context = context_.get();
  std::array<std::uint8_t, kTagSize> expected;  // a copy: `out` may begin where `sealed` does
  std::copy(sealed.end() - kTagSize, sealed.end(), expected.begin());
  const OSSL_PARAM tag[] = {OSSL_PARAM_construct_octet_string(OSSL_CIPHER_PARAM_AEAD_TAG, expected.data(), kTagSize),
                            OSSL_PARAM_construct_end()};
  std::uint8_t nothing[kTagSize];
  int none = 0;
  return EVP_DecryptInit_ex2(context, nullptr, nullptr, nonce.data(), tag) == 1 && update(context, nullptr, ad) &&
         update(context, out.data(), sealed.first(out.size())) && EVP_DecryptFinal_ex(context, nothing, &none) == 1;
}

Status GcmKey::seal(ByteView nonce, ByteView ad, ByteView plaintext, ByteSpan out) {
  const bool fits = out.size() >= kTagSize && out.size() - kTagSize == plaintext.size();
  const Status checked = fits ? check(nonce, ad, plaintext, out) : Error{Code::invalid, "AES-GCM output of wrong size"};
  if (checked && encrypt(nonce, ad, plaintext, out)) return {};
  wipe(out.data(), out.size());
  return checked ? Error{Code::internal, "AES-GCM sealing failed"} : checked.error();
}

Status GcmKey::open(ByteView nonce, ByteView ad, ByteView sealed, ByteSpan out) {
  const bool fits = sealed.size() >= kTagSize && sealed.size() - kTagSize == out.size();
  const Status checked = fits ? check(nonce, ad, sealed, out) : Error{Code::invalid, "AES-GCM output of wrong size"};
  if (checked && decrypt(nonce, ad, sealed, out)) return {};
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
