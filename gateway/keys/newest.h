// The newest version of a kind of key in the HSM.
#pragma once

#include "hsm/token.h"

namespace sluis::gateway {

// 0 if there is none. Errors are the token's. May block.
Result<std::uint32_t> newest_version(hsm::Token& token, hsm::KeyKind kind);

}  // namespace sluis::gateway
