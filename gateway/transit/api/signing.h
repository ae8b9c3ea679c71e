// What sign and verify have in common: how a signature is asked for, and the key pair of a version and context.
#pragma once

#include "gateway/transit/api/items.h"
#include "gateway/transit/api/service.h"

namespace sluis::gateway::transit {

// The parameters that both take.
struct SigningChoice {
  SignOptions options;
  enum class Alphabet : std::uint8_t { standard, url } alphabet = Alphabet::standard;  // of the signature's Base64
};
// `algorithm` of the path goes before those of the body. On trouble, params.refusal() is set.
SigningChoice read_signing(const Call& call, Params& params, const TransitKey& key);

// The digest of a MAC: of the path, else of the body.
DigestKind read_mac_digest(const Call& call, Params& params);

// One version's pair, for a context where the key is derived. For one call.
class SigningPair {
 public:
  // Error invalid where a context is missing. The version outlives the pair.
  static Result<SigningPair> of(const TransitKey& key, const KeyVersion& version, ByteView context);
  const PrivateKey& get() const noexcept { return derived_ ? *derived_ : *kept_; }
  bool derived() const noexcept { return derived_.has_value(); }

 private:
  const PrivateKey* kept_ = nullptr;
  std::optional<PrivateKey> derived_;
};

// Without padding, RFC 4648 section 5.
void append_base64_url(SecretBuffer& out, ByteView bytes);
Result<Bytes> from_base64_url(std::string_view text);

}  // namespace sluis::gateway::transit
