// The public half of an entry: one JSON line without personal data and without a newline, members always all there and
// in this order: v, time, gateway, principal, action, key, key_version, collection, purpose, outcome, count, request,
// payload. docs/formats.md, section Audit log. Stateless and thread-safe.
#pragma once

#include <string>
#include <string_view>

#include "audit/entry.h"
#include "crypto/hash.h"
#include "crypto/result.h"

namespace sluis::audit {

inline constexpr std::size_t kLeafLimit = 65'535;  // an entry of a C2SP tlog-tiles bundle has a 16-bit length

// Appends the line. `event.time_us` is below kTimeLimitUs; `commitment` is SHA-256(salt || payload).
void append_leaf(std::string& out, const Event& event, std::string_view gateway, const Digest& commitment);

struct Leaf {
  Event event;  // the payload is empty
  std::string gateway;
  Digest commitment{};
};
// Strict: the line must be byte for byte what append_leaf writes for its values; anything else is corrupt.
Result<Leaf> parse_leaf(std::string_view line);

}  // namespace sluis::audit
