// The headers of Sluis' own, checked before a handler sees them.
#pragma once

#include "gateway/http/call.h"

namespace sluis::gateway {

inline constexpr std::size_t kMaxPurpose = 128;
inline constexpr std::size_t kMaxCase = 256;

// Takes Sluis-Purpose and Sluis-Case out of call.headers. Error invalid if one is there twice, too long, empty or has
// anything but printable ASCII.
Status take_purpose_and_case(Call& call);

}  // namespace sluis::gateway
