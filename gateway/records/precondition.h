// If-Match and If-None-Match (RFC 9110 section 13.1), as far as records know them.
#pragma once

#include <cstdint>
#include <string_view>

#include "gateway/http/call.h"

namespace sluis::gateway {

struct Precondition {
  enum class Kind : std::uint8_t {
    none,
    absent,    // If-None-Match: *
    present,   // If-Match: *
    revision,  // If-Match: "…"; revision 0 stands for a tag that no record can have
  };
  Kind kind = Kind::none;
  std::uint64_t revision = 0;
};

// Of a write. Error invalid for both headers at once, lists of tags, and malformed tags.
Result<Precondition> write_precondition(const Call& call);

// Whether If-None-Match of a read names this revision (or is "*").
bool not_modified(const Call& call, std::uint64_t revision);

}  // namespace sluis::gateway
