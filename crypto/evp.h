// Owners for OpenSSL's objects, and the algorithms that this floor uses, fetched once. Not for use outside crypto/.
#pragma once

#include <openssl/evp.h>

#include <memory>

#include "crypto/digests.h"

namespace sluis::evp {

template <auto Free>
struct Freer {
  template <typename T>
  void operator()(T* object) const noexcept {
    Free(object);
  }
};

using CipherContext = std::unique_ptr<EVP_CIPHER_CTX, Freer<EVP_CIPHER_CTX_free>>;
using DigestContext = std::unique_ptr<EVP_MD_CTX, Freer<EVP_MD_CTX_free>>;

// Fetching costs a locked look-up, so each algorithm is fetched once. Null where the installation lacks it. Never
// freed: OpenSSL's own exit handler may run before destructors of statics.
struct Algorithms {
  const EVP_MD* sha256;
  const EVP_CIPHER* aes_256_gcm;
  const EVP_CIPHER* aes_256_ecb;
  const EVP_CIPHER* aes_128_gcm;
  const EVP_CIPHER* aes_256_kwp;
  const EVP_CIPHER* chacha20;
  const EVP_CIPHER* chacha20_poly1305;
};
const Algorithms& algorithms();
const EVP_MD* digest(DigestKind kind);  // likewise

}  // namespace sluis::evp
