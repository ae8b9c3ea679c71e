#include "audit/sidecar.h"

#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/params.h>

#include <algorithm>

#include "crypto/aead.h"

namespace sluis::audit {
namespace {

constexpr std::string_view kLabel = "sluis/audit/sidecar/1";
constexpr std::uint8_t kVersion = 1;
constexpr std::size_t kPeriodsKept = 2;
constexpr std::size_t kRunKeysKept = 64;

template <auto Free>
struct Freer {
  template <typename T>
  void operator()(T* object) const noexcept {
    Free(object);
  }
};
using CipherContext = std::unique_ptr<EVP_CIPHER_CTX, Freer<EVP_CIPHER_CTX_free>>;
using MacContext = std::unique_ptr<EVP_MAC_CTX, Freer<EVP_MAC_CTX_free>>;

// Fetched once and never freed: OpenSSL's own exit handler may run before destructors of statics.
EVP_MAC* hmac() {
  static EVP_MAC* const fetched = EVP_MAC_fetch(nullptr, "HMAC", nullptr);
  return fetched;
}
const EVP_CIPHER* gcm() {
  static const EVP_CIPHER* const fetched = EVP_CIPHER_fetch(nullptr, "AES-256-GCM", nullptr);
  return fetched;
}

constexpr Error kCipherFailed{Code::internal, "OpenSSL failed to seal a log entry"};

std::string ad_prefix_of(Period period, const RunId& run) {
  Bytes ad(kLabel.begin(), kLabel.end());
  append_prefixed(ad, bytes_of(name(period)));
  ad.insert(ad.end(), run.begin(), run.end());
  return std::string(text_of(ad));
}

Result<SecretKey> sealing_key(PeriodKeys& keys, Period period, const RunId& run) {
  const auto key = keys.sidecar_key(name(period));
  if (!key) return key.error();
  if (key->size() != kAeadKeySize) return Error{Code::internal, "a period's sidecar key has not 32 bytes"};
  std::string info(kLabel);
  info.append(text_of(run));
  return hkdf_sha256(*key, info, kAeadKeySize);
}

void put_u64(std::uint8_t* to, std::uint64_t value) noexcept {
  for (int i = 7; i >= 0; --i, value >>= 8U) to[i] = static_cast<std::uint8_t>(value);
}

std::array<std::uint8_t, kGcmNonceSize> nonce_of(std::uint64_t counter) noexcept {
  std::array<std::uint8_t, kGcmNonceSize> nonce{};
  put_u64(nonce.data() + 4, counter);
  return nonce;
}

}  // namespace

struct PeriodSealer::Contexts {
  CipherContext cipher;
  MacContext mac;
  std::array<Salt, 64> salts{};
  std::size_t salts_left = 0;
};

PeriodSealer::PeriodSealer(Period period, const RunId& run, SecretKey sealing, SecretKey pseudonym)
    : period_(period),
      run_(run),
      ad_prefix_(ad_prefix_of(period, run)),
      sealing_(std::move(sealing)),
      pseudonym_(std::move(pseudonym)) {}
PeriodSealer::~PeriodSealer() = default;

Result<std::shared_ptr<PeriodSealer>> PeriodSealer::make(PeriodKeys& keys, Period period, const RunId& run) {
  auto sealing = sealing_key(keys, period, run);
  if (!sealing) return sealing.error();
  auto pseudonym = keys.pseudonym_key(name(period));
  if (!pseudonym) return pseudonym.error();
  return std::shared_ptr<PeriodSealer>(new PeriodSealer(period, run, std::move(*sealing), std::move(*pseudonym)));
}

Result<std::unique_ptr<PeriodSealer::Contexts>> PeriodSealer::make_contexts() const {
  auto made = std::make_unique<Contexts>();
  made->cipher.reset(EVP_CIPHER_CTX_new());
  made->mac.reset(EVP_MAC_CTX_new(hmac()));
  if (!made->cipher || !made->mac) return kCipherFailed;
  char sha256[] = "SHA256";
  const OSSL_PARAM parameters[] = {OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, sha256, 0),
                                   OSSL_PARAM_construct_end()};
  const ByteView key = sealing_.expose_secret();
  const ByteView mac_key = pseudonym_.expose_secret();
  const bool ready = EVP_EncryptInit_ex2(made->cipher.get(), gcm(), key.data(), nullptr, nullptr) == 1 &&
                     EVP_MAC_init(made->mac.get(), mac_key.data(), mac_key.size(), parameters) == 1;
  if (!ready) return kCipherFailed;
  return made;
}

Result<PeriodSealer::Lease> PeriodSealer::lease() {
  std::unique_lock lock(mutex_);
  if (!idle_.empty()) {
    auto contexts = std::move(idle_.back());
    idle_.pop_back();
    return Lease(*this, std::move(contexts));
  }
  lock.unlock();
  auto made = make_contexts();
  if (!made) return made.error();
  return Lease(*this, std::move(*made));
}

PeriodSealer::Lease::Lease(PeriodSealer& owner, std::unique_ptr<Contexts> contexts) noexcept
    : owner_(owner), contexts_(std::move(contexts)) {}
PeriodSealer::Lease::Lease(Lease&&) noexcept = default;

PeriodSealer::Lease::~Lease() {
  if (contexts_ == nullptr) return;
  const std::lock_guard lock(owner_.mutex_);
  owner_.idle_.push_back(std::move(contexts_));
}

