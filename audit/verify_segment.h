// The part of a verification that needs one segment alone, so that segments can be checked side by side.
#pragma once

#include <string>
#include <vector>

#include "audit/segment.h"
#include "audit/sidecar.h"
#include "audit/verify.h"

namespace sluis::audit {

struct SegmentReport {
  std::optional<SegmentHeader> header;  // none: unreadable, and so is all behind it
  std::string name;
  std::uint64_t end = 0;  // behind the last whole batch
  std::vector<Digest> leaf_hashes;
  std::uint64_t earliest_us = UINT64_MAX;
  std::uint64_t latest_us = 0;
  std::uint64_t payloads_opened = 0;
  std::uint64_t payloads_expired = 0;
  std::uint64_t torn_bytes = 0;
  std::vector<Finding> findings;
  bool whole = true;  // all entries could be read
};

enum class Position : std::uint8_t { inner, last };  // a torn tail is damage anywhere but in the last segment

// `opener` may be null. Thread-safe.
SegmentReport verify_segment(const std::string& folder, std::uint64_t first, Position position,
                             const VerifyOptions& options, SidecarOpener* opener);

}  // namespace sluis::audit
