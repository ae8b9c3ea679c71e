// The two keys of a rewrap, which are one as a rule.
#pragma once

#include "gateway/transit/api/service.h"

namespace sluis::gateway::transit {

struct KeyPair {
  TransitKeys::Key from, to;
};

// The key of the path, and the one that `from` names, or the same where it is empty; or why not. Moving ciphertexts
// between two keys needs two more grants: who may not decrypt under one must not get there by way of the other.
std::optional<Outcome> open_pair(const Parts& parts, const Call& call, std::string_view from, KeyPair& out);

// Counts what was rewrapped; between two keys it has an entry of its own.
void note_rewrap(const Parts& parts, const Call& call, const KeyPair& pair, std::uint64_t made, Outcome& outcome);

}  // namespace sluis::gateway::transit
