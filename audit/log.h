// The write-ahead log of a gateway: appends entries in order, makes them durable in groups, hands out receipts. One
// writer thread takes whatever has queued up since the last sync, appends, fdatasync, completes. A failed write or sync
// halts the log for good: every later append fails with audit_halted until the process is restarted by an operator.
// A second thread has a checkpoint (C2SP tlog-checkpoint) signed at most a second after an entry; a signer that fails
// does not halt the log. docs/formats.md, section Audit log, has every byte. All methods are thread-safe.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "audit/entry.h"
#include "audit/note.h"
#include "audit/period_keys.h"
#include "crypto/result.h"
#include "crypto/secret.h"

namespace sluis::audit {

struct Receipt {
  std::uint64_t first = 0;  // index of the first entry appended by this call
  std::uint64_t count = 0;
};

class FileOps;  // audit/file_ops.h

// A signing key that the signer's took the place of. A checkpoint that it signed is accepted at start; until its time
// it signs beside the newest, so that whoever knows only the one or the other can check.
struct EarlierKey {
  Signer* signer = nullptr;          // outlives the log
  std::uint64_t signs_until_us = 0;  // Unix time, microseconds
};

struct LogConfig {
  std::string folder;   // 0700, made if it is missing
  std::string origin;   // name of the log: "sluis.example/gateway-1"; printable ASCII without space or plus
  std::string gateway;  // name of this gateway, in each leaf
  std::uint64_t segment_bytes = 64U << 20U;    // 16 KiB to 1 GiB; one append must fit in a segment
  std::size_t queue_bytes = 64U << 20U;        // what may wait for a sync; beyond it appends fail with busy
  std::uint64_t checkpoint_interval_ms = 900;  // at least so long between two calls of the signer
  std::vector<EarlierKey> earlier;             // the newest first
  FileOps* files = nullptr;                    // null: the system's
};

// What was found and done at start, for the operator.
struct Recovery {
  std::uint64_t entries = 0;
  std::uint64_t torn_bytes = 0;       // cut from the tail: of a write that had not become durable
  std::uint64_t checkpoint_size = 0;  // entries under the last checkpoint; 0: there is none
};

// Where and why a log was refused at start: the words for the operator, which an Error cannot hold.
struct Damage {
  std::string file;          // a name within the folder
  std::uint64_t offset = 0;  // in that file
  std::uint64_t index = 0;   // of the first entry that is bad or missing
  std::string_view why;      // a literal
};

// For the metrics.
struct LogStats {
  std::uint64_t entries = 0;  // durable
  std::uint64_t bytes = 0;    // written by this process
  std::uint64_t syncs = 0;    // by this process: entries over syncs is the size of a group
  std::uint64_t queued_bytes = 0;
  std::uint64_t checkpoint_size = 0;      // entries under the last checkpoint
  std::uint64_t checkpoint_time_us = 0;   // when this process last wrote one; 0: not yet
  std::uint64_t checkpoint_failures = 0;  // since the last success
  Digest root{};                          // of the tree over `checkpoint_size` entries
  std::uint64_t tiles_size = 0;           // entries under the checkpoint that is published with its tiles
  std::uint64_t tiles_failures = 0;       // since the last success
};

class Log {
 public:
  using Done = std::function<void(Result<Receipt>)>;

  // Recovers, then starts the writer. Errors: corrupt if anything but the tail is damaged, or the log does not match
  // its last checkpoint (everything is left untouched, `damage` says where); conflict if another process has the log;
  // unavailable if the folder cannot be used or the signer's public key cannot be had; invalid for a bad config.
  // Entries before the segment that the last checkpoint ends in are taken as read, for their tree is signed;
  // verify_folder (audit/verify.h) checks them. Keys and signer outlive the log.
  static Result<std::unique_ptr<Log>> open(const LogConfig& config, PeriodKeys& keys, Signer& signer,
                                           Damage* damage = nullptr);
  Log() = default;
  Log(const Log&) = delete;
  Log& operator=(const Log&) = delete;
  virtual ~Log() = default;  // completes what is queued, syncs, signs a last checkpoint, stops

  // All events get indexes one after another. `done` runs exactly once, on the writer's thread (or on this one if it
  // fails at once): it must be short and must not throw. The payloads are wiped when this returns. Errors: invalid,
  // too_large, busy, audit_halted, and unavailable if the period's keys cannot be had. May block for those keys, once
  // a period.
  virtual void append(std::vector<Event> events, Done done) = 0;
  // The same for a thread that has many calls at hand: the writer need not begin before start(), so that they become
  // one write and one sync. Whoever calls append_soon() must call start() when it has no more for now.
  virtual void append_soon(std::vector<Event> events, Done done) { append(std::move(events), std::move(done)); }
  virtual void start() {}
  // Waits for durability. Not for I/O threads.
  virtual Result<Receipt> append_and_wait(std::vector<Event> events) = 0;

  virtual bool halted() const noexcept = 0;
  virtual std::uint64_t size() const noexcept = 0;  // durable entries
  virtual const Recovery& recovery() const noexcept = 0;
  virtual const std::string& origin() const noexcept = 0;
  virtual LogStats stats() const { return {}; }
  // Signs a checkpoint over what is durable now, and waits for it; gives the number of entries under it.
  virtual Result<std::uint64_t> checkpoint() { return Error{Code::unavailable, "this log signs no checkpoints"}; }

  // Waits until tiles and checkpoint are published that cover entry `index`, which is durable. Error unavailable if
  // that takes seconds.
  virtual Status publish(std::uint64_t /*index*/) { return Error{Code::unavailable, "this log has no tiles"}; }
  // Where they are published (C2SP tlog-tiles): files as their URLs tell.
  virtual std::string tiles_folder() const { return {}; }

  // Durable entries as leaf lines (and opened payloads as JSON where asked for and the period key is there): for
  // `audit tail|show` and for the replay of budgets at start.
  struct Entry {
    std::uint64_t index;
    std::string leaf;
    SecretBuffer payload;  // JSON; empty if not asked for or expired
  };
  enum class Payloads : std::uint8_t { closed, opened };
  // From `first` on, at most `limit` and at most kPageEntries; a page also ends with the entry that brings it to
  // kPageBytes. Empty where there is none yet. Error corrupt where stored bytes are damaged; unavailable if keys cannot
  // be had.
  static constexpr std::size_t kPageEntries = 10'000;
  static constexpr std::size_t kPageBytes = 8U << 20U;
  virtual Result<std::vector<Entry>> read(std::uint64_t first, std::size_t limit, Payloads payloads) = 0;
};

}  // namespace sluis::audit
