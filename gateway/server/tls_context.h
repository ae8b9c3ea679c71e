// TLS as the gateway serves it: version 1.3 alone (RFC 8446), a client certificate of a named trust anchor, revocation
// lists, no tickets and no resumption. Everything is read and checked whole; a TlsContext is immutable and thread-safe.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "crypto/hash.h"
#include "gateway/http/client_certificate.h"
#include "policy/policy.h"

using SSL = struct ssl_st;
using SSL_CTX = struct ssl_ctx_st;
using X509 = struct x509_st;

namespace sluis::gateway {

struct ClientCa {
  std::string name;  // what policies call it
  std::string file;  // PEM: one or more CA certificates, each of them an anchor of this name
  std::string crl;   // PEM: revocation lists of these, and with CrlCheck::all of the CAs below them
};

enum class CrlCheck : std::uint8_t { none, leaf, all };

struct TlsConfig {
  std::string certificate;  // PEM: the server's chain, its own first
  std::string key;          // PEM, readable by its owner (and group) alone
  std::vector<ClientCa> client_cas;
  CrlCheck crl_check = CrlCheck::leaf;
  std::string ciphersuites = "TLS_AES_256_GCM_SHA384:TLS_CHACHA20_POLY1305_SHA256:TLS_AES_128_GCM_SHA256";
  std::string groups = "X25519:P-256:P-384";
};

struct SslFree {
  void operator()(SSL* ssl) const noexcept;
};
using SslPtr = std::unique_ptr<SSL, SslFree>;

// Who stands at the other end of a connection.
struct Peer {
  policy::Identity identity;
  std::uint64_t not_after = 0;  // Unix seconds: no call is served after it
  std::shared_ptr<const ClientCertificate> certificate;
};

class TlsContext {
 public:
  // What is wrong, for the operator: names the file, and OpenSSL's reason; empty when `context` is set.
  struct Loaded {
    std::shared_ptr<const TlsContext> context;
    std::vector<std::string> errors;
  };
  static Loaded load(const TlsConfig& config);
  ~TlsContext();
  TlsContext(const TlsContext&) = delete;
  TlsContext& operator=(const TlsContext&) = delete;

  // A server's end of a new connection on that socket; null if memory is short.
  SslPtr accept(int socket) const;
  // After the handshake. Nothing if the peer is not verified, or its certificate cannot be read plainly.
  std::optional<Peer> peer_of(const SSL* ssl) const;

  // Unix seconds: when the server's certificate ends, and the first of the revocation lists (0: there are none).
  std::uint64_t certificate_not_after() const noexcept { return not_after_; }
  std::uint64_t crl_next_update() const noexcept { return crl_next_update_; }
  // SHA-256 over the settings and all certificates and revocation lists: equal for what treats clients alike.
  const Digest& digest() const noexcept { return digest_; }

 private:
  TlsContext() = default;
  friend class TlsLoader;
  SSL_CTX* context_ = nullptr;
  std::map<Digest, std::string> anchors_;  // SHA-256 of the certificate -> name
  std::uint64_t not_after_ = 0;
  std::uint64_t crl_next_update_ = 0;
  Digest digest_{};
};

// Subject as RFC 2253 text and subjectAltName URIs. Nothing if a name holds a NUL or what is not UTF-8.
std::optional<policy::Identity> identity_of(X509* certificate);
// The rest of it; nothing if memory is short.
std::optional<ClientCertificate> certificate_of(X509* certificate);

}  // namespace sluis::gateway
