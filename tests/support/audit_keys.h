// Keys for tests of the audit log, kept in memory: period keys that can be destroyed or taken away, and a signer with a
// real Ed25519 key that can be made to fail. Thread-safe.
#pragma once

#include <openssl/evp.h>

#include <atomic>
#include <memory>
#include <mutex>
#include <set>
#include <string>

#include "audit/log.h"
#include "crypto/hash.h"

namespace sluis::tests {

class MemoryPeriodKeys final : public audit::PeriodKeys {
 public:
  explicit MemoryPeriodKeys(std::string seed = "seed of the period keys") : seed_(std::move(seed)) {}

  Result<SecretKey> sidecar_key(std::string_view period) override {
    const std::lock_guard lock(mutex_);
    if (destroyed_.contains(std::string(period))) return Error{Code::not_found, "the period's key was destroyed"};
    return derive("sidecar ", period);
  }
  Result<SecretKey> pseudonym_key(std::string_view period) override { return derive("pseudonym ", period); }

  void destroy(std::string_view period) {
    const std::lock_guard lock(mutex_);
    destroyed_.emplace(period);
  }
  void set_away(bool away) { away_ = away; }
  std::uint64_t calls() const { return calls_; }

 private:
  Result<SecretKey> derive(std::string_view use, std::string_view period) {
    ++calls_;
    if (away_) return Error{Code::unavailable, "the HSM is away"};
    return SecretKey::copy_of(hmac_sha256(bytes_of(seed_), {bytes_of(use), bytes_of(period)}));
  }
  const std::string seed_;
  std::mutex mutex_;
  std::set<std::string, std::less<>> destroyed_;
  std::atomic<bool> away_ = false;
  std::atomic<std::uint64_t> calls_ = 0;
};

class MemorySigner final : public audit::Signer {
 public:
  // The same seed gives the same key.
  explicit MemorySigner(std::string_view seed = "seed of the signer") {
    const Digest secret = sha256(bytes_of(seed));
    key_.reset(EVP_PKEY_new_raw_private_key(EVP_PKEY_ED25519, nullptr, secret.data(), secret.size()));
  }

  Result<Bytes> sign(ByteView message) override {
    ++calls_;
    if (away_) return Error{Code::unavailable, "the HSM is away"};
    const std::unique_ptr<EVP_MD_CTX, ContextFreer> context(EVP_MD_CTX_new());
    Bytes signature(audit::kSignatureSize);
    std::size_t size = signature.size();
    const bool done = EVP_DigestSignInit(context.get(), nullptr, nullptr, nullptr, key_.get()) == 1 &&
                      EVP_DigestSign(context.get(), signature.data(), &size, message.data(), message.size()) == 1;
    if (!done) return Error{Code::internal, "OpenSSL does not sign"};
    if (wrong_) signature[7] ^= 1U;
    return signature;
  }
  Result<Bytes> public_key() override {
    if (away_) return Error{Code::unavailable, "the HSM is away"};
    Bytes key(audit::kPublicKeySize);
    std::size_t size = key.size();
    if (EVP_PKEY_get_raw_public_key(key_.get(), key.data(), &size) != 1) return Error{Code::internal, "no public key"};
    return key;
  }

  void set_away(bool away) { away_ = away; }
  void set_wrong(bool wrong) { wrong_ = wrong; }
  std::uint64_t calls() const { return calls_; }

 private:
  struct KeyFreer {
    void operator()(EVP_PKEY* key) const noexcept { EVP_PKEY_free(key); }
  };
  struct ContextFreer {
    void operator()(EVP_MD_CTX* context) const noexcept { EVP_MD_CTX_free(context); }
  };
  std::unique_ptr<EVP_PKEY, KeyFreer> key_;
  std::atomic<bool> away_ = false;
  std::atomic<bool> wrong_ = false;
  std::atomic<std::uint64_t> calls_ = 0;
};

}  // namespace sluis::tests
