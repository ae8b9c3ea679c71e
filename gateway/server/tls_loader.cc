// Reads certificates, keys and revocation lists, checks them whole, and sets up OpenSSL.
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <sys/stat.h>

#include <algorithm>
#include <array>
#include <ctime>
#include <fstream>
#include <iterator>

#include "crypto/hash.h"
#include "gateway/server/tls_context.h"

namespace sluis::gateway {

namespace {

struct X509Free {
  void operator()(X509* p) const noexcept { X509_free(p); }
};
struct CrlFree {
  void operator()(X509_CRL* p) const noexcept { X509_CRL_free(p); }
};
struct BioFree {
  void operator()(BIO* p) const noexcept { BIO_free(p); }
};
using X509Ptr = std::unique_ptr<X509, X509Free>;
using CrlPtr = std::unique_ptr<X509_CRL, CrlFree>;
using BioPtr = std::unique_ptr<BIO, BioFree>;

std::string openssl_reason() {
  const unsigned long code = ERR_peek_last_error();
  ERR_clear_error();
  const char* const text = code == 0 ? nullptr : ERR_reason_error_string(code);
  return text == nullptr ? std::string("no reason given") : std::string(text);
}

std::uint64_t unix_seconds(const ASN1_TIME* time) {
  std::tm utc{};
  if (time == nullptr || ASN1_TIME_to_tm(time, &utc) != 1) return 0;
  const auto seconds = timegm(&utc);
  return seconds < 0 ? 0 : static_cast<std::uint64_t>(seconds);
}

// Clients that speak ALPN must be able to speak HTTP/1.1 (RFC 7301).
int select_alpn(SSL*, const unsigned char** out, unsigned char* out_size, const unsigned char* in, unsigned in_size,
                void*) {
  static constexpr std::array<unsigned char, 9> kHttp11{8, 'h', 't', 't', 'p', '/', '1', '.', '1'};
  unsigned char* chosen = nullptr;
  if (SSL_select_next_proto(&chosen, out_size, kHttp11.data(), kHttp11.size(), in, in_size) != OPENSSL_NPN_NEGOTIATED) {
    return SSL_TLSEXT_ERR_ALERT_FATAL;
  }
  *out = chosen;
  return SSL_TLSEXT_ERR_OK;
}

}  // namespace

class TlsLoader {
 public:
  explicit TlsLoader(const TlsConfig& config) : config_(config), made_(new TlsContext) {}

  TlsContext::Loaded run() {
    ERR_clear_error();
    made_->context_ = SSL_CTX_new(TLS_server_method());
    if (made_->context_ == nullptr) return {nullptr, {"TLS cannot be set up: " + openssl_reason()}};
    set_modes();
    load_own();
    for (const auto& ca : config_.client_cas) load_ca(ca);
    if (config_.client_cas.empty()) fail("tls.client_ca: at least one trust anchor is needed");
    set_verification();
    if (!errors_.empty()) return {nullptr, std::move(errors_)};
    made_->digest_ = sha256(bytes_of(trusted_));
    return {std::move(made_), {}};
  }

 private:
  SSL_CTX* ctx() { return made_->context_; }
  void fail(std::string text) { errors_.push_back(std::move(text)); }

  // What is trusted, as it goes into the digest.
  void note(std::string_view what) { (trusted_ += what) += '\n'; }
  void note_file(const std::string& path) {
    std::ifstream in(path, std::ios::binary);
    note(std::string(std::istreambuf_iterator<char>(in), {}));
  }

