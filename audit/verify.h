// Verification of a log's folder without the gateway: by auditors, on a copy or beside a running gateway. Changes
// nothing and takes no lock. Stateless and thread-safe.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "audit/note.h"
#include "audit/period_keys.h"
#include "crypto/hash.h"
#include "crypto/result.h"

namespace sluis::audit {

struct VerifyOptions {
  std::string origin;             // empty: any
  Bytes public_key;               // the log's Ed25519 key, 32 bytes; empty: no signature is checked
  std::vector<Bytes> other_keys;  // more of the log's keys, before or after that one
  std::string saved_checkpoint;   // a note kept elsewhere: the log must hold all that it covers; empty: none
  bool start_at_saved = false;    // of verify_tiles: read only what came after it
  PeriodKeys* keys = nullptr;     // if given, payloads are opened and held against what their entries commit to
  std::uint64_t backwards_us = 60'000'000;  // how far a time may lie before an earlier entry's without a warning
  unsigned threads = 0;                     // 0: one a processor
};

struct Finding {
  enum class Weight : std::uint8_t { bad, warning };
  Weight weight = Weight::bad;
  std::string file;          // a name within the folder
  std::uint64_t offset = 0;  // in that file
  std::uint64_t index = 0;   // of the entry, or of the first entry concerned
  std::string_view why;      // a literal
};

struct Verification {
  std::uint64_t entries = 0;
  Digest root{};                         // of the tree over them
  std::optional<Checkpoint> checkpoint;  // the folder's, if there is one that can be read
  enum class Signature : std::uint8_t { none, unchecked, good, bad };
  Signature signature = Signature::none;
  std::uint64_t torn_bytes = 0;  // of a write that was interrupted, or is going on
  std::uint64_t payloads_opened = 0;
  std::uint64_t payloads_expired = 0;  // their keys were destroyed
  std::vector<Finding> findings;       // ordered by segment; at most kFindingLimit
  static constexpr std::size_t kFindingLimit = 1000;

  bool good() const noexcept;  // nothing worse than warnings
  const Finding* first_bad() const noexcept;
};

// A checkpoint, checked as far as the options have a key and an origin for it. Error corrupt.
Result<Checkpoint> open_checkpoint(std::string_view note, const VerifyOptions& options);

// Checks frames, CRCs, indexes, the form of each line, times, the tree against each segment's header and against the
// checkpoints, and payloads if there are keys. An error only if the folder cannot be read.
Result<Verification> verify_folder(const std::string& folder, const VerifyOptions& options);

}  // namespace sluis::audit
