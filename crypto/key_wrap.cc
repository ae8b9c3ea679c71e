// RFC 5649 over EVP's AES-256-WRAP-PAD.
#include <algorithm>

#include "crypto/evp_pair.h"

namespace sluis {
namespace {

constexpr std::size_t kKekSize = 32;
constexpr std::size_t kSemiblock = 8;
constexpr std::size_t kMaxWrapped = 4096;  // unwrapping works in a SecretKey
constexpr std::size_t kMaxKey = kMaxWrapped - kSemiblock;

using Begin = int (*)(EVP_CIPHER_CTX*, const EVP_CIPHER*, const unsigned char*, const unsigned char*,
                      const OSSL_PARAM*);

// Null on failure.
evp::CipherContext keyed(ByteView kek, Begin begin) {
  evp::CipherContext context(EVP_CIPHER_CTX_new());
  if (context == nullptr || kek.size() != kKekSize) return nullptr;
  EVP_CIPHER_CTX_set_flags(context.get(), EVP_CIPHER_CTX_FLAG_WRAP_ALLOW);
  const bool ready = begin(context.get(), evp::algorithms().aes_256_kwp, kek.data(), nullptr, nullptr) == 1;
  return ready ? std::move(context) : nullptr;
}

Status check(ByteView kek, std::size_t size, std::size_t least, std::size_t most) {
  if (kek.size() != kKekSize) return Error{Code::invalid, "a key-wrapping key has 32 bytes"};
  if (size < least || size > most) return Error{Code::invalid, "bytes of a length that key wrapping does not take"};
  return {};
}

}  // namespace

Result<Bytes> kwp_wrap(ByteView kek, ByteView key) {
  const evp::QuietErrors quiet;
  const Status checked = check(kek, key.size(), 1, kMaxKey);
  if (!checked) return checked.error();
  const evp::CipherContext context = keyed(kek, EVP_EncryptInit_ex2);
  const std::size_t padded = (key.size() + kSemiblock - 1) / kSemiblock * kSemiblock;
  Bytes out(padded + 2 * kSemiblock);  // EVP may touch a block more than it gives
  int size = 0;
  const bool made = context != nullptr &&
                    EVP_EncryptUpdate(context.get(), out.data(), &size, key.data(), static_cast<int>(key.size())) == 1;
  if (!made || size != static_cast<int>(padded + kSemiblock)) return Error{Code::internal, "key wrapping failed"};
  out.resize(padded + kSemiblock);
  return out;
}

Result<SecretKey> kwp_unwrap(ByteView kek, ByteView wrapped) {
  const evp::QuietErrors quiet;
  const Status checked = check(kek, wrapped.size(), 2 * kSemiblock, kMaxWrapped);
  if (!checked) return checked.error();
  if (wrapped.size() % kSemiblock != 0) return Error{Code::invalid, "a wrapped key has whole blocks of 8 bytes"};
  const evp::CipherContext context = keyed(kek, EVP_DecryptInit_ex2);
  auto scratch = SecretKey::make(wrapped.size());
  if (!scratch) return scratch;
  int size = 0;
  const bool opened =
      context != nullptr && EVP_DecryptUpdate(context.get(), scratch->expose_secret_mutable().data(), &size,
                                              wrapped.data(), static_cast<int>(wrapped.size())) == 1;
  if (!opened || size <= 0) return Error{Code::corrupt, "the wrapped key does not open"};
  return SecretKey::copy_of(scratch->expose_secret().first(static_cast<std::size_t>(size)));
}

}  // namespace sluis