  void set_modes() {
    SSL_CTX_set_min_proto_version(ctx(), TLS1_3_VERSION);
    SSL_CTX_set_max_proto_version(ctx(), TLS1_3_VERSION);
    SSL_CTX_set_security_level(ctx(), 2);
    SSL_CTX_set_options(ctx(), SSL_OP_NO_TICKET | SSL_OP_NO_RENEGOTIATION | SSL_OP_CLEANSE_PLAINTEXT |
                                   SSL_OP_CIPHER_SERVER_PREFERENCE | SSL_OP_NO_COMPRESSION);
    // Buffers are given back by Stream::release_buffers once a connection is idle, not after each record: to make, free
    // and wipe 33 KB a request costs as much as the request's cryptography.
    SSL_CTX_set_mode(ctx(), SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
    SSL_CTX_set_session_cache_mode(ctx(), SSL_SESS_CACHE_OFF);
    SSL_CTX_set_num_tickets(ctx(), 0);
    SSL_CTX_set_max_early_data(ctx(), 0);
    SSL_CTX_set_read_ahead(ctx(), 1);
    SSL_CTX_set_alpn_select_cb(ctx(), &select_alpn, nullptr);
    if (SSL_CTX_set_ciphersuites(ctx(), config_.ciphersuites.c_str()) != 1) {
      fail("tls.ciphersuites: " + openssl_reason());
    }
    if (SSL_CTX_set1_groups_list(ctx(), config_.groups.c_str()) != 1) fail("tls.groups: " + openssl_reason());
  }

  void load_own() {
    note_file(config_.certificate);
    if (SSL_CTX_use_certificate_chain_file(ctx(), config_.certificate.c_str()) != 1) {
      return fail("tls.certificate: " + config_.certificate + ": " + openssl_reason());
    }
    made_->not_after_ = unix_seconds(X509_get0_notAfter(SSL_CTX_get0_certificate(ctx())));
    if (made_->not_after_ <= static_cast<std::uint64_t>(std::time(nullptr))) {
      fail("tls.certificate: " + config_.certificate + ": the certificate has expired");
    }
    struct stat info {};
    if (stat(config_.key.c_str(), &info) == 0 && (info.st_mode & (S_IRWXG | S_IRWXO)) != 0) {
      return fail("tls.key: " + config_.key + ": others have rights on the file; take them away (chmod 0600)");
    }
    if (SSL_CTX_use_PrivateKey_file(ctx(), config_.key.c_str(), SSL_FILETYPE_PEM) != 1) {
      return fail("tls.key: " + config_.key + ": " + openssl_reason());
    }
    if (SSL_CTX_check_private_key(ctx()) != 1) {
      fail("tls.key: " + config_.key + ": the key does not belong to the certificate");
    }
  }

  void load_ca(const ClientCa& ca) {
    const auto where = "tls.client_ca '" + ca.name + "': ";
    const BioPtr in(BIO_new_file(ca.file.c_str(), "r"));
    if (!in) return fail(where + ca.file + ": " + openssl_reason());
    unsigned found = 0;
    while (const X509Ptr certificate{PEM_read_bio_X509(in.get(), nullptr, nullptr, nullptr)}) {
      ++found;
      add_anchor(ca, where, certificate.get());
    }
    ERR_clear_error();
    if (found == 0) fail(where + ca.file + ": no certificate in it");
    note(ca.name);
    note_file(ca.file);
    if (config_.crl_check != CrlCheck::none) load_crl(ca, where);
  }

  void add_anchor(const ClientCa& ca, const std::string& where, X509* certificate) {
    if (X509_check_ca(certificate) == 0) return fail(where + ca.file + ": not the certificate of a CA");
    Digest digest{};
    unsigned size = 0;
    X509_digest(certificate, EVP_sha256(), digest.data(), &size);
    const auto [it, fresh] = made_->anchors_.emplace(digest, ca.name);
    if (!fresh && it->second != ca.name) {
      return fail(where + ca.file + ": the same certificate is '" + it->second + "' too");
    }
    X509_STORE_add_cert(SSL_CTX_get_cert_store(ctx()), certificate);
    SSL_CTX_add_client_CA(ctx(), certificate);
  }

  void load_crl(const ClientCa& ca, const std::string& where) {
    if (ca.crl.empty()) return fail(where + "crl is missing (or set tls.crl_check = \"none\")");
    const BioPtr in(BIO_new_file(ca.crl.c_str(), "r"));
    if (!in) return fail(where + ca.crl + ": " + openssl_reason());
    unsigned found = 0;
    while (const CrlPtr crl{PEM_read_bio_X509_CRL(in.get(), nullptr, nullptr, nullptr)}) {
      ++found;
      X509_STORE_add_crl(SSL_CTX_get_cert_store(ctx()), crl.get());
      const auto next = unix_seconds(X509_CRL_get0_nextUpdate(crl.get()));
      auto& first = made_->crl_next_update_;
      if (next != 0 && (first == 0 || next < first)) first = next;
    }
    ERR_clear_error();
    if (found == 0) fail(where + ca.crl + ": no revocation list in it");
    note_file(ca.crl);
  }

  void set_verification() {
    note(std::to_string(static_cast<int>(config_.crl_check)) + config_.ciphersuites + ' ' + config_.groups);
    SSL_CTX_set_verify(ctx(), SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, nullptr);
    SSL_CTX_set_verify_depth(ctx(), 6);
    auto* const param = SSL_CTX_get0_param(ctx());
    // An anchor need not be self-signed: what is configured is what is trusted.
    X509_VERIFY_PARAM_set_flags(param, X509_V_FLAG_PARTIAL_CHAIN);
    if (config_.crl_check != CrlCheck::none) X509_VERIFY_PARAM_set_flags(param, X509_V_FLAG_CRL_CHECK);
    if (config_.crl_check == CrlCheck::all) X509_VERIFY_PARAM_set_flags(param, X509_V_FLAG_CRL_CHECK_ALL);
  }

  const TlsConfig& config_;
  std::shared_ptr<TlsContext> made_;
  std::vector<std::string> errors_;
  std::string trusted_;
};

void SslFree::operator()(SSL* ssl) const noexcept {
  SSL_free(ssl);
}

TlsContext::Loaded TlsContext::load(const TlsConfig& config) {
  return TlsLoader(config).run();
}

TlsContext::~TlsContext() {
  SSL_CTX_free(context_);
}

SslPtr TlsContext::accept(int socket) const {
  SslPtr ssl(SSL_new(context_));
  if (!ssl || SSL_set_fd(ssl.get(), socket) != 1) return nullptr;
  SSL_set_accept_state(ssl.get());
  return ssl;
}

std::optional<Peer> TlsContext::peer_of(const SSL* ssl) const {
  if (SSL_get_verify_result(ssl) != X509_V_OK) return std::nullopt;
  X509* const certificate = SSL_get0_peer_certificate(ssl);
  // OpenSSL does not take this getter's SSL as const.
  STACK_OF(X509)* const chain = SSL_get0_verified_chain(const_cast<SSL*>(ssl));
  if (certificate == nullptr || chain == nullptr || sk_X509_num(chain) == 0) return std::nullopt;
  auto identity = identity_of(certificate);
  if (!identity) return std::nullopt;
  Digest digest{};
  unsigned size = 0;
  X509_digest(sk_X509_value(chain, sk_X509_num(chain) - 1), EVP_sha256(), digest.data(), &size);
  const auto anchor = anchors_.find(digest);
  if (anchor == anchors_.end()) return std::nullopt;
  identity->ca = anchor->second;
  std::uint64_t not_after = unix_seconds(X509_get0_notAfter(certificate));
  for (int i = 1; i < sk_X509_num(chain); ++i) {
    not_after = std::min(not_after, unix_seconds(X509_get0_notAfter(sk_X509_value(chain, i))));
  }
  auto own = certificate_of(certificate);
  if (!own) return std::nullopt;
  own->not_after = not_after;
  return Peer{*std::move(identity), not_after, std::make_shared<const ClientCertificate>(*std::move(own))};
}

}  // namespace sluis::gateway
