#include "crypto/evp_aead.h"

#include <openssl/core_names.h>
#include <openssl/params.h>

#include <algorithm>
#include <climits>
#include <functional>

namespace sluis::evp {
namespace {

// True where the two share bytes without beginning at the same one.
bool overlap_partly(ByteView in, ByteView out) noexcept {
  const std::less<> before;
  if (in.empty() || out.empty() || in.data() == out.data()) return false;
  return before(in.data(), out.data() + out.size()) && before(out.data(), in.data() + in.size());
}

Status check(ByteView ad, ByteView in, ByteView out) {
  constexpr std::size_t most = INT_MAX - kTagSize;
  if (in.size() > most || ad.size() > most) return Error{Code::too_large, "too many bytes for one AEAD message"};
  if (overlap_partly(in, out)) return Error{Code::invalid, "AEAD input and output overlap in part"};
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

Status check_seal(ByteView ad, ByteView in, ByteView out) {
  if (out.size() < kTagSize || out.size() - kTagSize != in.size()) {
    return Error{Code::invalid, "AEAD output of wrong size"};
  }
  return check(ad, in, out);
}

Status check_open(ByteView ad, ByteView in, ByteView out) {
  if (in.size() < kTagSize || in.size() - kTagSize != out.size()) {
    return Error{Code::invalid, "AEAD output of wrong size"};
  }
  return check(ad, in, out);
}

bool seal(EVP_CIPHER_CTX* context, const std::uint8_t* key, ByteView nonce, ByteView ad, ByteView plaintext,
          ByteSpan out) {
  OSSL_PARAM tag[] = {
      OSSL_PARAM_construct_octet_string(OSSL_CIPHER_PARAM_AEAD_TAG, out.data() + plaintext.size(), kTagSize),
      OSSL_PARAM_construct_end()};
  std::uint8_t nothing[kTagSize];
  int none = 0;
  return EVP_EncryptInit_ex2(context, nullptr, key, nonce.data(), nullptr) == 1 && update(context, nullptr, ad) &&
         update(context, out.data(), plaintext) && EVP_EncryptFinal_ex(context, nothing, &none) == 1 &&
         EVP_CIPHER_CTX_get_params(context, tag) == 1;
}

bool open(EVP_CIPHER_CTX* context, const std::uint8_t* key, ByteView nonce, ByteView ad, ByteView sealed,
          ByteSpan out) {
  std::array<std::uint8_t, kTagSize> expected;  // a copy: `out` may begin where `sealed` does
  std::copy(sealed.end() - kTagSize, sealed.end(), expected.begin());
  const OSSL_PARAM tag[] = {OSSL_PARAM_construct_octet_string(OSSL_CIPHER_PARAM_AEAD_TAG, expected.data(), kTagSize),
                            OSSL_PARAM_construct_end()};
  std::uint8_t nothing[kTagSize];
  int none = 0;
  return EVP_DecryptInit_ex2(context, nullptr, key, nonce.data(), tag) == 1 && update(context, nullptr, ad) &&
         update(context, out.data(), sealed.first(out.size())) && EVP_DecryptFinal_ex(context, nothing, &none) == 1;
}

}  // namespace sluis::evp
