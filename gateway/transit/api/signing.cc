#include "gateway/transit/api/signing.h"

#include <algorithm>

#include "gateway/transit/api/item_cipher.h"

namespace sluis::gateway::transit {
namespace {

constexpr std::size_t kShown = 64;  // bytes of a name that a message repeats

std::string quoted(std::string_view text) {
  return '"' + std::string(text.substr(0, kShown)) + '"';
}

std::string_view algorithm_named(const Call& call, Params& params) {
  if (!call.param("algorithm").empty()) return call.param("algorithm");
  const auto own = params.text("hash_algorithm");
  return own.empty() ? params.text("algorithm", "sha2-256") : own;
}

void read_salt(Params& params, SignOptions& options) {
  const auto text = params.text("salt_length", "auto");
  if (text.empty() || text == "auto") return;
  options.salt = text == "hash" ? SignOptions::Salt::as_digest : SignOptions::Salt::fixed;
  if (text == "hash") return;
  const auto bytes = integer_of(text);
  if (!bytes) {
    return params.refuse(
        {400, "salt length neither 'auto', 'hash', nor an int: " + std::string(text.substr(0, kShown))});
  }
  if (*bytes < 0 || *bytes > 4096) return params.refuse({400, "salt length is invalid: " + std::to_string(*bytes)});
  options.salt_bytes = static_cast<std::size_t>(*bytes);
}

bool is_rsa(KeyType type) noexcept {
  return type == KeyType::rsa_2048 || type == KeyType::rsa_3072 || type == KeyType::rsa_4096;
}

// What one kind of key alone understands is left alone for the others, as the engines do.
void fit_to_key(KeyType type, SignOptions& options) {
  if (!is_rsa(type)) {
    options.padding = SignOptions{}.padding;
    options.salt = SignOptions{}.salt;
    options.salt_bytes = 0;
  }
  if (type == KeyType::ed25519) options.input = SignOptions::Input::message;
  if (type == KeyType::ed25519 || is_rsa(type)) options.form = SignOptions::Form::asn1;
}

}  // namespace

SigningChoice read_signing(const Call& call, Params& params, const TransitKey& key) {
  SigningChoice choice;
  SignOptions& options = choice.options;
  const auto algorithm = algorithm_named(call, params);
  const auto digest = digest_named(algorithm.empty() ? std::string_view("sha2-256") : algorithm);
  if (!digest) params.refuse({400, "invalid hash algorithm " + quoted(algorithm)});
  options.digest = digest.value_or(options.digest);
  if (params.flag("prehashed")) options.input = SignOptions::Input::prehashed;
  const auto padding = params.text("signature_algorithm");
  if (padding == "pkcs1v15") options.padding = SignOptions::Padding::pkcs1v15;
  if (!padding.empty() && padding != "pkcs1v15" && padding != "pss") {
    params.refuse({400, "unsupported rsa signature algorithm " + quoted(padding)});
  }
  const auto form = params.text("marshaling_algorithm", "asn1");
  if (form == "jws") {
    options.form = SignOptions::Form::jws;
    choice.alphabet = SigningChoice::Alphabet::url;
  }
  if (!form.empty() && form != "jws" && form != "asn1") {
    params.refuse({400, "invalid marshaling type " + quoted(form)});
  }
  read_salt(params, options);
  fit_to_key(key.attributes.type, options);
  return choice;
}

DigestKind read_mac_digest(const Call& call, Params& params) {
  const auto algorithm = algorithm_named(call, params);
  const auto digest = digest_named(algorithm);
  if (!digest) params.refuse({400, "unsupported algorithm " + quoted(algorithm)});
  return digest.value_or(DigestKind::sha2_256);
}

Result<SigningPair> SigningPair::of(const TransitKey& key, const KeyVersion& version, ByteView context) {
  SigningPair out;
  out.kept_ = &*version.pair;
  if (!key.attributes.derived) return out;
  constexpr std::size_t kSeed = 32;
  const auto whole = version.pair->export_ed25519();
  if (!whole) return whole.error();
  const auto from = SecretKey::copy_of(whole->expose_secret());
  if (!from) return from.error();
  const auto seed = derive_key(*from, context, kSeed);
  if (!seed) return seed.error();
  auto pair = PrivateKey::from_ed25519(seed->expose_secret());
  if (!pair) return pair.error();
  out.derived_.emplace(*std::move(pair));
  return out;
}

void append_base64_url(SecretBuffer& out, ByteView bytes) {
  std::string text = to_base64(bytes);
  std::replace(text.begin(), text.end(), '+', '-');
  std::replace(text.begin(), text.end(), '/', '_');
  out.append(std::string_view(text).substr(0, text.find('=')));
}

Result<Bytes> from_base64_url(std::string_view text) {
  if (text.find_first_of("+/=") != std::string_view::npos) return Error{Code::invalid, "not base64url"};
  std::string standard(text);
  std::replace(standard.begin(), standard.end(), '-', '+');
  std::replace(standard.begin(), standard.end(), '_', '/');
  standard.append((4 - standard.size() % 4) % 4, '=');
  return from_base64(standard);
}

}  // namespace sluis::gateway::transit