Result<Salt> PeriodSealer::Lease::salt() {
  Contexts& own = *contexts_;
  if (own.salts_left == 0) {
    const Status drawn = random_bytes({own.salts.front().data(), sizeof own.salts});
    if (!drawn) return drawn.error();
    own.salts_left = own.salts.size();
  }
  return std::exchange(own.salts[--own.salts_left], Salt{});
}

Result<Digest> PeriodSealer::Lease::pseudonym(std::string_view subject) {
  EVP_MAC_CTX* const mac = contexts_->mac.get();
  Digest digest{};
  std::size_t size = 0;
  const ByteView bytes = bytes_of(subject);
  const bool done = EVP_MAC_init(mac, nullptr, 0, nullptr) == 1 &&  // the key of before
                    EVP_MAC_update(mac, bytes.data(), bytes.size()) == 1 &&
                    EVP_MAC_final(mac, digest.data(), &size, digest.size()) == 1;
  if (!done) return kCipherFailed;
  return digest;
}

Status PeriodSealer::Lease::seal(std::uint64_t counter, const Digest& commitment, ByteView plain, ByteSpan out) {
  if (out.size() != plain.size() + kSidecarOverhead || plain.size() > kSidecarLimit) return kCipherFailed;
  EVP_CIPHER_CTX* const cipher = contexts_->cipher.get();
  const auto nonce = nonce_of(counter);
  const ByteView prefix = bytes_of(owner_.ad_prefix_);
  out[0] = kVersion;
  std::copy(owner_.run_.begin(), owner_.run_.end(), &out[1]);
  put_u64(&out[17], counter);
  std::uint8_t* const sealed = &out[25];
  int size = 0;
  const bool done =
      EVP_EncryptInit_ex2(cipher, nullptr, nullptr, nonce.data(), nullptr) == 1 &&
      EVP_EncryptUpdate(cipher, nullptr, &size, prefix.data(), static_cast<int>(prefix.size())) == 1 &&
      EVP_EncryptUpdate(cipher, nullptr, &size, commitment.data(), static_cast<int>(commitment.size())) == 1 &&
      EVP_EncryptUpdate(cipher, sealed, &size, plain.data(), static_cast<int>(plain.size())) == 1 &&
      EVP_EncryptFinal_ex(cipher, sealed + plain.size(), &size) == 1 &&
      EVP_CIPHER_CTX_ctrl(cipher, EVP_CTRL_AEAD_GET_TAG, kTagSize, sealed + plain.size()) == 1;
  if (done) return {};
  wipe(out.data(), out.size());
  return kCipherFailed;
}

Result<std::unique_ptr<Sealers>> Sealers::make(PeriodKeys& keys) {
  RunId run{};
  const Status drawn = random_bytes(run);
  if (!drawn) return drawn.error();
  return std::make_unique<Sealers>(keys, run);
}

Result<std::shared_ptr<PeriodSealer>> Sealers::of(Period period) {
  const auto known = [&]() -> std::shared_ptr<PeriodSealer> {
    const auto at =
        std::find_if(sealers_.begin(), sealers_.end(), [&](const auto& s) { return s->period() == period; });
    return at == sealers_.end() ? nullptr : *at;
  };
  {
    const std::shared_lock lock(mutex_);
    if (auto sealer = known()) return sealer;
  }
  auto made = PeriodSealer::make(keys_, period, run_);  // not under the lock: other periods go on
  if (!made) return made;
  const std::unique_lock lock(mutex_);
  if (auto sealer = known()) return sealer;
  if (sealers_.size() >= kPeriodsKept) sealers_.erase(sealers_.begin());
  sealers_.push_back(*made);
  return made;
}

Result<std::shared_ptr<const SecretKey>> SidecarOpener::key_of(Period period, const RunId& run) {
  {
    const std::lock_guard lock(mutex_);
    const auto known = keys_of_runs_.find({period, run});
    if (known != keys_of_runs_.end()) return known->second;
  }
  auto key = sealing_key(keys_, period, run);
  if (!key) return key.error();
  std::shared_ptr<const SecretKey> shared = std::make_shared<SecretKey>(std::move(*key));
  const std::lock_guard lock(mutex_);
  if (keys_of_runs_.size() >= kRunKeysKept) keys_of_runs_.clear();
  keys_of_runs_[{period, run}] = shared;
  return shared;
}

Result<SecretBuffer> SidecarOpener::open(std::uint64_t time_us, const Digest& commitment, ByteView sidecar) {
  constexpr Error bad{Code::corrupt, "a payload of the log does not open"};
  if (sidecar.size() < kSidecarOverhead + sizeof(Salt) || sidecar[0] != kVersion) return bad;
  RunId run{};
  std::copy_n(&sidecar[1], run.size(), run.begin());
  std::array<std::uint8_t, kGcmNonceSize> nonce{};
  std::copy_n(&sidecar[17], 8, nonce.begin() + 4);
  const Period period = period_of(time_us);
  const auto key = key_of(period, run);
  if (!key) return key.error();
  std::string ad = ad_prefix_of(period, run);
  ad.append(text_of(commitment));
  const ByteView sealed = sidecar.subspan(25);
  SecretBuffer plain;
  plain.resize(sealed.size() - kTagSize);
  if (!gcm_open(**key, nonce, bytes_of(ad), sealed, plain.expose_secret_mutable())) return bad;
  if (sha256(plain.expose_secret()) != commitment) {
    return Error{Code::corrupt, "a payload of the log is not what its entry commits to"};
  }
  return SecretBuffer(plain.expose_text().substr(sizeof(Salt)));
}

}  // namespace sluis::audit
