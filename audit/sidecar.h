// Encryption of payloads. A sidecar is
//   version (1 byte, 1) || run id (16) || counter (8) || AES-256-GCM ciphertext of salt (16) || payload || tag (16)
// under HKDF-SHA-256(period key, info "sluis/audit/sidecar/1" || run id), nonce 0x00000000 || counter, associated data
// "sluis/audit/sidecar/1" || prefixed(period) || run id || commitment. A run id is random and new each time a log is
// opened, and a counter is used once in a run: no nonce comes twice under one key.
#pragma once

#include <array>
#include <atomic>
#include <map>
#include <memory>
#include <mutex>
#include <shared_mutex>
#include <vector>

#include "audit/moment.h"
#include "audit/period_keys.h"
#include "crypto/hash.h"

namespace sluis::audit {

using RunId = std::array<std::uint8_t, 16>;
using Salt = std::array<std::uint8_t, 16>;

inline constexpr std::size_t kSidecarOverhead = 1 + 16 + 8 + 16;  // besides salt and payload
inline constexpr std::size_t kSidecarLimit = 16U << 20U;

// The keys of one period in one run, and a pool of cipher and MAC contexts made ready with them. Thread-safe.
class PeriodSealer {
 public:
  struct Contexts;
  static Result<std::shared_ptr<PeriodSealer>> make(PeriodKeys& keys, Period period, const RunId& run);
  PeriodSealer(const PeriodSealer&) = delete;
  PeriodSealer& operator=(const PeriodSealer&) = delete;
  ~PeriodSealer();

  Period period() const noexcept { return period_; }

  // Contexts for one thread, given back when destroyed. The sealer outlives it.
  class Lease {
   public:
    Lease(PeriodSealer& owner, std::unique_ptr<Contexts> contexts) noexcept;
    Lease(Lease&&) noexcept;
    Lease& operator=(Lease&&) = delete;
    ~Lease();
    Result<Salt> salt();  // random; drawn many at a time
    // HMAC-SHA-256 of the subject under the period's pseudonym key.
    Result<Digest> pseudonym(std::string_view subject);
    // `plain` is salt || payload; out.size() = plain.size() + kSidecarOverhead. A counter may be used once.
    Status seal(std::uint64_t counter, const Digest& commitment, ByteView plain, ByteSpan out);

   private:
    PeriodSealer& owner_;
    std::unique_ptr<Contexts> contexts_;
  };
  Result<Lease> lease();

 private:
  PeriodSealer(Period period, const RunId& run, SecretKey sealing, SecretKey pseudonym);
  Result<std::unique_ptr<Contexts>> make_contexts() const;

  const Period period_;
  const RunId run_;
  const std::string ad_prefix_;
  const SecretKey sealing_;
  const SecretKey pseudonym_;
  std::mutex mutex_;
  std::vector<std::unique_ptr<Contexts>> idle_;
};

// The sealers of the periods in use by one run. Thread-safe.
class Sealers {
 public:
  static Result<std::unique_ptr<Sealers>> make(PeriodKeys& keys);
  Sealers(PeriodKeys& keys, const RunId& run) noexcept : keys_(keys), run_(run) {}

  // May block at the first use of a period.
  Result<std::shared_ptr<PeriodSealer>> of(Period period);
  std::uint64_t next_counter() noexcept { return counter_.fetch_add(1, std::memory_order_relaxed); }

 private:
  PeriodKeys& keys_;
  const RunId run_;
  std::atomic<std::uint64_t> counter_ = 0;
  std::shared_mutex mutex_;
  std::vector<std::shared_ptr<PeriodSealer>> sealers_;  // the newest at the back
};

// Opens sidecars of any run and period. Thread-safe; may block.
class SidecarOpener {
 public:
  explicit SidecarOpener(PeriodKeys& keys) noexcept : keys_(keys) {}
  // The payload's JSON; the commitment is checked. Errors: not_found (key destroyed), unavailable, corrupt.
  Result<SecretBuffer> open(std::uint64_t time_us, const Digest& commitment, ByteView sidecar);

 private:
  Result<std::shared_ptr<const SecretKey>> key_of(Period period, const RunId& run);

  PeriodKeys& keys_;
  std::mutex mutex_;
  std::map<std::pair<Period, RunId>, std::shared_ptr<const SecretKey>> keys_of_runs_;
};

}  // namespace sluis::audit
