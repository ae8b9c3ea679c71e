// RSAES-OAEP (RFC 8017 section 7.1).
#include <openssl/pem.h>
#include <openssl/rsa.h>

#include "crypto/evp_pair.h"

namespace sluis {
namespace {

using Begin = int (*)(EVP_PKEY_CTX*);

constexpr std::size_t kMaxLabel = 4096;

bool set_label(EVP_PKEY_CTX* context, ByteView label) {
  if (label.empty()) return true;
  void* const copy = OPENSSL_memdup(label.data(), label.size());
  if (copy == nullptr) return false;
  if (EVP_PKEY_CTX_set0_rsa_oaep_label(context, copy, static_cast<int>(label.size())) == 1) return true;
  OPENSSL_free(copy);
  return false;
}

// A context ready to encrypt or decrypt; null on failure.
evp::KeyContext prepare(EVP_PKEY* key, DigestKind digest, ByteView label, Begin begin) {
  evp::KeyContext context(EVP_PKEY_CTX_new_from_pkey(nullptr, key, nullptr));
  const bool ready = context != nullptr && begin(context.get()) == 1 &&
                     EVP_PKEY_CTX_set_rsa_padding(context.get(), RSA_PKCS1_OAEP_PADDING) == 1 &&
                     EVP_PKEY_CTX_set_rsa_oaep_md(context.get(), evp::digest(digest)) == 1 &&
                     EVP_PKEY_CTX_set_rsa_mgf1_md(context.get(), evp::digest(digest)) == 1 &&
                     set_label(context.get(), label);
  return ready ? std::move(context) : nullptr;
}

Status check(PairKind kind, ByteView label) {
  if (!evp::is_rsa(kind)) return Error{Code::invalid, "only RSA keys encrypt by OAEP"};
  if (label.size() > kMaxLabel) return Error{Code::invalid, "the OAEP label is too long"};
  return {};
}

}  // namespace

evp::Key evp::parse_public(std::string_view text) {
  const evp::Bio bio = evp::reader(bytes_of(text));
  if (bio == nullptr) return nullptr;
  if (text.starts_with("-----BEGIN ")) {
    return evp::Key(PEM_read_bio_PUBKEY(bio.get(), nullptr, evp::no_password, nullptr));
  }
  const ByteView der = bytes_of(text);
  const std::uint8_t* at = der.data();
  evp::Key key(d2i_PUBKEY(nullptr, &at, static_cast<long>(der.size())));
  return at == der.data() + der.size() ? std::move(key) : nullptr;
}

Result<Bytes> evp::encrypt_oaep(EVP_PKEY* key, PairKind kind, ByteView plaintext, DigestKind digest, ByteView label) {
  const QuietErrors quiet;
  const Status checked = check(kind, label);
  if (!checked) return checked.error();
  if (plaintext.size() > rsa_size(kind) - 2 * digest_size(digest) - 2) {
    return Error{Code::invalid, "the plaintext is too long for the RSA key"};
  }
  const KeyContext context = prepare(key, digest, label, EVP_PKEY_encrypt_init);
  Bytes out(rsa_size(kind));
  std::size_t size = out.size();
  static constexpr std::uint8_t nothing = 0;  // EVP refuses a null input
  const std::uint8_t* const in = plaintext.empty() ? &nothing : plaintext.data();
  const bool made = context != nullptr && EVP_PKEY_encrypt(context.get(), out.data(), &size, in, plaintext.size()) == 1;
  if (!made || size != out.size()) return Error{Code::internal, "RSA encryption failed"};
  return out;
}

Result<Bytes> PrivateKey::encrypt_oaep(ByteView plaintext, DigestKind digest, ByteView label) const {
  return evp::encrypt_oaep(state_->key.get(), kind(), plaintext, digest, label);
}

Result<SecretBuffer> PrivateKey::decrypt_oaep(ByteView ciphertext, DigestKind digest, ByteView label) const {
  const evp::QuietErrors quiet;
  const Status checked = check(kind(), label);
  if (!checked) return checked.error();
  if (!state_->whole) return evp::no_private_half();
  if (ciphertext.size() != evp::rsa_size(kind())) return Error{Code::corrupt, "RSA decryption failed"};
  const evp::KeyContext context = prepare(state_->key.get(), digest, label, EVP_PKEY_decrypt_init);
  if (context == nullptr) return Error{Code::internal, "RSA is not available"};
  SecretBuffer out;
  out.resize(ciphertext.size());
  std::size_t size = out.size();
  const int opened =
      EVP_PKEY_decrypt(context.get(), out.expose_secret_mutable().data(), &size, ciphertext.data(), ciphertext.size());
  if (opened != 1) return Error{Code::corrupt, "RSA decryption failed"};
  out.resize(size);
  return out;
}

Result<Bytes> encrypt_oaep_to(std::string_view public_pem_or_der, ByteView plaintext, DigestKind digest) {
  const evp::QuietErrors quiet;
  const evp::Key key = evp::parse_public(public_pem_or_der);
  const auto kind = key == nullptr ? std::nullopt : evp::kind_of(key.get());
  if (!kind) return Error{Code::invalid, "not an RSA public key of 2048, 3072 or 4096 bits"};
  return evp::encrypt_oaep(key.get(), *kind, plaintext, digest, {});
}

}  // namespace sluis
