#include "hsm/pkcs11_token.h"

#include <algorithm>

#include "crypto/hash.h"
#include "hsm/key_maker.h"
#include "hsm/link.h"
#include "hsm/selftest.h"

namespace sluis::hsm {

namespace {

constexpr std::size_t kMaxWrappedKey = 4000;  // bytes; data keys have 32, an RSA-4096 pair as PKCS#8 about 2400
constexpr std::size_t kMacSize = 32;
constexpr std::size_t kSignatureSize = 64;

Status check(const Pkcs11Config& config, const SecretKey& pin) {
  if (config.token_label.empty() || config.token_label.size() > 32) {
    return Error{Code::invalid, "the token's label must have 1 to 32 characters"};
  }
  if (config.session_limit < 2) return Error{Code::invalid, "the HSM session limit must be at least 2"};
  if (config.backoff_first.count() <= 0 || config.backoff_max < config.backoff_first) {
    return Error{Code::invalid, "the pauses between reconnections to the HSM are contradictory"};
  }
  if (pin.empty()) return Error{Code::invalid, "the HSM needs a PIN"};
  return {};
}

Result<SecretKey> shortened(const SecretKey& buffer, std::size_t size) {
  return SecretKey::copy_of(buffer.expose_secret().first(size));
}

}  // namespace

Result<std::unique_ptr<Pkcs11Token>> Pkcs11Token::open(Pkcs11Config config, SecretKey pin, Start start) {
  if (Status status = check(config, pin); !status) return status.error();
  auto module = Module::load(config.module_path);
  if (!module) return module.error();
  const Profile profile = config.profile;
  auto link = std::make_unique<Link>(std::move(*module), std::move(config), std::move(pin));
  const Status status = link->connect();
  const bool may_heal = start == Start::may_be_away && !status && status.error().code == Code::unavailable;
  if (!status && !may_heal) return status.error();
  return std::unique_ptr<Pkcs11Token>(new Pkcs11Token(std::move(link), profile));
}

Pkcs11Token::Pkcs11Token(std::unique_ptr<Link> link, Profile profile)
    : link_(std::move(link)), profile_(std::move(profile)) {}

Pkcs11Token::~Pkcs11Token() = default;

Status Pkcs11Token::replace_pin(SecretKey pin) {
  if (pin.empty()) return Error{Code::invalid, "the HSM needs a PIN"};
  return link_->replace_pin(std::move(pin));
}

Result<KeyInfo> Pkcs11Token::make(KeyKind kind, std::uint32_t version) {
  if (version == 0) return Error{Code::invalid, "key versions start at 1"};
  if (kind == KeyKind::audit && !profile_.signs()) return error_of(Fault::unsupported);
  KeyInfo info;
  const auto step = [&](Connection& connection) { return make_key(connection, {kind, version}, info); };
  if (Status status = link_->run(Repeat::forbidden, step); !status) return status.error();
  return info;
}

Result<std::vector<KeyInfo>> Pkcs11Token::list() {
  Inventory inventory;
  const auto step = [&](Connection& connection) { return connection.take_stock(inventory); };
  if (Status status = link_->run(Repeat::allowed, step); !status) return status.error();
  return std::move(inventory.keys);
}

Status Pkcs11Token::destroy(KeyKind kind, std::uint32_t version) {
  return link_->run(Repeat::forbidden, [&](Connection& c) { return destroy_key(c, {kind, version}); });
}

Result<Bytes> Pkcs11Token::wrap(std::uint32_t master_version, ByteView context, const SecretKey& key) {
  if (key.empty() || key.size() > kMaxWrappedKey) return Error{Code::invalid, "a key to wrap has 1 to 4000 bytes"};
  Bytes wrapped;
  const auto seal = [&](const KeyUse& use) {
    Nonce nonce{};
    if (!random_bytes(nonce)) return ck_rv_t{CKR_HOST_MEMORY};
    Bytes sealed;
    const ck_rv_t code = gcm_encrypt(use, nonce, context, key.expose_secret(), sealed);
    if (code != CKR_OK) return code;
    wrapped.assign(nonce.begin(), nonce.end());
    wrapped.insert(wrapped.end(), sealed.begin(), sealed.end());
    return code;
  };
  const KeyRef master{KeyKind::master, master_version};
  const auto step = [&](Connection& c) { return c.use_key(master, Unclear::means_sick, seal); };
  if (Status status = link_->run(Repeat::allowed, step); !status) return status.error();
  return wrapped;
}

Result<SecretKey> Pkcs11Token::unwrap(std::uint32_t master_version, ByteView context, ByteView wrapped) {
  if (wrapped.size() <= kGcmNonceSize + kTagSize) return Error{Code::corrupt, "a wrapped key is too short"};
  if (wrapped.size() > kGcmNonceSize + kMaxWrappedKey + kTagSize) {
    return Error{Code::corrupt, "a wrapped key is too long"};
  }
  Nonce nonce{};
  std::copy_n(wrapped.begin(), kGcmNonceSize, nonce.begin());
  const ByteView sealed = wrapped.subspan(kGcmNonceSize);
  auto buffer = SecretKey::make(sealed.size() + kSlack);
  if (!buffer) return buffer.error();
  std::size_t size = 0;
  const auto open = [&](const KeyUse& use) {
    return gcm_decrypt(use, nonce, context, sealed, buffer->expose_secret_mutable(), size);
  };
  const KeyRef master{KeyKind::master, master_version};
  const auto step = [&](Connection& c) { return c.use_key(master, Unclear::may_mean_tampered, open); };
  if (Status status = link_->run(Repeat::allowed, step); !status) return status.error();
  return shortened(*buffer, size);
}

Result<SecretKey> Pkcs11Token::mac(std::uint32_t pseudonym_version, ByteView data) {
  auto buffer = SecretKey::make(kMacSize + kSlack);
  if (!buffer) return buffer.error();
  std::size_t size = 0;
  const auto compute = [&](const KeyUse& use) {
    return sign_once(use, profile_.hmac_sha256, data, buffer->expose_secret_mutable(), size);
  };
  const KeyRef key{KeyKind::pseudonym, pseudonym_version};
  const auto step = [&](Connection& c) { return c.use_key(key, Unclear::means_sick, compute); };
  if (Status status = link_->run(Repeat::allowed, step); !status) return status.error();
  if (size != kMacSize) return error_of(Fault::failing);
  return shortened(*buffer, size);
}

Result<Bytes> Pkcs11Token::sign(std::uint32_t audit_version, ByteView message) {
  if (!profile_.signs()) return error_of(Fault::unsupported);
  Bytes signature(kSignatureSize + kSlack);
  std::size_t size = 0;
  const auto compute = [&](const KeyUse& use) { return sign_once(use, profile_.eddsa, message, signature, size); };
  const KeyRef key{KeyKind::audit, audit_version};
  const auto step = [&](Connection& c) { return c.use_key(key, Unclear::means_sick, compute); };
  if (Status status = link_->run(Repeat::allowed, step); !status) return status.error();
  if (size != kSignatureSize) return error_of(Fault::failing);
  signature.resize(size);
  return signature;
}

Result<Bytes> Pkcs11Token::public_key(std::uint32_t audit_version) {
  Bytes point;
  const auto step = [&](Connection& c) { return read_public_key(c, {KeyKind::audit, audit_version}, point); };
  if (Status status = link_->run(Repeat::allowed, step); !status) return status.error();
  return point;
}

Result<SecretKey> Pkcs11Token::random(std::size_t size) {
  auto bytes = SecretKey::random(size);
  if (!bytes) return bytes.error();
  auto drawn = SecretKey::make(size);
  if (!drawn) return drawn.error();
  const auto draw = [&](const Place& place) {
    return place.api.C_GenerateRandom(place.session, drawn->expose_secret_mutable().data(), size);
  };
  const auto step = [&](Connection& c) { return c.use_session(Access::read, draw); };
  if (Status status = link_->run(Repeat::allowed, step); !status) return status.error();
  const ByteSpan out = bytes->expose_secret_mutable();
  const ByteView mask = drawn->expose_secret();
  std::transform(out.begin(), out.end(), mask.begin(), out.begin(),
                 [](std::uint8_t a, std::uint8_t b) { return static_cast<std::uint8_t>(a ^ b); });
  return std::move(*bytes);
}

Result<TokenInfo> Pkcs11Token::probe() {
  TokenInfo info;
  const auto step = [&](Connection& connection) {
    const Fault fault = connection.prove();
    if (fault == Fault::none) info = connection.describe();
    return fault;
  };
  if (Status status = link_->run(Repeat::allowed, step); !status) return status.error();
  return info;
}

Result<std::vector<SelfTestStep>> Pkcs11Token::selftest() {
  std::vector<SelfTestStep> steps;
  const auto step = [&](Connection& connection) { return run_selftest(connection, steps); };
  if (Status status = link_->run(Repeat::allowed, step); !status) return status.error();
  return steps;
}

}  // namespace sluis::hsm
