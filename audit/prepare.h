// Makes entries ready in the thread that appends them: time, salt, pseudonym, leaf, sidecar, leaf hash. What is left
// for the writer is numbers, CRCs and the sync. Thread-safe.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "audit/entry.h"
#include "audit/sidecar.h"
#include "crypto/hash.h"
#include "crypto/result.h"

namespace sluis::audit {

struct Prepared {
  Bytes frames;                     // not numbered yet
  std::vector<Digest> leaf_hashes;  // one an entry
};

class Preparer {
 public:
  static Result<std::unique_ptr<Preparer>> make(std::string gateway, PeriodKeys& keys);
  Preparer(std::string gateway, std::unique_ptr<Sealers> sealers) noexcept;

  // All entries or none. The payloads are wiped, whether it succeeds or not. Errors: invalid (no events, a time past
  // the year 9999), too_large (a leaf over kLeafLimit or a payload over kSidecarLimit), or what PeriodKeys gives.
  Result<Prepared> prepare(std::vector<Event>& events);

  // Fetches the keys of the period that `time_us` is in, so that no later call waits for them.
  Status warm(std::uint64_t time_us);

 private:
  struct Desk;
  Status prepare_one(const Event& event, PeriodSealer::Lease& lease, Desk& desk, Prepared& out);
  Status prepare_all(std::vector<Event>& events, Prepared& out);

  const std::string gateway_;
  const std::unique_ptr<Sealers> sealers_;
};

}  // namespace sluis::audit
