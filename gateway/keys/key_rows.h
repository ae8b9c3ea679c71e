// What all rows of keys have in common: the context their versions are wrapped in, and the master key that wraps new
// ones. Thread-safe.
#pragma once

#include "crypto/wrap_context.h"
#include "hsm/token.h"
#include "store/store.h"

namespace sluis::gateway {

// Refers to the key's name: not to outlive `key`.
WrapContext context_of(const store::Key& key, const store::KeyVersion& version);

// Error not_found if the HSM has no master key. May block.
Result<std::uint32_t> newest_master(hsm::Token& token);

// The system's clock, microseconds.
std::uint64_t unix_time_us();

}  // namespace sluis::gateway
