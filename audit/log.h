// The write-ahead log of a gateway: appends entries in order, makes them durable in groups, hands out receipts. One
// writer thread takes whatever has queued up since the last sync, appends, fdatasync, completes. A failed write or sync
// halts the log for good: every later append fails with audit_halted until the process is restarted by an operator.
// All methods are thread-safe.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "audit/entry.h"
#include "crypto/result.h"

namespace sluis::audit {

// Keys by period (a month, "2026-11"), kept wrapped elsewhere. Called rarely; may block.
class PeriodKeys {
 public:
  virtual ~PeriodKeys() = default;
  // The sidecar key of a period, made on first use if `create`.
  virtual Result<SecretKey> sidecar_key(std::string_view period) = 0;
  // The key under which subjects of that period get their pseudonym: an HMAC by the HSM.
  virtual Result<SecretKey> pseudonym_key(std::string_view period) = 0;
};

// Signs checkpoints with the HSM's Ed25519 key. Called at most once a second; may block.
class Signer {
 public:
  virtual ~Signer() = default;
  virtual Result<Bytes> sign(ByteView message) = 0;
  virtual Result<Bytes> public_key() = 0;
};

struct Receipt {
  std::uint64_t first = 0;  // index of the first entry appended by this call
  std::uint64_t count = 0;
};

struct LogConfig {
  std::string folder;           // 0700, made if it is missing
  std::string origin;           // name of the log: "sluis.example/gateway-1"
  std::string gateway;          // name of this gateway, in each leaf
  std::uint64_t segment_bytes = 64U << 20U;
  std::size_t queue_bytes = 64U << 20U;  // what may wait for a sync; beyond it appends fail with busy
};

// What was found and done at start, for the operator.
struct Recovery {
  std::uint64_t entries = 0;
  std::uint64_t torn_bytes = 0;  // cut from the tail
};

// Entries made ready by the calling thread: leaf lines and encrypted payloads.
class Batch;

class Log {
 public:
  using Done = std::function<void(Result<Receipt>)>;

  // Recovers, then starts the writer. Error corrupt if anything but the tail is damaged: it is left untouched.
  static Result<std::unique_ptr<Log>> open(const LogConfig& config, PeriodKeys& keys, Signer& signer);
  virtual ~Log() = default;  // completes what is queued, syncs, stops

  // `done` runs exactly once, on the writer's thread (or on this one if it fails at once): it must be short.
  virtual void append(std::vector<Event> events, Done done) = 0;
  // Waits for durability. Not for I/O threads.
  virtual Result<Receipt> append_and_wait(std::vector<Event> events) = 0;

  virtual bool halted() const noexcept = 0;
  virtual std::uint64_t size() const noexcept = 0;  // durable entries
  virtual const Recovery& recovery() const noexcept = 0;
  virtual const std::string& origin() const noexcept = 0;

  // Durable entries as leaf lines (and opened payloads as JSON where asked for and the period key is there): for
  // `audit tail|show` and for the replay of budgets at start.
  struct Entry {
    std::uint64_t index;
    std::string leaf;
    SecretBuffer payload;  // JSON; empty if not asked for or expired
  };
  enum class Payloads : std::uint8_t { closed, opened };
  virtual Result<std::vector<Entry>> read(std::uint64_t first, std::size_t limit, Payloads payloads) = 0;
};

}  // namespace sluis::audit
