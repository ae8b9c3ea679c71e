// Key pairs over EVP: owners of OpenSSL's objects and what the files of PrivateKey share. Not for use outside crypto/.
// Everything but the owners is stateless and thread-safe; a key serves any number of threads.
#pragma once

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/x509.h>

#include <memory>
#include <optional>

#include "crypto/evp.h"
#include "crypto/private_key.h"

namespace sluis::evp {

using Key = std::unique_ptr<EVP_PKEY, Freer<EVP_PKEY_free>>;
using KeyContext = std::unique_ptr<EVP_PKEY_CTX, Freer<EVP_PKEY_CTX_free>>;
using Bio = std::unique_ptr<BIO, Freer<BIO_free_all>>;
using Certificate = std::unique_ptr<X509, Freer<X509_free>>;

// Takes off OpenSSL's queue what a call left there: an old entry would be taken for the next TLS call's error.
class QuietErrors {
 public:
  QuietErrors() noexcept { ERR_set_mark(); }
  QuietErrors(const QuietErrors&) = delete;
  QuietErrors& operator=(const QuietErrors&) = delete;
  ~QuietErrors() { ERR_pop_to_mark(); }
};

inline constexpr std::size_t kMaxText = 256U << 10U;  // bytes of PEM or DER that are read at all

// A view of `bytes` to read from; null where it is too long or memory is short.
Bio reader(ByteView bytes);
// For the PEM readers, which else ask the terminal for the password of an encrypted text.
int no_password(char* out, int size, int writing, void* argument) noexcept;

bool is_rsa(PairKind kind) noexcept;
std::size_t rsa_size(PairKind kind) noexcept;     // bytes of the modulus; 0 where there is none
std::size_t ecdsa_width(PairKind kind) noexcept;  // bytes of r and of s; 0 where there are none

// The kind of a private or public key; nothing if it is none of them: other algorithms, sizes and curves, curves given
// by their parameters, RSA exponents that are even, under 3 or over 32 bits.
std::optional<PairKind> kind_of(const EVP_PKEY* key);

// A SubjectPublicKeyInfo, PEM or one whole DER; null if it is none.
Key parse_public(std::string_view text);
// What an operation of a pair that needs its private half is told where it is not there.
constexpr Error no_private_half() noexcept {
  return {Code::invalid, "the private half of the key is not here"};
}

// As the functions of PrivateKey; `key` may be a public one.
Result<bool> verify(EVP_PKEY* key, PairKind kind, ByteView input, ByteView signature, const SignOptions& options);
Result<Bytes> encrypt_oaep(EVP_PKEY* key, PairKind kind, ByteView plaintext, DigestKind digest, ByteView label);

}  // namespace sluis::evp

namespace sluis {

struct PrivateKey::State {
  PairKind kind;
  evp::Key key;
  bool whole = true;  // with its private half
};

}  // namespace sluis
