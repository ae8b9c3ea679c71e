// Certificates and requests for them, over OpenSSL's X.509 (RFC 5280, RFC 2986).
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/pemerr.h>
#include <openssl/x509v3.h>

#include "crypto/evp_pair.h"

namespace sluis {
namespace {

using Request = std::unique_ptr<X509_REQ, evp::Freer<X509_REQ_free>>;

struct FreeExtensions {
  void operator()(STACK_OF(X509_EXTENSION) * all) const noexcept {
    sk_X509_EXTENSION_pop_free(all, X509_EXTENSION_free);
  }
};
using Extensions = std::unique_ptr<STACK_OF(X509_EXTENSION), FreeExtensions>;

constexpr std::size_t kMaxCertificates = 16;

constexpr Error not_certificates() noexcept {
  return {Code::invalid, "not a chain of PEM certificates"};
}

evp::Certificate parse_certificate(ByteView der) {
  if (der.size() > evp::kMaxText) return nullptr;
  const std::uint8_t* at = der.data();
  evp::Certificate parsed(d2i_X509(nullptr, &at, static_cast<long>(der.size())));
  return at == der.data() + der.size() ? std::move(parsed) : nullptr;
}

// One block of PEM; empty at the end of the text (invalid if that is not where the text ends) .
struct Block {
  char* name = nullptr;
  char* header = nullptr;
  std::uint8_t* data = nullptr;
  long size = 0;
  Block() = default;
  Block(const Block&) = delete;
  Block& operator=(const Block&) = delete;
  ~Block() {
    OPENSSL_free(name);
    OPENSSL_free(header);
    OPENSSL_free(data);
  }
  bool read(BIO* from) { return PEM_read_bio(from, &name, &header, &data, &size) == 1; }
  bool is_certificate() const {
    return std::string_view(name) == PEM_STRING_X509 && std::string_view(header).empty() && size > 0;
  }
  ByteView bytes() const { return {data, static_cast<std::size_t>(size)}; }
};

// What an issuer signs another certificate with: names and key identifiers match, it may sign, and did.
bool issued(const evp::Certificate& issuer, const evp::Certificate& subject) {
  EVP_PKEY* const key = X509_get0_pubkey(issuer.get());
  return key != nullptr && X509_check_issued(issuer.get(), subject.get()) == X509_V_OK &&
         X509_verify(subject.get(), key) == 1;
}

const EVP_MD* request_digest(PairKind kind) {
  switch (kind) {
    case PairKind::ed25519:
      return nullptr;  // Ed25519 brings its own
    case PairKind::ecdsa_p384:
      return evp::digest(DigestKind::sha2_384);
    case PairKind::ecdsa_p521:
      return evp::digest(DigestKind::sha2_512);
    default:
      return evp::digest(DigestKind::sha2_256);
  }
}

// Takes over what the template asks for; false where it cannot be read.
bool copy_wishes(X509_REQ* from, X509_REQ* to) {
  if (X509_REQ_set_subject_name(to, X509_REQ_get_subject_name(from)) != 1) return false;
  if (X509_REQ_get_attr_by_NID(from, NID_ext_req, -1) < 0) return true;
  const Extensions extensions(X509_REQ_get_extensions(from));
  return extensions != nullptr && X509_REQ_add_extensions(to, extensions.get()) == 1;
}

Result<Request> make_request(std::string_view template_pem) {
  Request request(X509_REQ_new());
  if (request == nullptr || X509_REQ_set_version(request.get(), X509_REQ_VERSION_1) != 1) {
    return Error{Code::internal, "the certificate request could not be made"};
  }
  if (template_pem.empty()) return request;
  const evp::Bio bio = evp::reader(bytes_of(template_pem));
  const Request wishes(bio == nullptr ? nullptr : PEM_read_bio_X509_REQ(bio.get(), nullptr, evp::no_password, nullptr));
  if (wishes == nullptr || !copy_wishes(wishes.get(), request.get())) {
    return Error{Code::invalid, "the template is not a certificate request in PEM"};
  }
  return request;
}

}  // namespace

Result<std::string> PrivateKey::sign_csr(std::string_view template_pem) const {
  const evp::QuietErrors quiet;
  if (!state_->whole) return evp::no_private_half();
  const auto request = make_request(template_pem);
  if (!request) return request.error();
  const evp::Bio bio(BIO_new(BIO_s_mem()));
  const bool made = bio != nullptr && X509_REQ_set_pubkey(request->get(), state_->key.get()) == 1 &&
                    X509_REQ_sign(request->get(), state_->key.get(), request_digest(kind())) > 0 &&
                    PEM_write_bio_X509_REQ(bio.get(), request->get()) == 1;
  if (!made) return Error{Code::internal, "the certificate request could not be signed"};
  char* data = nullptr;
  const long size = BIO_get_mem_data(bio.get(), &data);
  return std::string(data, static_cast<std::size_t>(size));
}

bool PrivateKey::owns_certificate(ByteView der) const {
  const evp::QuietErrors quiet;
  const evp::Certificate certificate = parse_certificate(der);
  EVP_PKEY* const key = certificate == nullptr ? nullptr : X509_get0_pubkey(certificate.get());
  return key != nullptr && EVP_PKEY_eq(key, state_->key.get()) == 1;
}

Result<std::vector<Bytes>> parse_chain(std::string_view pem) {
  const evp::QuietErrors quiet;
  const evp::Bio bio = evp::reader(bytes_of(pem));
  if (bio == nullptr) return not_certificates();
  std::vector<Bytes> chain;
  evp::Certificate below;
  while (true) {
    Block block;
    if (!block.read(bio.get())) break;
    auto certificate = block.is_certificate() ? parse_certificate(block.bytes()) : nullptr;
    if (certificate == nullptr || chain.size() == kMaxCertificates) return not_certificates();
    if (below != nullptr && !issued(certificate, below)) {
      return Error{Code::invalid, "a certificate of the chain is not signed by the next one"};
    }
    chain.emplace_back(block.bytes().begin(), block.bytes().end());
    below = std::move(certificate);
  }
  const bool at_end = ERR_GET_REASON(ERR_peek_last_error()) == PEM_R_NO_START_LINE;
  if (chain.empty() || !at_end) return not_certificates();
  return chain;
}

}  // namespace sluis
