// Signing and verifying. RSA and ECDSA sign the digest (EVP_PKEY_sign), Ed25519 the message itself (RFC 8032).
#include <openssl/ec.h>
#include <openssl/rsa.h>

#include "crypto/evp_pair.h"

namespace sluis {
namespace {

using Ecdsa = std::unique_ptr<ECDSA_SIG, evp::Freer<ECDSA_SIG_free>>;
using Number = std::unique_ptr<BIGNUM, evp::Freer<BN_free>>;
using Begin = int (*)(EVP_PKEY_CTX*);

constexpr std::size_t kEd25519Signature = 64;

constexpr Error failed() noexcept {
  return {Code::internal, "the signature could not be computed"};
}

// What RSA and ECDSA sign: the digest, given or computed.
Result<Bytes> digest_to_sign(ByteView input, const SignOptions& options) {
  if (options.digest == DigestKind::sha1) return Error{Code::invalid, "SHA-1 is not a digest for signatures"};
  if (options.input == SignOptions::Input::message) return digest_of(options.digest, input);
  if (input.size() != digest_size(options.digest)) {
    return Error{Code::invalid, "the prehashed input does not have the digest's length"};
  }
  return Bytes(input.begin(), input.end());
}

// RFC 8017 section 9.1.1: what remains of the modulus after the digest and two bytes.
std::size_t longest_salt(PairKind kind, DigestKind digest) noexcept {
  return evp::rsa_size(kind) - digest_size(digest) - 2;
}

Status check_options(PairKind kind, const SignOptions& options) {
  const bool salted =
      evp::is_rsa(kind) && options.padding == SignOptions::Padding::pss && options.salt == SignOptions::Salt::fixed;
  if (salted && options.salt_bytes > longest_salt(kind, options.digest)) {
    return Error{Code::invalid, "the salt is too long for the key and the digest"};
  }
  if (options.form == SignOptions::Form::jws && evp::ecdsa_width(kind) == 0) {
    return Error{Code::invalid, "only ECDSA signatures have the JWS form"};
  }
  return {};
}

int salt_length(const SignOptions& options, int automatic) noexcept {
  switch (options.salt) {
    case SignOptions::Salt::automatic:
      return automatic;
    case SignOptions::Salt::as_digest:
      return RSA_PSS_SALTLEN_DIGEST;
    case SignOptions::Salt::fixed:
      return static_cast<int>(options.salt_bytes);
  }
  return automatic;
}

bool set_padding(EVP_PKEY_CTX* context, const SignOptions& options, int automatic_salt) {
  if (options.padding == SignOptions::Padding::pkcs1v15) {
    return EVP_PKEY_CTX_set_rsa_padding(context, RSA_PKCS1_PADDING) == 1;
  }
  return EVP_PKEY_CTX_set_rsa_padding(context, RSA_PKCS1_PSS_PADDING) == 1 &&
         EVP_PKEY_CTX_set_rsa_mgf1_md(context, evp::digest(options.digest)) == 1 &&
         EVP_PKEY_CTX_set_rsa_pss_saltlen(context, salt_length(options, automatic_salt)) == 1;
}

// A context ready to sign or verify a digest; null on failure.
evp::KeyContext prepare(EVP_PKEY* key, PairKind kind, const SignOptions& options, Begin begin, int automatic_salt) {
  evp::KeyContext context(EVP_PKEY_CTX_new_from_pkey(nullptr, key, nullptr));
  const bool ready = context != nullptr && begin(context.get()) == 1 &&
                     (!evp::is_rsa(kind) || set_padding(context.get(), options, automatic_salt)) &&
                     EVP_PKEY_CTX_set_signature_md(context.get(), evp::digest(options.digest)) == 1;
  return ready ? std::move(context) : nullptr;
}

// RFC 7518 section 3.4: r and s, each as long as the curve's order, big-endian.
Result<Bytes> to_jws(ByteView der, std::size_t width) {
  const std::uint8_t* at = der.data();
  const Ecdsa parsed(d2i_ECDSA_SIG(nullptr, &at, static_cast<long>(der.size())));
  const int size = static_cast<int>(width);
  Bytes out(2 * width);
  const bool made = parsed != nullptr && BN_bn2binpad(ECDSA_SIG_get0_r(parsed.get()), out.data(), size) == size &&
                    BN_bn2binpad(ECDSA_SIG_get0_s(parsed.get()), out.data() + width, size) == size;
  if (!made) return failed();
  return out;
}

// The DER form of r || s; empty where memory is short.
Bytes from_jws(ByteView jws) {
  const int width = static_cast<int>(jws.size() / 2);
  const Ecdsa parsed(ECDSA_SIG_new());
  Number r(BN_bin2bn(jws.data(), width, nullptr));
  Number s(BN_bin2bn(jws.data() + width, width, nullptr));
  if (parsed == nullptr || r == nullptr || s == nullptr) return {};
  if (ECDSA_SIG_set0(parsed.get(), r.get(), s.get()) != 1) return {};
  static_cast<void>(r.release());  // the signature's now
  static_cast<void>(s.release());
  Bytes der(static_cast<std::size_t>(std::max(i2d_ECDSA_SIG(parsed.get(), nullptr), 0)));
  std::uint8_t* at = der.data();
  if (!der.empty()) i2d_ECDSA_SIG(parsed.get(), &at);
  return der;
}

Result<Bytes> sign_ed25519(EVP_PKEY* key, ByteView message) {
  const evp::DigestContext context(EVP_MD_CTX_new());
  Bytes out(kEd25519Signature);
  std::size_t size = out.size();
  const bool made = context != nullptr &&
                    EVP_DigestSignInit_ex(context.get(), nullptr, nullptr, nullptr, nullptr, key, nullptr) == 1 &&
                    EVP_DigestSign(context.get(), out.data(), &size, message.data(), message.size()) == 1;
  if (!made || size != out.size()) return failed();
  return out;
}

Result<bool> verify_ed25519(EVP_PKEY* key, ByteView message, ByteView signature) {
  if (signature.size() != kEd25519Signature) return false;
  const evp::DigestContext context(EVP_MD_CTX_new());
  const bool ready = context != nullptr &&
                     EVP_DigestVerifyInit_ex(context.get(), nullptr, nullptr, nullptr, nullptr, key, nullptr) == 1;
  if (!ready) return failed();
  return EVP_DigestVerify(context.get(), signature.data(), signature.size(), message.data(), message.size()) == 1;
}

// False for lengths that no signature of the kind has, before any arithmetic. DER: a sequence's header of at most three
// bytes, and for each number a header of two and a zero in front.
bool length_is_possible(PairKind kind, ByteView signature, SignOptions::Form form) noexcept {
  if (evp::is_rsa(kind)) return signature.size() == evp::rsa_size(kind);
  const std::size_t width = evp::ecdsa_width(kind);
  if (form == SignOptions::Form::jws) return signature.size() == 2 * width;
  return !signature.empty() && signature.size() <= 2 * (width + 3) + 3;
}

}  // namespace

Result<bool> evp::verify(EVP_PKEY* key, PairKind kind, ByteView input, ByteView signature, const SignOptions& options) {
  const QuietErrors quiet;
  const Status checked = check_options(kind, options);
  if (!checked) return checked.error();
  if (kind == PairKind::ed25519) return verify_ed25519(key, input, signature);
  const auto digest = digest_to_sign(input, options);
  if (!digest) return digest.error();
  if (!length_is_possible(kind, signature, options.form)) return false;
  const bool jws = options.form == SignOptions::Form::jws;
  const Bytes der = jws ? from_jws(signature) : Bytes(signature.begin(), signature.end());
  const KeyContext context = prepare(key, kind, options, EVP_PKEY_verify_init, RSA_PSS_SALTLEN_AUTO);
  if (context == nullptr || der.empty()) return failed();
  return EVP_PKEY_verify(context.get(), der.data(), der.size(), digest->data(), digest->size()) == 1;
}

Result<bool> PrivateKey::verify(ByteView input, ByteView signature, const SignOptions& options) const {
  return evp::verify(state_->key.get(), kind(), input, signature, options);
}

Result<Bytes> PrivateKey::sign(ByteView input, const SignOptions& options) const {
  const evp::QuietErrors quiet;
  if (!state_->whole) return evp::no_private_half();
  EVP_PKEY* const key = state_->key.get();
  const Status checked = check_options(kind(), options);
  if (!checked) return checked.error();
  if (kind() == PairKind::ed25519) return sign_ed25519(key, input);
  const auto digest = digest_to_sign(input, options);
  if (!digest) return digest.error();
  const evp::KeyContext context = prepare(key, kind(), options, EVP_PKEY_sign_init, RSA_PSS_SALTLEN_MAX);
  Bytes out(static_cast<std::size_t>(EVP_PKEY_get_size(key)));
  std::size_t size = out.size();
  const bool made =
      context != nullptr && EVP_PKEY_sign(context.get(), out.data(), &size, digest->data(), digest->size()) == 1;
  if (!made) return failed();
  out.resize(size);
  if (options.form == SignOptions::Form::jws) return to_jws(out, evp::ecdsa_width(kind()));
  return out;
}

}  // namespace sluis
